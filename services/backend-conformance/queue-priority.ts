import { setTimeout as delay } from 'node:timers/promises';
import { type Envelope, envelopeOf } from '@dtq/core/envelope.ts';
import type { Delivery } from '@dtq/core/ports.ts';
import { CHANNELS, JOB_CHANNELS } from '@dtq/generated/messaging/channels.ts';
import { JOB_MESSAGE_HEADERS_FIXED } from '@dtq/generated/messaging/headers.ts';
import { JOB_PRIORITY_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobPriority } from '@dtq/generated/schemas/types.ts';
import { describe, expect } from 'vitest';
import { cityOf, consuming, DONE, ofJobs } from './consuming.ts';
import { gate, until } from './facts.ts';
import { aJob, aJobOf } from './samples.ts';
import type { Suite } from './suite.ts';

/** What goes along with a job, whose turn it is, and a limit that is changed. */
export function queuePriorityCases({ backend, test, patienceMs }: Suite): void {
  describe('queue: envelope', () => {
    const envelopes: Readonly<Record<string, Partial<Envelope>>> = {
      'a plain submit': {},
      'a later attempt': { attempt: 3, waited_ms: 65_000 },
      'a replay with a time to expire': { replay_of: 'jobs.weather.v1:0:41', expires_at: '2030-01-01T00:00:00.000Z' },
      'a trace': { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    };
    for (const [title, envelope] of Object.entries(envelopes))
      test(`${title} comes as it was published`, async () => {
        const job = aJob();
        await backend().queue.publish(job, envelope);
        const { deliveries } = await consuming(backend(), { mine: ofJobs(job) });
        await until('it is delivered', patienceMs, () => deliveries.length > 0);
        const [{ headers, priority }] = deliveries as [Delivery];
        expect(headers).toMatchObject(JOB_MESSAGE_HEADERS_FIXED);
        expect(envelopeOf(headers, priority)).toEqual({
          ...envelopeOf({}, 'normal'),
          ...envelope,
        });
      });
  });

  describe('queue: priorities', () => {
    test('a job comes with its priority, from the topic of that', async () => {
      const jobs = new Map(JOB_PRIORITY_VALUES.map((priority) => [priority, aJob()]));
      for (const [priority, job] of jobs) await backend().queue.publish(job, { priority });
      const { deliveries } = await consuming(backend(), { mine: ofJobs(...jobs.values()) });
      await until('all are delivered', patienceMs, () => deliveries.length >= jobs.size);
      for (const [priority, job] of jobs) {
        const delivery = deliveries.find(({ key }) => key === job.job_id);
        expect(delivery?.priority).toBe(priority);
        expect(delivery?.source.topic).toContain(CHANNELS[JOB_CHANNELS.weather.jobs[priority]].address);
      }
    });

    test('neither a backlog of high priority nor one of low ever keeps the other from moving, and high moves faster', async () => {
      const priorities = ['high', 'low'] as const satisfies readonly JobPriority[];
      const ours = new Set<string>();
      const publish = async (priority: JobPriority): Promise<void> => {
        const job = aJob();
        ours.add(job.job_id);
        await backend().queue.publish(job, { priority });
      };
      await Promise.all(Array.from({ length: 20 }, () => priorities.map(publish)).flat());
      let isOver = false;
      const { deliveries, consumer } = await consuming(backend(), {
        concurrency: 1,
        mine: ({ key }) => key !== null && ours.has(key),
        // Neither backlog ever ends: another job comes for each that goes.
        deliver: async ({ priority }) => {
          if (!isOver) await publish(priority);
          return DONE;
        },
      });
      const count = (priority: JobPriority): number => deliveries.filter((one) => one.priority === priority).length;
      await until('both move', patienceMs, () => count('low') > 5 && count('high') > 30);
      isOver = true;
      await consumer.stop(patienceMs);
      expect(count('high')).toBeGreaterThan(count('low'));
    });

    test('deliveries of one key in two priorities do not overlap', async () => {
      const job = aJob();
      let running = 0;
      let most = 0;
      const { deliveries } = await consuming(backend(), {
        mine: ofJobs(job),
        deliver: async () => {
          running += 1;
          most = Math.max(most, running);
          await delay(20);
          running -= 1;
          return DONE;
        },
      });
      const published = JOB_PRIORITY_VALUES.flatMap((priority) => [priority, priority]).map((priority, index) =>
        backend().queue.publish(aJob(job.job_id, { city: `City ${index}` }), { priority }),
      );
      await Promise.all(published);
      await until('all are delivered', patienceMs, () => new Set(deliveries.map(cityOf)).size === published.length);
      expect(most).toBe(1);
    });
  });

  describe('queue: a limit that is changed', () => {
    test('0 starts nothing while what runs goes on, and other types too; a higher one starts again', async () => {
      const [first, second] = [aJob(), aJob()];
      const others = await Promise.all(Array.from({ length: 3 }, () => aJobOf('quote')));
      const door = gate();
      const { deliveries, consumer } = await consuming(backend(), {
        jobTypes: ['weather', 'quote'],
        concurrency: 4,
        mine: ofJobs(first, second, ...others),
        deliver: async ({ key }) => {
          if (key === first.job_id) await door.opened;
          return DONE;
        },
      });
      const came = (id: string): boolean => deliveries.some(({ key }) => key === id);
      await backend().queue.publish(first);
      await until('the first runs', patienceMs, () => came(first.job_id));
      consumer.limit('weather', 0);
      await backend().queue.publish(second);
      for (const other of others) {
        await backend().queue.publish(other);
        await until('another type goes on', patienceMs, () => came(other.job_id));
      }
      door.open();
      expect(came(second.job_id)).toBe(false);
      expect(deliveries.find(({ key }) => key === first.job_id)?.signal.aborted).toBe(false);
      consumer.limit('weather', 4);
      await until('the second is delivered', patienceMs, () => came(second.job_id));
      expect(deliveries.filter(({ key }) => key === first.job_id)).toHaveLength(1);
    });

    test('a lower one holds for what starts from then on', async () => {
      const jobs = Array.from({ length: 12 }, () => aJob());
      const doors = gate();
      let running = 0;
      let mostAfter = 0;
      const { deliveries, consumer } = await consuming(backend(), {
        concurrency: 4,
        mine: ofJobs(...jobs),
        deliver: async () => {
          running += 1;
          await doors.opened;
          if (deliveries.length > 4) mostAfter = Math.max(mostAfter, running);
          await delay(5);
          running -= 1;
          return DONE;
        },
      });
      await Promise.all(jobs.map((job) => backend().queue.publish(job)));
      await until('as many run as may', patienceMs, () => running === 4);
      consumer.limit('weather', 1);
      doors.open();
      await until(
        'all are delivered',
        patienceMs,
        () => new Set(deliveries.map(({ key }) => key)).size === jobs.length && running === 0,
      );
      expect(mostAfter).toBe(1);
    });

    test('of a type that is not consumed it is of no effect, and so it is once the consumer has stopped', async () => {
      const { consumer } = await consuming(backend(), { mine: () => false });
      consumer.limit('quote', 3);
      await consumer.stop(0);
      consumer.limit('weather', 3);
    });
  });
}
