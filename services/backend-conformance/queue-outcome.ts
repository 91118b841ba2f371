import { randomUUID } from 'node:crypto';
import type { Delivery } from '@dtq/core/ports.ts';
import { describe, expect } from 'vitest';
import { AGAIN, cityOf, consuming, DONE, ofJobs } from './consuming.ts';
import { gate, until } from './facts.ts';
import { aJob } from './samples.ts';
import type { Suite } from './suite.ts';

/** What an outcome decides, and what a stop leaves behind. */
export function queueOutcomeCases({ backend, space, reopen, test, patienceMs }: Suite): void {
  describe('queue: outcomes', () => {
    test('done: it does not come again', async () => {
      const job = aJob(undefined, { city: 'First' });
      await backend().queue.publish(job);
      const first = await consuming(backend(), { mine: ofJobs(job) });
      await until('it is delivered', patienceMs, () => first.deliveries.length > 0);
      await first.consumer.stop(patienceMs);
      // Were it still there, order would bring it before this one.
      await backend().queue.publish(aJob(job.job_id, { city: 'Second' }));
      const second = await consuming(backend(), { mine: ofJobs(job) });
      await until('the later one is delivered', patienceMs, () => second.deliveries.length > 0);
      expect([...first.deliveries, ...second.deliveries].map(cityOf)).toEqual(['First', 'Second']);
    });

    test('again: the same message comes again, after a short while', async () => {
      const job = aJob();
      const times: number[] = [];
      const { deliveries } = await consuming(backend(), {
        mine: ofJobs(job),
        deliver: async (_, nth) => {
          times.push(performance.now());
          return nth === 1 ? AGAIN : DONE;
        },
      });
      await backend().queue.publish(job);
      await until('it comes again', patienceMs, () => deliveries.length >= 2);
      const [before, after] = deliveries as [Delivery, Delivery];
      expect(Buffer.from(after.value)).toEqual(Buffer.from(before.value));
      expect({ ...after.headers }).toEqual({ ...before.headers });
      expect(after.key).toBe(before.key);
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(50);
    });

    test('a delivery that rejects, or throws, counts as again', async () => {
      const [rejects, throws] = [aJob(), aJob()];
      const seen = new Map<string | null, number>();
      await consuming(backend(), {
        mine: ofJobs(rejects, throws),
        deliver: ({ key }) => {
          seen.set(key, (seen.get(key) ?? 0) + 1);
          if (seen.get(key) !== 1) return Promise.resolve(DONE);
          if (key === throws.job_id) throw new Error('a defect, made by this test');
          return Promise.reject(new Error('a defect, made by this test'));
        },
      });
      await Promise.all([rejects, throws].map((job) => backend().queue.publish(job)));
      await until('both come again', patienceMs, () => [rejects, throws].every(({ job_id }) => seen.get(job_id) === 2));
    });

    test('bury: its bytes are kept among the dead letters, with the reason and where it stood, and the next one comes', async () => {
      const key = randomUUID();
      const value = new Uint8Array([0x7b, 0xff, 0x00, 0x7d]);
      const next = aJob();
      const { deliveries, consumer } = await consuming(backend(), {
        concurrency: 1,
        mine: (delivery) => delivery.key === key || delivery.key === next.job_id,
        deliver: async (delivery) =>
          delivery.key === key ? { kind: 'bury', reason: 'the message is not UTF-8' } : DONE,
      });
      await space().putMessage('weather', { key, value, headers: {} });
      await backend().queue.publish(next);
      await until('both are delivered', patienceMs, () => deliveries.length >= 2);
      await consumer.stop(patienceMs);
      const letters = (await space().deadLetters('weather')).filter((letter) => letter.key === key);
      const buried = deliveries.find((delivery) => delivery.key === key);
      expect(letters).toHaveLength(1);
      expect(Buffer.from(letters[0]?.value ?? [])).toEqual(Buffer.from(value));
      expect(letters[0]?.reason).toBe('the message is not UTF-8');
      expect(letters[0]?.source).toEqual(buried?.source);
      // It stood before this one, and is gone.
      await backend().queue.publish(aJob(key));
      const later = await consuming(backend(), { mine: (delivery) => delivery.key === key });
      await until('the later one is delivered', patienceMs, () => later.deliveries.length > 0);
      expect(Buffer.from(later.deliveries[0]?.value ?? [])).not.toEqual(Buffer.from(value));
    });

    test('a later message of a buried key comes', async () => {
      const job = aJob(undefined, { city: 'First' });
      await backend().queue.publish(job);
      await backend().queue.publish(aJob(job.job_id, { city: 'Second' }));
      const { deliveries } = await consuming(backend(), {
        mine: ofJobs(job),
        deliver: async (_, nth) => (nth === 1 ? { kind: 'bury', reason: 'made by this test' } : DONE),
      });
      await until('the second is delivered', patienceMs, () => deliveries.some((one) => cityOf(one) === 'Second'));
      expect(deliveries.map(cityOf)).toEqual(['First', 'Second']);
    });

    test('without an outcome it comes again, to whoever opens the stores next', async () => {
      const job = aJob();
      await backend().queue.publish(job);
      const first = await consuming(backend(), { mine: ofJobs(job), deliver: () => new Promise(() => {}) });
      await until('it is delivered', patienceMs, () => first.deliveries.length > 0);
      await first.consumer.stop(0);
      await reopen();
      const second = await consuming(backend(), { mine: ofJobs(job) });
      await until('it is delivered again', patienceMs, () => second.deliveries.length > 0);
      expect(Buffer.from(second.deliveries[0]?.value ?? [])).toEqual(Buffer.from(first.deliveries[0]?.value ?? [1]));
    });
  });

  describe('queue: stop', () => {
    test('it waits for what is being done, whose outcome counts', async () => {
      const job = aJob(undefined, { city: 'First' });
      await backend().queue.publish(job);
      const door = gate();
      const first = await consuming(backend(), {
        mine: ofJobs(job),
        deliver: async () => {
          await door.opened;
          return DONE;
        },
      });
      await until('it is delivered', patienceMs, () => first.deliveries.length > 0);
      let stopped = false;
      const stopping = first.consumer.stop(patienceMs).then(() => {
        stopped = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(stopped).toBe(false);
      expect(first.deliveries[0]?.signal.aborted).toBe(false);
      door.open();
      await stopping;
      await backend().queue.publish(aJob(job.job_id, { city: 'Second' }));
      const second = await consuming(backend(), { mine: ofJobs(job) });
      await until('the later one is delivered', patienceMs, () => second.deliveries.length > 0);
      expect(second.deliveries.map(cityOf)).toEqual(['Second']);
    });

    test('it takes nothing new', async () => {
      const [before, after] = [aJob(), aJob()];
      const first = await consuming(backend(), { mine: ofJobs(before, after) });
      await backend().queue.publish(before);
      await until('it is delivered', patienceMs, () => first.deliveries.length > 0);
      await first.consumer.stop(patienceMs);
      await backend().queue.publish(after);
      const second = await consuming(backend(), { mine: ofJobs(before, after) });
      await until('another takes it', patienceMs, () => second.deliveries.some(({ key }) => key === after.job_id));
      expect(first.deliveries.map(({ key }) => key)).not.toContain(after.job_id);
    });

    test('past its drain time it aborts what is being done and hands it back, in bounded time', async () => {
      const jobs = Array.from({ length: 5 }, () => aJob());
      await Promise.all(jobs.map((job) => backend().queue.publish(job)));
      const first = await consuming(backend(), { mine: ofJobs(...jobs), deliver: () => new Promise(() => {}) });
      await until('they are delivered', patienceMs, () => first.deliveries.length === jobs.length);
      const began = performance.now();
      await first.consumer.stop(50);
      expect(performance.now() - began).toBeLessThan(patienceMs);
      expect(first.deliveries.map(({ signal }) => signal.aborted)).toEqual(jobs.map(() => true));
      const second = await consuming(backend(), { mine: ofJobs(...jobs) });
      await until('another takes them', patienceMs, () => {
        return new Set(second.deliveries.map(({ key }) => key)).size === jobs.length;
      });
    });

    test('it may be called twice, at once and afterwards', async () => {
      const { consumer } = await consuming(backend(), { mine: () => false });
      await Promise.all([consumer.stop(0), consumer.stop(0)]);
      await consumer.stop(0);
    });

    test('consumers beside each other do all the jobs between them', async () => {
      const jobs = Array.from({ length: 40 }, () => aJob());
      const one = await consuming(backend(), { mine: ofJobs(...jobs), concurrency: 2 });
      const two = await consuming(backend(), { mine: ofJobs(...jobs), concurrency: 2 });
      await Promise.all(jobs.map((job) => backend().queue.publish(job)));
      const seen = (): number => new Set([...one.deliveries, ...two.deliveries].map(({ key }) => key)).size;
      await until('all are delivered', patienceMs, () => seen() === jobs.length);
    });
  });
}
