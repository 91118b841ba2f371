import { describe, expect, it } from 'vitest';
import { cursorOf, filtersOf, foldedCount, isId, type JobFilters, listQuery, NO_FILTERS, searchOf } from './filters.ts';

const ID = '6aab8fca-7059-40c4-97d4-53f55fd5bf67';
const FULL: JobFilters = {
  type: 'exchange_rate',
  state: 'failed',
  errorCode: 'provider_timeout',
  traceId: ID,
  last: '24h',
  since: '2026-02-14T15:12:00.000Z',
  until: '2026-02-15T15:12:00.000Z',
};

describe('filters in the address', () => {
  it('are read as they were written', () => {
    expect(filtersOf(searchOf(FULL, 'abc_-'))).toEqual(FULL);
    expect(cursorOf(searchOf(FULL, 'abc_-'))).toBe('abc_-');
    expect(searchOf(NO_FILTERS)).toBe('');
    expect(filtersOf('')).toEqual(NO_FILTERS);
  });

  it('that make no sense count as left out', () => {
    const search = '?type=gone&state=toString&error_code=&trace_id=x&last=toString&since=soon&until=&cursor=a%20b';
    expect(filtersOf(search)).toEqual(NO_FILTERS);
    expect(cursorOf(search)).toBeNull();
  });

  it('are counted where they are folded away', () => {
    expect([foldedCount(NO_FILTERS), foldedCount(FULL)]).toEqual([0, 5]);
  });
});

describe('listQuery', () => {
  it('asks for what is set and no more', () => {
    expect(listQuery(NO_FILTERS, null, 0)).toEqual({});
    expect(listQuery({ ...FULL, last: null }, 'abc', 0)).toEqual({
      job_type: 'exchange_rate',
      state: 'failed',
      error_code: 'provider_timeout',
      trace_id: ID,
      since: FULL.since,
      until: FULL.until,
      cursor: 'abc',
    });
  });

  it('counts a span back from now', () => {
    const now = Date.parse('2026-02-14T15:12:00.000Z');
    expect(listQuery({ ...NO_FILTERS, last: '15m' }, null, now)).toEqual({ since: '2026-02-14T14:57:00.000Z' });
  });
});

describe('isId', () => {
  it('knows a UUID of any version', () => {
    expect([ID, ID.toUpperCase(), 'x', `${ID}0`, ''].map(isId)).toEqual([true, true, false, false, false]);
  });
});
