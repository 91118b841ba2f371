import { setTimeout as delay } from 'node:timers/promises';
import { aJob } from '@dtq/backend-conformance/samples.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend, Consumer } from '@dtq/core/ports.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDistributedBackend } from './backend.ts';
import { describeWithStack, freshSpace } from './test/stack.ts';
import { deployTopology } from './topology.ts';

const log = silentLogger();

describeWithStack('workers that come and go', () => {
  const space = freshSpace();
  const config = space.config('worker');
  const backends: Backend[] = [];

  beforeAll(async () => {
    await deployTopology({ config, log });
    for (let count = 0; count < 3; count += 1)
      backends.push(await openDistributedBackend({ config, role: 'worker', log }));
  });

  afterAll(async () => {
    await Promise.all(backends.map((backend) => backend.close()));
    await space.remove();
  });

  it('every job is done, those of one worker never overlap, and nothing is left behind', {
    timeout: 60_000,
  }, async () => {
    const times = new Map<string, number>();
    const done = new Set<string>();
    let overlaps = 0;
    const work = async (backend: Backend): Promise<Consumer> => {
      const running = new Set<string | null>();
      return backend.queue.consume({
        jobTypes: ['weather'],
        concurrency: { weather: 16 },
        deliver: async ({ key, signal }) => {
          if (running.has(key)) overlaps += 1;
          running.add(key);
          times.set(String(key), (times.get(String(key)) ?? 0) + 1);
          await delay(50, undefined, { signal }).catch(() => undefined);
          running.delete(key);
          if (signal.aborted) return { kind: 'again' };
          done.add(String(key));
          return { kind: 'done' };
        },
      });
    };
    const [one, two, three] = backends as [Backend, Backend, Backend];
    const jobs = Array.from({ length: 1500 }, () => aJob());
    const first = await work(one);
    const publishing = (async () => {
      for (const job of jobs) await one.queue.publish(job);
    })();
    await eventually('the first works', () => done.size > 50, 15_000);
    const second = await work(two);
    await eventually('both work', () => done.size > 400, 15_000);
    // Gone without a drain, as a worker that is in a hurry.
    await first.stop(0);
    const third = await work(three);
    await publishing;
    await eventually('all are done', () => done.size === jobs.length, 30_000);
    expect(overlaps).toBe(0);
    await Promise.all([second.stop(5000), third.stop(5000)]);
    const again = [...times.values()].reduce((sum, count) => sum + count, 0) - jobs.length;
    // Those that were running when a partition changed hands, or done and not yet committed.
    expect(again).toBeLessThan(jobs.length / 4);
    const admin = new Kafka({ brokers: [...config.kafka.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const topic = config.kafka.topics.weather;
    const ends = await admin.fetchTopicOffsets(topic);
    const [committed] = await admin.fetchOffsets({ groupId: `${config.kafka.groupId}-weather`, topics: [topic] });
    await admin.disconnect();
    for (const { partition, high } of ends)
      expect(committed?.partitions.find((one) => one.partition === partition)?.offset).toBe(high);
  });
});
