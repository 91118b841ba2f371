import { describe, expect, it } from 'vitest';
import { parseRecent, type RecentJob, remember, withState } from './recent-jobs.ts';

const job = (jobId: string): RecentJob => ({
  jobId,
  jobType: 'weather',
  summary: 'Austin',
  submittedAt: '2026-02-14T15:12:04Z',
  state: 'queued',
});

describe('recent jobs', () => {
  it('keep the newest first, each once, and not more than two hundred', () => {
    const many = Array.from({ length: 205 }, (_, n) => job(String(n)));
    const list = many.reduce<readonly RecentJob[]>(remember, []);
    expect(list.map(({ jobId }) => jobId).slice(0, 2)).toEqual(['204', '203']);
    expect(list).toHaveLength(200);
    expect(remember(list, job('203'))).toHaveLength(200);
  });

  it('renew a state, and stay the same list where nothing changes', () => {
    const list = [job('a'), job('b')];
    expect(withState(list, 'b', 'completed').map(({ state }) => state)).toEqual(['queued', 'completed']);
    expect(withState(list, 'b', 'queued')).toBe(list);
    expect(withState(list, 'c', 'failed')).toBe(list);
  });

  it('survive a round trip, and whatever else stands in the storage', () => {
    expect(parseRecent(JSON.stringify([job('a')]))).toEqual([job('a')]);
    expect(parseRecent(JSON.stringify([{ ...job('a'), jobType: 'gone' }, null, 7, job('b')]))).toEqual([job('b')]);
    for (const text of [null, '', '{', '{}', 'null']) expect(parseRecent(text)).toEqual([]);
  });
});
