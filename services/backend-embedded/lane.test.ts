import { aJob } from '@dtq/backend-conformance/samples.ts';
import type { Consumer } from '@dtq/core/ports.ts';
import { describe, expect, it, vi } from 'vitest';
import { consume } from './test/consume.ts';
import { freshDataDir, open } from './test/folder.ts';

describe('priorities', () => {
  it('of ten jobs that start while all wait six are high, three normal and one low', async () => {
    const backend = await open(freshDataDir());
    for (const priority of ['low', 'normal', 'high'] as const)
      await Promise.all(Array.from({ length: 60 }, () => backend.queue.publish(aJob(), { priority })));
    const started: string[] = [];
    const consumer = await consume(
      backend,
      async ({ priority }) => {
        started.push(priority);
        return { kind: 'done' };
      },
      1,
    );
    await vi.waitFor(() => expect(started).toHaveLength(180), 10_000);
    await consumer.stop(0);
    const count = (priority: string): number => started.slice(0, 100).filter((one) => one === priority).length;
    expect([count('high'), count('normal'), count('low')]).toEqual([60, 30, 10]);
  });

  it('a key keeps its order across priorities, and blocks none of another key', async () => {
    const backend = await open(freshDataDir());
    const [job, other] = [aJob(), aJob()];
    const priorities = ['low', 'high', 'normal', 'high', 'low'] as const;
    for (const [index, priority] of priorities.entries())
      await backend.queue.publish(aJob(job.job_id, { city: `City ${index}` }), { priority });
    await backend.queue.publish(other, { priority: 'high' });
    const cities: string[] = [];
    let hasPassed = false;
    await consume(backend, async ({ key, value }) => {
      if (key === other.job_id) hasPassed = true;
      else cities.push(JSON.parse(new TextDecoder().decode(value)).payload.city);
      await vi.waitFor(() => expect(hasPassed).toBe(true));
      return { kind: 'done' };
    });
    await vi.waitFor(() => expect(cities).toHaveLength(priorities.length));
    expect(cities).toEqual(priorities.map((_, index) => `City ${index}`));
  });

  it('a consumer that pauses itself amid a batch starts no more of it, and nothing is lost', async () => {
    const backend = await open(freshDataDir());
    await Promise.all(Array.from({ length: 10 }, () => backend.queue.publish(aJob())));
    let deliveries = 0;
    const consumer: Consumer = await consume(backend, async () => {
      deliveries += 1;
      if (deliveries === 3) consumer.limit('weather', 0);
      return { kind: 'done' };
    });
    await vi.waitFor(() => expect(deliveries).toBe(3));
    await backend.queue.publish(aJob());
    expect(deliveries).toBe(3);
    consumer.limit('weather', 2);
    await vi.waitFor(() => expect(deliveries).toBe(11));
  });
});

describe('one key', () => {
  it('with more messages than one scan looks at keeps its order, and others pass it', async () => {
    const backend = await open(freshDataDir());
    const job = aJob();
    const other = aJob();
    const many = Array.from({ length: 700 }, (_, index) => aJob(job.job_id, { city: `City ${index}` }));
    for (const message of [...many, other]) backend.queue.publish(message);
    const cities: string[] = [];
    let othersPlace = -1;
    let running = 0;
    let most = 0;
    await consume(backend, async ({ key, value }) => {
      if (key === other.job_id) {
        othersPlace = cities.length;
        return { kind: 'done' };
      }
      running += 1;
      most = Math.max(most, running);
      cities.push(JSON.parse(new TextDecoder().decode(value)).payload.city);
      await Promise.resolve();
      running -= 1;
      return { kind: 'done' };
    });
    await vi.waitFor(() => expect(cities).toHaveLength(many.length), 10_000);
    expect(cities).toEqual(many.map(({ payload }) => ('city' in payload ? payload.city : undefined)));
    expect(most).toBe(1);
    expect(othersPlace).toBeLessThan(many.length);
  });
});
