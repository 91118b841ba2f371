import { silentLogger } from '@dtq/core/log.ts';
import type { Delivery, Outcome } from '@dtq/core/ports.ts';
import type { JobPriority } from '@dtq/generated/schemas/types.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DeliveryPool, type Verdict } from './delivery-pool.ts';

/** A pool whose deliveries are ended by the test, by their offset. */
function makePool(limit: number) {
  const running = new Map<string, { delivery: Delivery; end: (outcome: Outcome) => void }>();
  const order: string[] = [];
  const finished: string[] = [];
  const pool = new DeliveryPool({
    limit,
    log: silentLogger(),
    onLeave: () => undefined,
    deliver: (delivery) => {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      const { offset } = delivery.source;
      order.push(offset);
      running.set(offset, { delivery, end: resolve });
      return promise.finally(() => running.delete(offset));
    },
  });
  onTestFinished(() => pool.stop(0));
  const add = (
    offset: string,
    key: string | null,
    partition = 0,
    bury = async (_: Verdict): Promise<void> => {},
    priority: JobPriority = 'normal',
  ): void => {
    const controller = new AbortController();
    const source = { topic: 't', partition, offset };
    pool.add({
      delivery: {
        jobType: 'weather',
        priority,
        key,
        value: new Uint8Array(),
        headers: {},
        source,
        signal: controller.signal,
      },
      controller,
      bytes: 100,
      bury,
      finish: () => finished.push(offset),
    });
  };
  const end = (offset: string, outcome: Outcome = { kind: 'done' }): void => running.get(offset)?.end(outcome);
  return { pool, add, end, running, order, finished };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('deliveries in memory', () => {
  it('those of one key come one after the other, others beside them, up to the limit', async () => {
    const { add, end, running, pool, finished } = makePool(2);
    add('1', 'a');
    add('2', 'a');
    add('3', 'b');
    add('4', null);
    await settled();
    expect([...running.keys()]).toEqual(['1', '3']);
    end('3');
    await settled();
    expect([...running.keys()]).toEqual(['1', '4']);
    end('1');
    end('4');
    await settled();
    expect([...running.keys()]).toEqual(['2']);
    expect(finished).toEqual(['3', '1', '4']);
    expect(pool.load('normal')).toEqual({ size: 1, bytes: 100 });
  });

  it('a partition that is taken away: what runs is told, what waits is forgotten, and no outcome of either counts', async () => {
    const { add, end, running, pool, finished, order } = makePool(1);
    add('1', 'a', 0);
    add('2', 'a', 0);
    add('3', 'b', 1);
    await settled();
    const taken = running.get('1')?.delivery;
    pool.take(({ source }) => source.partition === 0, new Error('lost'));
    expect(taken?.signal.aborted).toBe(true);
    expect(pool.load('normal').size).toBe(1);
    end('1');
    await settled();
    end('3');
    await settled();
    expect(order).toEqual(['1', '3']);
    expect(finished).toEqual(['3']);
    expect(pool.load('normal')).toEqual({ size: 0, bytes: 0 });
  });

  it('a message that comes back to us does not overlap with its delivery that was taken away', async () => {
    const { add, end, running, pool, finished } = makePool(4);
    add('1', 'a');
    await settled();
    pool.take(() => true, new Error('lost'));
    add('1', 'a');
    await settled();
    const [first] = [...running.values()];
    expect(running.size).toBe(1);
    expect(first?.delivery.signal.aborted).toBe(true);
    end('1', { kind: 'again' });
    await eventually('it is delivered anew', () => running.get('1')?.delivery.signal.aborted === false);
    end('1');
    await settled();
    expect(finished).toEqual(['1']);
  });

  it('one that rests is forgotten too when it is taken away, and frees its key', async () => {
    const { add, end, pool, running } = makePool(1);
    add('1', 'a', 0);
    await settled();
    end('1', { kind: 'again' });
    await settled();
    add('2', 'a', 1);
    await settled();
    expect(running.size).toBe(0);
    pool.take(({ source }) => source.partition === 0, new Error('lost'));
    await settled();
    expect([...running.keys()]).toEqual(['2']);
  });

  it('a dead letter that cannot be kept is tried again, without a delivery', async () => {
    const { add, end, order, finished } = makePool(1);
    const tried: string[] = [];
    add('1', 'a', 0, async ({ reason }) => {
      tried.push(reason);
      if (tried.length === 1) throw new Error('the broker is away');
    });
    await settled();
    end('1', { kind: 'bury', reason: 'no job' });
    await eventually('it is kept', () => finished.length === 1);
    expect(tried).toEqual(['no job', 'no job']);
    expect(order).toEqual(['1']);
  });

  it('those of each priority get seats in turn while all wait, and the load of each is its own', async () => {
    const { add, end, order, pool } = makePool(1);
    add('first', null);
    for (const priority of ['low', 'normal', 'high'] as const)
      for (let index = 0; index < 10; index += 1) add(`${priority} ${index}`, null, 0, undefined, priority);
    expect(pool.load('low').size).toBe(10);
    while (order.length < 11) {
      end(order.at(-1) ?? '');
      await settled();
    }
    const started = (priority: string): number => order.filter((offset) => offset.startsWith(priority)).length;
    expect([started('high'), started('normal'), started('low')]).toEqual([6, 3, 1]);
    // The last one that started has not ended.
    expect(pool.load('high').size + pool.load('normal').size + pool.load('low').size).toBe(21);
  });

  it('one key keeps its order and never overlaps, whatever the priorities of its messages', async () => {
    const { add, end, running, order } = makePool(4);
    add('1', 'a', 0, undefined, 'low');
    add('2', 'a', 0, undefined, 'high');
    await settled();
    expect([...running.keys()]).toEqual(['1']);
    end('1');
    await settled();
    expect(order).toEqual(['1', '2']);
  });

  it('without seats nothing starts until there are some again; what runs goes on', async () => {
    const { add, end, running, pool, finished } = makePool(2);
    add('1', 'a');
    await settled();
    pool.limit = 0;
    add('2', 'b');
    await settled();
    expect([...running.keys()]).toEqual(['1']);
    end('1');
    await settled();
    expect(finished).toEqual(['1']);
    expect(running.size).toBe(0);
    pool.limit = 1;
    await settled();
    expect([...running.keys()]).toEqual(['2']);
  });

  it('a stop in time lets what runs finish, and starts nothing', async () => {
    const { add, end, pool, finished, order } = makePool(1);
    add('1', 'a');
    add('2', 'b');
    await settled();
    const stopping = pool.stop(5000);
    end('1');
    await stopping;
    expect(finished).toEqual(['1']);
    expect(order).toEqual(['1']);
  });
});
