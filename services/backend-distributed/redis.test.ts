import { randomUUID } from 'node:crypto';
import { systemClock } from '@dtq/core/clock.ts';
import { applyChange, beginAttempt, PLACES, placeOf } from '@dtq/core/lifecycle.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { StatusChange } from '@dtq/core/ports.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import { decodeJobStatus, jobStatusChannel, jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import { openJobsKey } from '@dtq/generated/storage/open-jobs.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setsOf } from './open-jobs-index.ts';
import type { RedisStatusStore } from './redis.ts';
import { RedisConnection } from './redis-client.ts';
import { RedisStores } from './redis-stores.ts';
import { describeWithStack, freshSpace } from './test/stack.ts';

const AT = '2026-02-14T15:12:04.000Z';

const states = fc.constantFrom<JobStatus['state']>('queued', 'running', 'completed', 'failed');
const change = fc.record({
  attempt: fc.integer({ min: 1, max: 4 }),
  state: states,
  progress_percent: fc.constantFrom(0, 20, 50, 80, 100),
  message: fc.string({ unit: 'grapheme', maxLength: 20 }),
  facts: fc.option(fc.record({ job_type: fc.constant('weather'), submitted_at: fc.constant(AT) })),
  waits: fc.option(fc.constantFrom('run_at', 'next_attempt_at')),
});

/** Writes bytes that are no UTF-8 into the hash of a status, over whatever stands there. */
const NO_TEXT = `
if redis.call('TYPE', KEYS[1]).ok == 'string' then redis.call('DEL', KEYS[1]) end
redis.call('HSET', KEYS[1], 'message', 'caf' .. string.char(233))`;

/** One thing that happens to a status. */
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('advance' as const), change }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('begin' as const), change }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('vanish' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('no text' as const) }) },
  // Another program writes what it likes, over or beside what stands there.
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('foreign' as const),
      hash: fc.dictionary(
        fc.constantFrom('state', 'progress_percent', 'updated_at', 'message', 'attempt', 'sequence', 'history', 'odd'),
        fc.oneof(states, fc.constantFrom('0', '50', '100', '-1', '7.5', AT, '[]', '{}', '[{"a":1}]', ''), fc.string()),
        { minKeys: 1 },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('foreign' as const),
      hash: fc.record({
        state: states as fc.Arbitrary<string>,
        progress_percent: fc.constantFrom('0', '20', '80', '100'),
        updated_at: fc.constant(AT),
        message: fc.string({ maxLength: 10 }),
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('no hash' as const) }) },
);

describeWithStack('the status store on a real server', () => {
  const space = freshSpace();
  const config = space.config('worker').redis;
  let stores: readonly RedisStores[];
  let one: RedisStatusStore;
  let other: RedisStatusStore;
  let raw: RedisConnection;

  beforeAll(async () => {
    const [first, second] = [1, 2].map(() => new RedisStores(config, 'dtq-test', systemClock, silentLogger())) as [
      RedisStores,
      RedisStores,
    ];
    stores = [first, second];
    [one, other] = [first.statuses, second.statuses];
    raw = new RedisConnection(config, 'dtq-test', silentLogger());
    await Promise.all([first.tried(), second.tried(), raw.settled()]);
  });

  afterAll(async () => {
    for (const connection of [...stores, raw]) connection.close();
    await space.remove();
  });

  /** The set of the index that a job is in, and with which score; undefined where it is in none. */
  const indexed = async (id: string): Promise<string | undefined> => {
    const found: string[] = [];
    for (const { key } of setsOf(JOB_TYPE_VALUES, PLACES)) {
      const score = await raw.send(['ZSCORE', key, id]);
      if (score !== null) found.push(`${key} ${String(score)}`);
    }
    expect(found.length).toBeLessThanOrEqual(1);
    return found[0];
  };

  /** What any reader makes of the key. */
  const read = async (id: string): Promise<JobStatus | null> => {
    const type = await raw.send(['TYPE', jobStatusKey(id)]);
    if (type !== 'hash') return null;
    const flat = (await raw.send(['HGETALL', jobStatusKey(id)])) as string[];
    const hash = Object.fromEntries(
      flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : [])),
    );
    const value = decodeJobStatus(hash);
    return tolerant.JobStatus(value) ? value : null;
  };

  it('does what the rules of the life cycle say, whatever stands there and whoever wrote it', {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(happening, fc.boolean()), { minLength: 1, maxLength: 12 }),
        async (happenings) => {
          const id = randomUUID();
          const key = jobStatusKey(id);
          for (const [what, isOther] of happenings) {
            const store = isOther ? other : one;
            const previous = await read(id);
            if (what.kind === 'vanish') await raw.send(['DEL', key]);
            else if (what.kind === 'no text') await raw.send(['EVAL', NO_TEXT, '1', key]);
            else if (what.kind === 'no hash') await raw.send(['SET', key, 'a string']);
            else if (what.kind === 'foreign') {
              if ((await raw.send(['TYPE', key])) === 'string') await raw.send(['DEL', key]);
              await raw.send(['HSET', key, ...Object.entries(what.hash).flat()]);
            } else {
              const { facts, waits, ...step } = what.change;
              const full: StatusChange = {
                ...{ job_id: id, updated_at: AT, ...step, ...facts },
                ...(waits === null ? {} : { [waits]: AT }),
              };
              const { attempt: _, run_at: __, next_attempt_at: ___, ...start } = full;
              const begin = what.kind === 'begin' ? beginAttempt(previous, start) : null;
              const made = begin === null ? full : begin.change;
              const next = made === null ? null : applyChange(previous, made);
              const answer = begin === null ? await store.advance(full) : await store.begin(start);
              expect(answer).toEqual({
                applied: next !== null,
                previous,
                ...(begin === null ? {} : { attempt: begin.attempt, attempts: begin.attempts, isStale: begin.isStale }),
              });
              expect(await read(id)).toEqual(next ?? previous);
              expect(await store.get(id)).toEqual(next ?? previous);
              if (next === null) continue;
              expect(Number(await raw.send(['PTTL', key]))).toBeGreaterThan(0);
              const place = placeOf(next);
              // In the one place that its status tells, where that tells enough; out of all of its type once it has ended.
              if (place === null || (next.job_type !== undefined && next.submitted_at !== undefined))
                expect(await indexed(id)).toBe(
                  place === null ? undefined : `${openJobsKey(next.job_type ?? '', place)} ${Date.parse(AT)}`,
                );
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('many writers at once: each change is one step, none is lost, and the history tells them in order', async () => {
    const id = randomUUID();
    const starts = Array.from({ length: 40 }, (_, index) =>
      (index % 2 === 0 ? one : other).begin({
        job_id: id,
        state: 'running',
        progress_percent: 20,
        message: '',
        updated_at: AT,
      }),
    );
    const attempts = (await Promise.all(starts)).map(({ attempt }) => attempt).toSorted((a, b) => a - b);
    expect(attempts).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    const status = await one.get(id);
    expect(status?.history?.map(({ sequence }) => sequence)).toEqual(attempts);
  });

  it('a server that forgot the script, or its data, is no trouble', async () => {
    const id = randomUUID();
    const step = { job_id: id, attempt: 1, state: 'running', message: '', updated_at: AT } as const;
    expect((await one.advance({ ...step, progress_percent: 20 })).applied).toBe(true);
    await raw.send(['SCRIPT', 'FLUSH']);
    expect((await one.advance({ ...step, progress_percent: 50 })).applied).toBe(true);
    await raw.send(['DEL', jobStatusKey(id)]);
    expect(await one.advance({ ...step, progress_percent: 20 })).toEqual({ applied: true, previous: null });
  });

  describe('whoever watches', () => {
    it('is told again after the connection was broken', async () => {
      const id = randomUUID();
      const seen: number[] = [];
      const stop = await one.watch(id, ({ progress_percent }) => seen.push(progress_percent));
      const step = { job_id: id, attempt: 1, state: 'running', message: '', updated_at: AT } as const;
      await other.advance({ ...step, progress_percent: 20 });
      await eventually('it is told', () => seen.includes(20));
      await raw.send(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
      await eventually('it listens again', async () => {
        const [, count] = (await raw.send(['PUBSUB', 'NUMSUB', jobStatusChannel(id)])) as [string, number];
        return count > 0;
      });
      await other.advance({ ...step, progress_percent: 50 });
      await eventually('it is told again', () => seen.includes(50));
      await stop();
      await eventually('the server has nobody to tell', async () => {
        const [, count] = (await raw.send(['PUBSUB', 'NUMSUB', jobStatusChannel(id)])) as [string, number];
        return count === 0;
      });
    });

    it('is not told what is no status', async () => {
      const id = randomUUID();
      const seen: JobStatus[] = [];
      const stop = await one.watch(id, (status) => seen.push(status));
      await raw.send(['PUBLISH', jobStatusChannel(id), 'no JSON']);
      await raw.send(['PUBLISH', jobStatusChannel(id), '{"state":"dancing"}']);
      await one.advance({ job_id: id, attempt: 1, state: 'queued', progress_percent: 0, message: '', updated_at: AT });
      await eventually('it is told the real one', () => seen.length > 0);
      expect(seen).toHaveLength(1);
      await stop();
    });
  });
});
