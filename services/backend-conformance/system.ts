import { randomUUID } from 'node:crypto';
import { RESOLUTIONS, startOf } from '@dtq/core/resolutions.ts';
import type { WorkerReport } from '@dtq/generated/schemas/types.ts';
import { describe, expect } from 'vitest';
import { aChange } from './samples.ts';
import type { Suite } from './suite.ts';

/** Who waits before whom, which workers are alive, and what ended when. */
export function systemCases({ backend, test }: Suite): void {
  const aReport = (worker: string, seenAt: number): WorkerReport => {
    const at = new Date(seenAt).toISOString();
    return {
      worker,
      started_at: at,
      seen_at: at,
      job_types: ['weather'],
      running: [{ job_id: randomUUID(), job_type: 'weather', attempt: 1, since: at }],
      running_count: 1,
      concurrency: 64,
      paused: [],
    };
  };

  describe('those that wait', () => {
    test('the oldest, and how many of a type wait before a job; one that runs or waits for its time does not count', async () => {
      const { openJobs, statuses } = backend();
      const since = Date.parse('2001-01-01T00:00:00.000Z');
      const [first, running, second, scheduled, third] = Array.from({ length: 5 }, (_, index) => ({
        job_id: randomUUID(),
        job_type: 'quote',
        submitted_at: new Date(since + index).toISOString(),
      })) as [Facts, Facts, Facts, Facts, Facts];
      for (const facts of [first, running, second, third])
        await statuses.advance({ ...aChange(facts.job_id, 'queued'), ...facts });
      await statuses.advance({
        ...aChange(scheduled.job_id, 'queued'),
        ...scheduled,
        run_at: '2040-01-01T00:00:00.000Z',
      });
      await statuses.begin({ ...aChange(running.job_id, 'started'), ...running });
      expect(await openJobs.oldestQueued('quote')).toBe(since);
      const ahead = await Promise.all(
        [first, second, third, running, scheduled].map(({ job_id }) => openJobs.ahead(job_id)),
      );
      expect(ahead).toEqual([0, 1, 2, null, null]);
      expect(await openJobs.ahead(randomUUID())).toBeNull();
      for (const { job_id } of [first, second, third, running, scheduled])
        await statuses.advance(aChange(job_id, 'failed'));
      expect(await openJobs.ahead(first.job_id)).toBeNull();
      expect(await openJobs.oldestQueued('quote')).not.toBe(since);
    });
  });

  describe('workers', () => {
    test('each is there as it last told of itself, until it leaves, or has been silent for too long', async () => {
      const { workers } = backend();
      const [stays, leaves, silent] = [1, 2, 3].map((number) => `worker-${number}-${randomUUID()}`) as [
        string,
        string,
        string,
      ];
      const mine = async (): Promise<WorkerReport[]> =>
        (await workers.list()).filter(({ worker }) => [stays, leaves, silent].includes(worker));
      const now = Date.now();
      const latest = { ...aReport(stays, now), running: [], running_count: 0, paused: ['weather'] };
      await workers.beat(aReport(stays, now - 1000));
      await workers.beat(latest);
      await workers.beat(aReport(leaves, now));
      await workers.beat(aReport(silent, now - 60_000));
      expect(await mine()).toEqual(
        [latest, aReport(leaves, now)].map((report) => expect.objectContaining({ worker: report.worker })),
      );
      expect((await mine())[0]).toEqual(latest);
      await workers.leave(leaves);
      await workers.leave(leaves);
      expect(await mine()).toEqual([latest]);
    });
  });

  describe('counters of what ended', () => {
    test('what is added stands in its minute and its hour, beside what was added before', async () => {
      const { stats } = backend();
      const now = Date.now();
      const before = now - RESOLUTIONS.minute.spanMs;
      const [one, two] = [`type_${randomUUID()}|ended|completed`, `type_${randomUUID()}|wait|50`];
      await stats.add(before, { [one]: 1 });
      await stats.add(now, { [one]: 2, [two]: 5 });
      await stats.add(now, { [one]: 3 });
      const read = async (resolution: 'minute' | 'hour', since: number) =>
        (await stats.read(resolution, since))
          .map(({ at, counts }) => ({ at, one: counts[one], two: counts[two] }))
          .filter(({ one: first, two: second }) => first !== undefined || second !== undefined);
      expect(await read('minute', startOf('minute', before))).toEqual([
        { at: startOf('minute', before), one: 1, two: undefined },
        { at: startOf('minute', now), one: 5, two: 5 },
      ]);
      expect(await read('minute', startOf('minute', now))).toEqual([{ at: startOf('minute', now), one: 5, two: 5 }]);
      const hours = await read('hour', startOf('hour', before));
      expect(hours.reduce((sum, point) => sum + (point.one ?? 0), 0)).toBe(6);
      expect(hours.at(-1)?.at).toBe(startOf('hour', now));
    });
  });
}

interface Facts {
  readonly job_id: string;
  readonly job_type: string;
  readonly submitted_at: string;
}
