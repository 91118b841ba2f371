import { randomUUID } from 'node:crypto';
import type { ScheduledJob } from '@dtq/generated/schemas/types.ts';
import { describe, expect, onTestFinished } from 'vitest';
import { until } from './facts.ts';
import { aJob, aJobOf, aRow } from './samples.ts';
import type { Suite } from './suite.ts';

const LONG_MS = 600_000;

/** What waits for its time, and who works on it. */
export function scheduleCases({ backend, reopen, test, patienceMs }: Suite): void {
  /** Puts rows that go when the test ends, so that no other test meets them. */
  const put = async (...rows: readonly ScheduledJob[]): Promise<void> => {
    for (const row of rows) await backend().schedule.put(row);
    onTestFinished(async () => {
      for (const { schedule_id } of rows) await backend().schedule.remove(schedule_id);
    });
  };
  /** Takes rows, and leaves out those of other tests. */
  const claim = async (
    rows: readonly ScheduledJob[],
    { owner = 'worker-a', leaseMs = LONG_MS, limit = 100 } = {},
  ): Promise<readonly ScheduledJob[]> => {
    const ids = new Set(rows.map(({ schedule_id }) => schedule_id));
    const claimed = await backend().schedule.claim({ owner, leaseMs, limit });
    return claimed.filter(({ schedule_id }) => ids.has(schedule_id));
  };
  const idsOf = (rows: readonly ScheduledJob[]): string[] => rows.map(({ schedule_id }) => schedule_id);
  const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

  describe('schedule', () => {
    test('a row is there as it was put, for its job, until it is removed, also over a restart', async () => {
      const job = await aJobOf('exchange_rate');
      const run = aRow(job, {
        due_at: ago(-LONG_MS),
        priority: 'low',
        attempt: 3,
        waited_ms: 65_000,
        expires_at: '2030-01-01T00:00:00.000Z',
        replay_of: randomUUID(),
        attempts: [{ number: 2, worker: 'worker-a', started_at: ago(5000), ended_at: ago(4000), outcome: 'retried' }],
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      });
      const expire = aRow(job, { kind: 'expire', due_at: ago(-2 * LONG_MS) });
      await put(run, expire);
      const found = async (): Promise<readonly ScheduledJob[]> =>
        [...(await backend().schedule.find(job.job_id))].sort((a, b) => (a.kind < b.kind ? 1 : -1));
      expect(await found()).toMatchObject([run, expire]);
      expect(await backend().schedule.find(randomUUID())).toEqual([]);
      await reopen();
      expect(await found()).toMatchObject([run, expire]);
      await backend().schedule.remove(run.schedule_id);
      expect(idsOf(await found())).toEqual([expire.schedule_id]);
      await backend().schedule.remove(run.schedule_id);
      expect(idsOf(await found())).toEqual([expire.schedule_id]);
    });

    test('of a second row with the same id the first stands', async () => {
      const job = aJob();
      const first = aRow(job, { due_at: ago(-LONG_MS) });
      await put(first);
      await backend().schedule.put(aRow(job, { due_at: ago(-2 * LONG_MS), priority: 'high' }));
      expect(await backend().schedule.find(job.job_id)).toMatchObject([first]);
    });

    test('a row of a later attempt takes the place of one that somebody still has, who then removes nothing', async () => {
      const job = aJob();
      const first = aRow(job);
      const second = aRow(job, { attempt: 2, due_at: ago(500) });
      await put(first);
      expect(await claim([first])).toHaveLength(1);
      await backend().schedule.put(second);
      await backend().schedule.remove(first.schedule_id, first.attempt);
      expect(await backend().schedule.find(job.job_id)).toMatchObject([second]);
      expect(await claim([second], { owner: 'worker-b' })).toMatchObject([{ attempt: 2 }]);
      await backend().schedule.put(first);
      expect(await backend().schedule.find(job.job_id)).toMatchObject([second]);
      await backend().schedule.remove(second.schedule_id, second.attempt);
      expect(await backend().schedule.find(job.job_id)).toEqual([]);
    });

    test('what is due is claimed, the longest due first, and nothing else', async () => {
      const due = [5000, 3000, 4000].map((ms) => aRow(aJob(), { due_at: ago(ms) }));
      const later = aRow(aJob(), { due_at: ago(-LONG_MS) });
      await put(...due, later);
      const before = Date.now();
      const claimed = await claim([...due, later]);
      expect(idsOf(claimed)).toEqual(idsOf([due[0], due[2], due[1]] as ScheduledJob[]));
      for (const row of claimed) {
        expect(row).toMatchObject(due.find(({ schedule_id }) => schedule_id === row.schedule_id) as ScheduledJob);
        expect(row.lease).toBe('worker-a');
        expect(Date.parse(row.leased_until ?? '')).toBeGreaterThanOrEqual(before + LONG_MS);
      }
    });

    test('a claim takes no more than its limit', async () => {
      const rows = Array.from({ length: 5 }, (_, index) => aRow(aJob(), { due_at: ago(86_400_000 - index) }));
      await put(...rows);
      expect(idsOf(await claim(rows, { limit: 2 }))).toEqual(idsOf(rows.slice(0, 2)));
      expect(idsOf(await claim(rows, { limit: 2 }))).toEqual(idsOf(rows.slice(2, 4)));
    });

    test('a row that somebody has is nobody else’s until the lease is over', async () => {
      const row = aRow(aJob());
      await put(row);
      expect(await claim([row], { leaseMs: LONG_MS })).toHaveLength(1);
      expect(await claim([row], { owner: 'worker-b' })).toEqual([]);
      const short = aRow(aJob());
      await put(short);
      expect(await claim([short], { leaseMs: 50 })).toHaveLength(1);
      let again: readonly ScheduledJob[] = [];
      await until('the lease is over', patienceMs, async () => {
        again = await claim([short], { owner: 'worker-b' });
        return again.length > 0;
      });
      expect(again).toMatchObject([{ schedule_id: short.schedule_id, lease: 'worker-b' }]);
    });

    test('how many rows there are, and since when the first of them is due, is told', async () => {
      expect(await backend().schedule.backlog()).toMatchObject({ longestDueAt: null });
      const due = [ago(90_000), ago(60_000)].map((due_at) => aRow(aJob(), { due_at }));
      const later = aRow(aJob(), { due_at: ago(-LONG_MS) });
      await put(later);
      expect(await backend().schedule.backlog()).toMatchObject({ longestDueAt: null });
      await put(...due);
      const { rows, longestDueAt } = await backend().schedule.backlog();
      expect(rows).toBe(3);
      expect(longestDueAt).toBe(Date.parse(due[0]?.due_at ?? ''));
      // Whoever has it has not done it yet.
      await claim(due);
      expect((await backend().schedule.backlog()).longestDueAt).toBe(longestDueAt);
    });

    test('of several who claim at once no two get the same row, and all rows are taken', async () => {
      const rows = Array.from({ length: 24 }, () => aRow(aJob()));
      await put(...rows);
      const taken: string[] = [];
      const takeAll = async (owner: string): Promise<void> => {
        for (;;) {
          const claimed = await claim(rows, { owner, limit: 5 });
          if (claimed.length === 0) return;
          taken.push(...idsOf(claimed));
        }
      };
      await until('all are taken', patienceMs, async () => {
        await Promise.all(['worker-a', 'worker-b', 'worker-c'].map(takeAll));
        return taken.length >= rows.length;
      });
      expect([...taken].sort()).toEqual(idsOf(rows).sort());
    });
  });
}
