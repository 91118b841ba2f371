import { renameSync } from 'node:fs';
import path from 'node:path';
import { aJob } from '@dtq/backend-conformance/samples.ts';
import type { Delivery, Outcome } from '@dtq/core/ports.ts';
import { describe, expect, it, vi } from 'vitest';
import { DATA_FILE } from './database.ts';
import { DUE, SCAN } from './queue-table.ts';
import { consume, settableClock } from './test/consume.ts';
import { freshDataDir, open, sql } from './test/folder.ts';

const rowsOf = (dataDir: string) => sql(dataDir, 'SELECT deliveries, due_at FROM job_queue ORDER BY id');

describe('a delivery that has no outcome', () => {
  it('is taken away after the visibility time-out, and made again; what comes late of it counts no more', async () => {
    const backend = await open(freshDataDir(), { visibilityMs: 50 });
    const lost = Promise.withResolvers<Outcome>();
    const deliveries: Delivery[] = [];
    await consume(backend, (delivery) => {
      deliveries.push(delivery);
      return deliveries.length === 1 ? lost.promise : Promise.resolve({ kind: 'done' });
    });
    const job = aJob();
    await backend.queue.publish(job);
    await vi.waitFor(() => expect(deliveries).toHaveLength(2));
    expect(deliveries.map(({ key }) => key)).toEqual([job.job_id, job.job_id]);
    expect(deliveries[0]?.signal.aborted).toBe(true);
    lost.resolve({ kind: 'again' });
    const next = aJob();
    await backend.queue.publish(next);
    await vi.waitFor(() => expect(deliveries.at(-1)?.key).toBe(next.job_id));
    expect(deliveries).toHaveLength(3);
  });
});

describe('the queue table', () => {
  it('is claimed from through indexes, step by step, however many rows wait', async () => {
    const dataDir = freshDataDir();
    await open(dataDir);
    const plan = (statement: string, ...values: (number | string)[]) =>
      sql(dataDir, `EXPLAIN QUERY PLAN ${statement}`, 'weather', ...values).map(({ detail }) => detail);
    expect(plan(SCAN, 'low', 0, 1)).toEqual([
      expect.stringMatching(
        /^SEARCH job_queue USING (?:COVERING )?INDEX job_queue_free \(job_type=\? AND priority=\? AND \w+>\?\)$/,
      ),
      expect.stringMatching(/SUBQUERY/),
      expect.stringMatching(
        /^SEARCH earlier USING COVERING INDEX job_queue_key \(job_type=\? AND key=\? AND \w+<\?\)$/,
      ),
    ]);
    expect(plan(DUE, 0, 1)).toEqual([
      expect.stringMatching(
        /^SEARCH job_queue USING (?:COVERING )?INDEX job_queue_waiting \(job_type=\? AND due_at>\? AND due_at<\?\)$/,
      ),
    ]);
  });

  it('gives what somebody put there by hand as it is, and takes broken headers for none', async () => {
    const dataDir = freshDataDir();
    const backend = await open(dataDir);
    const insert = 'INSERT INTO job_queue (job_type, key, value, headers) VALUES (?, ?, ?, ?)';
    sql(dataDir, insert, 'weather', null, new Uint8Array([0xff, 0]), 'no JSON');
    sql(dataDir, insert, 'weather', 'b', new Uint8Array(), '{"a":"x","b":1}');
    sql(dataDir, insert, 'a type of the future', 'c', new Uint8Array(), '{}');
    const seen: unknown[] = [];
    await consume(backend, async ({ key, value, headers }) => {
      seen.push([key, [...value], headers]);
      return { kind: 'done' };
    });
    await vi.waitFor(() => expect(seen).toHaveLength(2));
    expect(seen).toEqual([
      [null, [0xff, 0], {}],
      ['b', [], { a: 'x' }],
    ]);
  });

  it('never gives an offset twice, also when every row had gone', async () => {
    const dataDir = freshDataDir();
    const offsets: string[] = [];
    for (let start = 0; start < 2; start += 1) {
      const backend = await open(dataDir);
      const consumer = await consume(backend, async ({ source }) => {
        offsets.push(source.offset);
        return { kind: 'done' };
      });
      await backend.queue.publish(aJob());
      await vi.waitFor(() => expect(offsets).toHaveLength(start + 1));
      await consumer.stop(1000);
      expect(rowsOf(dataDir)).toEqual([]);
      await backend.close();
    }
    expect(offsets).toEqual(['1', '2']);
  });
});

describe('again', () => {
  it('waits 1 s, and twice as long each time, up to 30 s', async () => {
    const dataDir = freshDataDir();
    const clock = settableClock();
    const backend = await open(dataDir, { clock });
    let deliveries = 0;
    const again = async (): Promise<Outcome> => {
      deliveries += 1;
      return { kind: 'again' };
    };
    await backend.queue.publish(aJob());
    const waits: number[] = [];
    for (let count = 1; count <= 7; count += 1) {
      // A consumer that starts looks for what is due, so no timer has to ring.
      const consumer = await consume(backend, again);
      await vi.waitFor(() => expect(rowsOf(dataDir)).toMatchObject([{ deliveries: count }]));
      await consumer.stop(0);
      const dueAt = Number(rowsOf(dataDir)[0]?.['due_at']);
      waits.push(dueAt - clock.now());
      clock.set(dueAt);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(deliveries).toBe(7);
  });

  it('keeps its wait over a restart', async () => {
    const dataDir = freshDataDir();
    const clock = settableClock();
    const first = await open(dataDir, { clock });
    await first.queue.publish(aJob());
    await consume(first, async () => ({ kind: 'again' }));
    await vi.waitFor(() => expect(rowsOf(dataDir)).toEqual([{ deliveries: 1, due_at: clock.now() + 1000 }]));
    await first.close();

    const second = await open(dataDir, { clock });
    const keys: (string | null)[] = [];
    const deliver = async ({ key }: Delivery): Promise<Outcome> => {
      keys.push(key);
      return { kind: 'done' };
    };
    const early = await consume(second, deliver);
    const later = aJob();
    await second.queue.publish(later);
    await vi.waitFor(() => expect(keys).toEqual([later.job_id]));
    await early.stop(1000);
    clock.set(clock.now() + 1000);
    await consume(second, deliver);
    await vi.waitFor(() => expect(keys).toHaveLength(2));
    await vi.waitFor(() => expect(rowsOf(dataDir)).toEqual([]));
  });

  it('is over as soon as a clock of one’s own says so, for whoever looks again', async () => {
    const clock = settableClock();
    const backend = await open(freshDataDir(), { clock });
    const rest = 86_400_000;
    let deliveries = 0;
    await consume(backend, async () => {
      deliveries += 1;
      return deliveries < 5 ? { kind: 'again' } : { kind: 'done' };
    });
    await backend.queue.publish(aJob());
    for (let count = 1; count <= 5; count += 1) {
      // Far sooner than its timer, which knows only the machine's clock: 1 + 2 + 4 + 8 s.
      await vi.waitFor(() => expect(deliveries).toBe(count), 5000);
      clock.set(clock.now() + rest);
      await vi.waitFor(async () => {
        await backend.lookAgain();
        expect(deliveries).toBe(Math.min(count + 1, 5));
      }, 5000);
    }
  });

  it('does not wait for ever when the clock was set back meanwhile', async () => {
    const dataDir = freshDataDir();
    const clock = settableClock();
    const backend = await open(dataDir, { clock });
    await backend.queue.publish(aJob());
    const consumer = await consume(backend, async () => ({ kind: 'again' }));
    await vi.waitFor(() => expect(rowsOf(dataDir)).toMatchObject([{ deliveries: 1 }]));
    await consumer.stop(0);
    clock.set(clock.now() - 365 * 86_400_000);
    await consume(backend, async () => ({ kind: 'done' }));
    await vi.waitFor(() => expect(rowsOf(dataDir)).toEqual([{ deliveries: 1, due_at: clock.now() + 30_000 }]));
  });
});

describe('a disk that fails', () => {
  it('while an outcome is kept: it is tried until the disk takes it, and delivered once', async () => {
    const dataDir = freshDataDir();
    const file = path.join(dataDir, DATA_FILE);
    const backend = await open(dataDir);
    let deliveries = 0;
    const consumer = await consume(backend, async () => {
      deliveries += 1;
      renameSync(file, `${file}.away`);
      return { kind: 'done' };
    });
    await backend.queue.publish(aJob());
    await vi.waitFor(() => expect(deliveries).toBe(1));
    await expect(backend.checks.kafka()).rejects.toThrow('kafka: ');
    renameSync(`${file}.away`, file);
    await vi.waitFor(() => expect(rowsOf(dataDir)).toEqual([]), 5000);
    expect(deliveries).toBe(1);
    await consumer.stop(0);
  });

  it('while an outcome is kept, and the consumer stops: the job is handed back', async () => {
    const dataDir = freshDataDir();
    const file = path.join(dataDir, DATA_FILE);
    const backend = await open(dataDir);
    let deliveries = 0;
    const first = await consume(backend, async () => {
      deliveries += 1;
      renameSync(file, `${file}.away`);
      return { kind: 'done' };
    });
    await backend.queue.publish(aJob());
    await vi.waitFor(() => expect(deliveries).toBe(1));
    await first.stop(20);
    renameSync(`${file}.away`, file);
    await consume(backend, async () => {
      deliveries += 1;
      return { kind: 'done' };
    });
    await vi.waitFor(() => expect(deliveries).toBe(2));
    await vi.waitFor(() => expect(rowsOf(dataDir)).toEqual([]));
  });
});

describe('stop', () => {
  it('a handler that ends when it is told to is waited for: its outcome counts, and again does not wait', async () => {
    const dataDir = freshDataDir();
    const backend = await open(dataDir);
    const [done, again] = [aJob(), aJob()];
    let held = 0;
    const first = await consume(backend, ({ key, signal }) => {
      held += 1;
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ kind: key === done.job_id ? 'done' : 'again' }));
      });
    });
    await Promise.all([done, again].map((job) => backend.queue.publish(job)));
    await vi.waitFor(() => expect(held).toBe(2));
    await first.stop(0);
    expect(rowsOf(dataDir)).toEqual([{ deliveries: 0, due_at: 0 }]);
    const seen: (string | null)[] = [];
    await consume(backend, async ({ key }) => {
      seen.push(key);
      return { kind: 'done' };
    });
    await vi.waitFor(() => expect(seen).toEqual([again.job_id]), 900);
  });

  it('what a handler says after its job was taken away is of no account', async () => {
    const dataDir = freshDataDir();
    const backend = await open(dataDir);
    const late = Promise.withResolvers<Outcome>();
    let held = 0;
    const first = await consume(backend, () => {
      held += 1;
      return late.promise;
    });
    await backend.queue.publish(aJob());
    await vi.waitFor(() => expect(held).toBe(1));
    await first.stop(0);
    late.resolve({ kind: 'done' });
    await backend.queue.publish(aJob());
    expect(rowsOf(dataDir)).toHaveLength(2);
    let delivered = 0;
    await consume(backend, async () => {
      delivered += 1;
      return { kind: 'done' };
    });
    await vi.waitFor(() => expect(delivered).toBe(2));
    await vi.waitFor(() => expect(rowsOf(dataDir)).toEqual([]));
  });
});
