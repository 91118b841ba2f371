import { describe, expect, it } from 'vitest';
import { barsOf, lastText, rangeOf } from './failure-bars.ts';

const NOW = Date.parse('2026-02-14T15:12:00.000Z');

describe('barsOf', () => {
  it('has a bar for each hour of a day, also for those without a failure', () => {
    const bars = barsOf(
      [
        { at: '2026-02-14T13:00:00.000Z', count: 2 },
        { at: '2026-02-14T15:00:00.000Z', count: 5 },
      ],
      '24h',
      NOW,
    );
    expect(bars).toHaveLength(25);
    expect(bars.slice(-3).map(({ count }) => count)).toEqual([2, 0, 5]);
    expect(new Date(bars.at(-1)?.from ?? 0).toISOString()).toBe('2026-02-14T15:00:00.000Z');
  });

  it('gathers hours into days, and loses none at the edge', () => {
    const series = [
      { at: '2026-01-14T23:00:00.000Z', count: 1 },
      { at: '2026-02-13T01:00:00.000Z', count: 2 },
      { at: '2026-02-13T23:00:00.000Z', count: 3 },
    ];
    const bars = barsOf(series, '30d', NOW);
    expect(bars).toHaveLength(31);
    expect([bars[0]?.count, bars.at(-2)?.count, bars.at(-1)?.count]).toEqual([1, 5, 0]);
  });
});

describe('lastText', () => {
  it('says no more than is kept, which is the hour', () => {
    expect(lastText('2026-02-14T15:00:00.000Z', NOW)).toBe('last in this hour');
    expect(lastText('2026-02-14T12:00:00.000Z', NOW)).toMatch(/^last from 1[45] Feb, \d\d:\d\d$/);
  });
});

describe('rangeOf', () => {
  it('is a day unless the address says otherwise', () => {
    expect(['', '?last=7d', '?last=toString'].map(rangeOf)).toEqual(['24h', '7d', '24h']);
  });
});
