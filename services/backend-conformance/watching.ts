import { randomUUID } from 'node:crypto';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import { describe, expect } from 'vitest';
import { until } from './facts.ts';
import { aChange, aStart } from './samples.ts';
import type { Suite } from './suite.ts';

/** What whoever watches a status is told. */
export function watchCases({ backend, test, patienceMs }: Suite): void {
  const watching = async (id: string): Promise<{ seen: JobStatus[]; stop: () => Promise<void> }> => {
    const seen: JobStatus[] = [];
    const stop = await backend().statuses.watch(id, (status) => seen.push(status));
    return { seen, stop };
  };

  describe('statuses: watch', () => {
    test('each change from then on, in order, and not those that were not written', async () => {
      const id = randomUUID();
      await backend().statuses.advance(aChange(id, 'queued'));
      const { seen, stop } = await watching(id);
      await backend().statuses.begin(aStart(id));
      await backend().statuses.advance(aChange(id, 'queued'));
      for (const step of ['calling', 'storing', 'completed'] as const)
        await backend().statuses.advance(aChange(id, step));
      await until('all four are told', patienceMs, () => seen.length >= 4);
      expect(seen.map(({ progress_percent }) => progress_percent)).toEqual([20, 50, 80, 100]);
      expect(seen.at(-1)).toEqual(await backend().statuses.get(id));
      await stop();
    });

    test('a change that is told can be read by then', async () => {
      const id = randomUUID();
      const read: Promise<JobStatus | null>[] = [];
      const stop = await backend().statuses.watch(id, () => read.push(backend().statuses.get(id)));
      await backend().statuses.advance(aChange(id, 'started'));
      await until('it is told', patienceMs, () => read.length > 0);
      expect(await read[0]).toMatchObject({ progress_percent: 20 });
      await stop();
    });

    test('changes of other jobs are not told', async () => {
      const [id, other] = [randomUUID(), randomUUID()];
      const { seen, stop } = await watching(id);
      await backend().statuses.advance(aChange(other, 'queued'));
      await backend().statuses.advance(aChange(id, 'queued'));
      await until('its own is told', patienceMs, () => seen.length > 0);
      expect(seen.map(({ job_id }) => job_id)).toEqual([id]);
      await stop();
    });

    test('nothing more is told once it has been ended, which may be done twice', async () => {
      const id = randomUUID();
      const [one, two] = [await watching(id), await watching(id)];
      await backend().statuses.advance(aChange(id, 'queued'));
      await until('both are told', patienceMs, () => one.seen.length === 1 && two.seen.length === 1);
      await one.stop();
      await one.stop();
      await backend().statuses.advance(aChange(id, 'started'));
      await until('the other is told', patienceMs, () => two.seen.length === 2);
      expect(one.seen).toHaveLength(1);
      await two.stop();
    });

    test('one that throws keeps neither the change nor the others from being told', async () => {
      const id = randomUUID();
      const stopThrowing = await backend().statuses.watch(id, () => {
        throw new Error('a defect, made by this test');
      });
      const { seen, stop } = await watching(id);
      expect((await backend().statuses.advance(aChange(id, 'queued'))).applied).toBe(true);
      expect((await backend().statuses.advance(aChange(id, 'started'))).applied).toBe(true);
      await until('the other is told', patienceMs, () => seen.length === 2);
      await stopThrowing();
      await stop();
    });
  });
}
