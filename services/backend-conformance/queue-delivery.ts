import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeJobMessage } from '@dtq/core/job-message.ts';
import type { Delivery } from '@dtq/core/ports.ts';
import { CHANNELS } from '@dtq/generated/messaging/channels.ts';
import { JOB_MESSAGE_HEADERS_FIXED } from '@dtq/generated/messaging/headers.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import { describe, expect } from 'vitest';
import { AGAIN, cityOf, consuming, DONE, ofJobs } from './consuming.ts';
import { gate, until } from './facts.ts';
import { aJob, aJobOf } from './samples.ts';
import type { Suite } from './suite.ts';

/** What is delivered, in which order, and how many at once. */
export function queueDeliveryCases({ backend, space, reopen, test, cannotRun, patienceMs }: Suite): void {
  describe('queue: what is delivered', () => {
    test('a job comes with the bytes, the key and the headers it was published with, and says where it stood', async () => {
      const job = aJob();
      await backend().queue.publish(job);
      const { deliveries } = await consuming(backend(), { mine: ofJobs(job) });
      await until('it is delivered', patienceMs, () => deliveries.length > 0);
      const [delivery] = deliveries as [Delivery];
      expect(delivery.jobType).toBe(job.job_type);
      expect(delivery.key).toBe(job.job_id);
      expect(Buffer.from(delivery.value)).toEqual(Buffer.from(encodeJobMessage(job)));
      expect({ ...delivery.headers }).toEqual(JOB_MESSAGE_HEADERS_FIXED);
      expect(delivery.priority).toBe('normal');
      expect(delivery.source.topic).toContain(CHANNELS.weatherJobs.address);
      expect(delivery.source.partition).toBeGreaterThanOrEqual(0);
      expect(delivery.source.offset).toMatch(/^\d+$/);
      expect(delivery.signal.aborted).toBe(false);
    });

    test('of many jobs that are published at once each is delivered, from a place of its own', async () => {
      const jobs = Array.from({ length: 200 }, () => aJob());
      const { deliveries } = await consuming(backend(), { mine: ofJobs(...jobs) });
      await Promise.all(jobs.map((job) => backend().queue.publish(job)));
      await until(
        'all are delivered',
        patienceMs,
        () => new Set(deliveries.map(({ key }) => key)).size === jobs.length,
      );
      const places = deliveries.map(({ source }) => `${source.topic}/${source.partition}/${source.offset}`);
      expect(new Set(places).size).toBe(jobs.length);
    });

    test('a job that nobody consumes waits, also while the backend is closed', async () => {
      const job = aJob();
      await backend().queue.publish(job);
      await reopen();
      const { deliveries } = await consuming(backend(), { mine: ofJobs(job) });
      await until('it is delivered', patienceMs, () => deliveries.length > 0);
    });

    test('what another program put there comes as it is: bytes that are no JSON, headers of its own', async () => {
      const key = randomUUID();
      const value = new Uint8Array([0, 0xff, 0xfe, 0x7b, 0x22]);
      const headers = { 'x-made-by': 'somebody else, naïvely' };
      const { deliveries } = await consuming(backend(), { mine: (delivery) => delivery.key === key });
      await space().putMessage('weather', { key, value, headers });
      await until('it is delivered', patienceMs, () => deliveries.length > 0);
      const [delivery] = deliveries as [Delivery];
      expect(Buffer.from(delivery.value)).toEqual(Buffer.from(value));
      expect(delivery.headers).toEqual(headers);
    });

    test('a message without a key is delivered too', async () => {
      const value = new TextEncoder().encode(randomUUID());
      const mine = (delivery: Delivery): boolean => Buffer.compare(delivery.value, value) === 0;
      const { deliveries } = await consuming(backend(), { mine });
      await space().putMessage('weather', { key: null, value, headers: {} });
      await until('it is delivered', patienceMs, () => deliveries.length > 0);
      expect(deliveries[0]?.key).toBeNull();
    });
  });

  describe('queue: order, and how many at once', () => {
    test('deliveries of one key keep their order and never overlap, whatever runs beside them', async () => {
      const ids: string[] = Array.from({ length: 6 }, () => randomUUID());
      const running = new Map<string | null, number>();
      const order = new Map<string | null, string[]>();
      let overlaps = 0;
      let beside = 0;
      const { deliveries } = await consuming(backend(), {
        concurrency: 8,
        mine: ({ key }) => key !== null && ids.includes(key),
        deliver: async (delivery, nth) => {
          const { key } = delivery;
          const before = running.get(key) ?? 0;
          running.set(key, before + 1);
          overlaps += before;
          beside = Math.max(
            beside,
            [...running.values()].reduce((sum, one) => sum + one, 0),
          );
          order.set(key, [...(order.get(key) ?? []), cityOf(delivery)]);
          await delay((nth * 7) % 5);
          running.set(key, (running.get(key) ?? 0) - 1);
          return DONE;
        },
      });
      const cities = Array.from({ length: 8 }, (_, index) => `City ${index}`);
      for (const city of cities) for (const id of ids) await backend().queue.publish(aJob(id, { city }));
      await until('all are delivered', patienceMs, () => deliveries.length >= ids.length * cities.length);
      expect(overlaps).toBe(0);
      for (const id of ids) expect(order.get(id)).toEqual(cities);
      expect(beside).toBeLessThanOrEqual(8);
    });

    test('a delivery that comes again keeps its place before the later ones of its key', async () => {
      const job = aJob(undefined, { city: 'First' });
      await backend().queue.publish(job);
      await backend().queue.publish(aJob(job.job_id, { city: 'Second' }));
      const { deliveries } = await consuming(backend(), {
        mine: ofJobs(job),
        deliver: async (_, nth) => (nth === 1 ? AGAIN : DONE),
      });
      await until('all are delivered', patienceMs, () => deliveries.length >= 3);
      expect(deliveries.map(cityOf)).toEqual(['First', 'First', 'Second']);
    });

    test('jobs of other keys run beside each other, up to the limit and never more', async () => {
      const limit = 4;
      const jobs = Array.from({ length: limit * 3 }, () => aJob());
      const doors = gate();
      let running = 0;
      let most = 0;
      const { deliveries } = await consuming(backend(), {
        concurrency: limit,
        mine: ofJobs(...jobs),
        deliver: async () => {
          running += 1;
          most = Math.max(most, running);
          await doors.opened;
          running -= 1;
          return DONE;
        },
      });
      await Promise.all(jobs.map((job) => backend().queue.publish(job)));
      await until('as many run as may', patienceMs, () => running === limit);
      doors.open();
      await until(
        'all are delivered',
        patienceMs,
        () => new Set(deliveries.map(({ key }) => key)).size === jobs.length,
      );
      expect(most).toBe(limit);
    });

    test('a job that waits to come again does not hold up the others', async () => {
      const [stuck, other] = [aJob(), aJob()];
      const timesOf = (id: string): number => deliveries.filter(({ key }) => key === id).length;
      const { deliveries } = await consuming(backend(), {
        concurrency: 1,
        mine: ofJobs(stuck, other),
        deliver: async ({ key }) => (key === stuck.job_id && timesOf(stuck.job_id) === 1 ? AGAIN : DONE),
      });
      await backend().queue.publish(stuck);
      await until('the first is delivered', patienceMs, () => timesOf(stuck.job_id) === 1);
      await backend().queue.publish(other);
      await until('the other is delivered', patienceMs, () => timesOf(other.job_id) === 1);
      await until('the first comes again', patienceMs, () => timesOf(stuck.job_id) === 2);
    });

    const slowType = 'a slow type of job does not delay another type';
    const [one, two] = JOB_TYPE_VALUES as readonly (typeof JOB_TYPE_VALUES)[number][];
    if (one === undefined || two === undefined) cannotRun(slowType, 'there is only one type of job');
    else
      test(slowType, async () => {
        const limit = 2;
        const slow = await Promise.all(Array.from({ length: limit + 1 }, () => aJobOf(one)));
        const quick = await Promise.all(Array.from({ length: 10 }, () => aJobOf(two)));
        const doors = gate();
        const { deliveries } = await consuming(backend(), {
          jobTypes: [one, two],
          concurrency: limit,
          mine: ofJobs(...slow, ...quick),
          deliver: async ({ jobType }) => {
            if (jobType === one) await doors.opened;
            return DONE;
          },
        });
        const count = (jobType: string): number => deliveries.filter((delivery) => delivery.jobType === jobType).length;
        for (const job of slow) await backend().queue.publish(job);
        await until('the slow type is at its limit', patienceMs, () => count(one) === limit);
        for (const job of quick) await backend().queue.publish(job);
        await until('the quick type is done', patienceMs, () => count(two) >= quick.length);
        expect(count(one)).toBe(limit);
        doors.open();
        await until('the slow type is done', patienceMs, () => count(one) >= slow.length);
      });
  });
}
