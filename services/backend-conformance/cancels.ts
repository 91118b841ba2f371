import { randomUUID } from 'node:crypto';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import { describe, expect } from 'vitest';
import { until } from './facts.ts';
import { aChange } from './samples.ts';
import type { Suite } from './suite.ts';

const AT = '2026-02-14T15:20:00.000Z';

/** The mark that a cancel leaves, and who hears of it. */
export function cancelCases({ backend, test, patienceMs }: Suite): void {
  const watching = async (): Promise<{ heard: string[]; stop: () => Promise<void> }> => {
    const heard: string[] = [];
    const stop = await backend().cancels.watch((jobId) => heard.push(jobId));
    return { heard, stop };
  };

  describe('cancels', () => {
    test('the status of an open job is marked, once, and keeps the mark; whoever watches it is told', async () => {
      const id = randomUUID();
      const { cancels, statuses } = backend();
      await statuses.advance(aChange(id, 'started'));
      const before = await statuses.get(id);
      const seen: JobStatus[] = [];
      const stop = await statuses.watch(id, (status) => seen.push(status));
      await cancels.request(id, AT);
      const marked = await statuses.get(id);
      expect(marked).toMatchObject({
        state: 'running',
        progress_percent: 20,
        message: before?.message,
        cancel_requested_at: AT,
        updated_at: AT,
        sequence: 2,
      });
      await until('the mark is told', patienceMs, () => seen.length > 0);
      expect(seen[0]).toEqual(marked);
      await stop();
      await cancels.request(id, '2026-02-14T15:30:00.000Z');
      expect(await statuses.get(id)).toEqual(marked);
      expect((await statuses.advance(aChange(id, 'calling'))).applied).toBe(true);
      expect((await statuses.get(id))?.cancel_requested_at).toBe(AT);
    });

    test('a final status is not marked, nor is one made where there is none', async () => {
      const [ended, unknown] = [randomUUID(), randomUUID()];
      const { cancels, statuses } = backend();
      await statuses.advance(aChange(ended, 'completed'));
      const before = await statuses.get(ended);
      await cancels.request(ended, AT);
      expect(await statuses.get(ended)).toEqual(before);
      await cancels.request(unknown, AT);
      expect(await statuses.get(unknown)).toBeNull();
    });

    test('everybody who watches is told, whatever is known of the job, until they end it, which they may do twice', async () => {
      const [one, two] = [await watching(), await watching()];
      const [first, second] = [randomUUID(), randomUUID()];
      await backend().statuses.advance(aChange(first, 'queued'));
      await backend().cancels.request(first, AT);
      await until('both are told', patienceMs, () => [one, two].every(({ heard }) => heard.includes(first)));
      await one.stop();
      await one.stop();
      await backend().cancels.request(second, AT);
      await until('the other is told', patienceMs, () => two.heard.includes(second));
      expect(one.heard).not.toContain(second);
      await two.stop();
    });

    test('one that throws keeps neither the mark nor the others from being told', async () => {
      const id = randomUUID();
      await backend().statuses.advance(aChange(id, 'queued'));
      const stopThrowing = await backend().cancels.watch(() => {
        throw new Error('a defect, made by this test');
      });
      const { heard, stop } = await watching();
      await backend().cancels.request(id, AT);
      await until('the other is told', patienceMs, () => heard.includes(id));
      expect((await backend().statuses.get(id))?.cancel_requested_at).toBe(AT);
      await stopThrowing();
      await stop();
    });
  });
}
