import { describe, expect, it } from 'vitest';
import { Batcher, type BatcherOptions, type Entry } from './batcher.ts';

type Options = BatcherOptions<string, string>;

/** A batcher whose batches are ended by the test. */
function makeBatcher(options: Partial<Options> = {}) {
  const batches: { entries: readonly Entry<string, string>[]; end: (error?: Error) => void }[] = [];
  const batcher = new Batcher<string, string>({
    mostItems: 10,
    mostBytes: 1000,
    mostInFlight: 1,
    mostWaiting: 100,
    full: () => new Error('full'),
    late: (ms) => new Error(`late after ${ms}`),
    write: (entries) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      batches.push({ entries, end: (error) => (error === undefined ? resolve() : reject(error)) });
      return promise;
    },
    ...options,
  });
  const add = (item: string, bytes = 1, key: string | null = null, ms = 5000): Promise<string> =>
    batcher.add(item, bytes, key, ms);
  const written = (): string[][] => batches.map(({ entries }) => entries.map(({ item }) => item));
  return { batcher, batches, add, written };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('batches', () => {
  it('what comes in one turn goes out together; what comes while it is written is the next batch', async () => {
    const { add, batches, written } = makeBatcher();
    const all = [add('a'), add('b')];
    await turn();
    all.push(add('c'), add('d'));
    await turn();
    expect(written()).toEqual([['a', 'b']]);
    for (const { resolve, item } of batches[0]?.entries ?? []) resolve(item.toUpperCase());
    batches[0]?.end();
    await turn();
    expect(written()).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    batches[1]?.end(new Error('broken'));
    expect(await Promise.allSettled(all)).toMatchObject([
      { value: 'A' },
      { value: 'B' },
      { reason: new Error('broken') },
      { reason: new Error('broken') },
    ]);
  });

  it('each caller is settled by itself', async () => {
    const { add, batches } = makeBatcher();
    const [good, bad] = [add('good'), add('bad')];
    await turn();
    const [first, second] = batches[0]?.entries ?? [];
    first?.resolve('yes');
    second?.reject(new Error('no'));
    expect(await good).toBe('yes');
    await expect(bad).rejects.toThrow('no');
  });

  it('is bounded by items and by bytes, and lets one alone through that is larger than the bound', async () => {
    const { add, written } = makeBatcher({ mostItems: 2, mostBytes: 10, mostInFlight: 9 });
    for (const [item, bytes] of [
      ['a', 4],
      ['b', 4],
      ['c', 4],
      ['d', 7],
      ['e', 99],
      ['f', 1],
    ] as const)
      void add(item, bytes).catch(() => undefined);
    await turn();
    expect(written()).toEqual([['a', 'b'], ['c'], ['d'], ['e'], ['f']]);
  });

  it('of one key only one batch is in flight, and the order of the key stays', async () => {
    const { add, batches, written } = makeBatcher({ mostInFlight: 2 });
    void add('k1', 1, 'k');
    await turn();
    void add('k2', 1, 'k');
    void add('x', 1, 'other');
    void add('k3', 1, 'k');
    await turn();
    expect(written()).toEqual([['k1'], ['x']]);
    for (const { entries, end } of batches) {
      for (const { resolve } of entries) resolve('');
      end();
    }
    await turn();
    expect(written().at(-1)).toEqual(['k2', 'k3']);
  });

  it('what waits beyond the bound is rejected at once, and counts again when there is room', async () => {
    const { add, batches, batcher } = makeBatcher({ mostWaiting: 2 });
    const held = [add('a'), add('b')];
    await expect(add('c')).rejects.toThrow('full');
    await turn();
    for (const { resolve } of batches[0]?.entries ?? []) resolve('');
    batches[0]?.end();
    await Promise.all(held);
    await turn();
    expect(batcher.size).toBe(0);
    void add('d');
    expect(batcher.size).toBe(1);
  });

  it('one that is late is rejected, and not written any more', async () => {
    const { add, batches, written } = makeBatcher();
    const first = add('a');
    await turn();
    await expect(add('b', 1, null, 5)).rejects.toThrow('late after 5');
    for (const { resolve } of batches[0]?.entries ?? []) resolve('');
    batches[0]?.end();
    await first;
    await turn();
    expect(written()).toEqual([['a']]);
  });

  it('a write that throws at once rejects its entries', async () => {
    const { add } = makeBatcher({
      write: () => {
        throw new Error('a defect');
      },
    });
    await expect(add('a')).rejects.toThrow('a defect');
  });
});
