import { randomUUID } from 'node:crypto';
import { documentOf } from '@dtq/core/job-document.ts';
import type { JobError, JobResult, Replay, ReplayReport } from '@dtq/generated/schemas/types.ts';
import { AUSTIN, submitAustin } from '@dtq/testkit/held-handler.ts';
import { type System, startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { endJob } from './test/play-worker.ts';
import { down, inMs, instead, JOB, post } from './test/requests.ts';

const TIMEOUT: JobError = { code: 'provider_timeout', message: 'too late' };

async function replayed(
  { request }: Pick<System, 'request'>,
  body: object,
  headers: Record<string, string> = {},
): Promise<ReplayReport & { status: number }> {
  const response = await request('/v1/replays', post({ filter: {}, ...body }, headers));
  return { status: response.status, ...((await response.json()) as ReplayReport) };
}

/** Jobs that have failed, the oldest first. */
async function failed({ client, backend }: System, count: number, error = TIMEOUT): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const jobId = await submitAustin({ client });
    await endJob(backend, jobId, error);
    ids.push(jobId);
  }
  return ids;
}

function sourcesOf({ replays }: ReplayReport): string[] {
  return replays.map(({ replay_of }) => replay_of).sort();
}

describe('POST /v1/replays', () => {
  it('submits failed jobs again, as new ones that name the old, with payload and priority', async () => {
    const system = await startSystem({ worker: false });
    const { client, backend } = system;
    const { data } = await client.submitJob({ body: { ...JOB, priority: 'low' } });
    const source = String(data?.job_id);
    await endJob(backend, source, TIMEOUT);
    await endJob(backend, await submitAustin({ client }));
    const report = await replayed(system, {});
    expect(report).toEqual({ status: 202, matched: 1, is_complete: true, replays: [expect.any(Object)] });
    const [replay] = report.replays;
    expect(replay).toMatchObject({ replay_of: source, kind: 'job', corrected: false });
    expect(replay?.job_id).not.toBe(source);
    expect((await client.getJob({ params: { path: { job_id: String(replay?.job_id) } } })).data).toMatchObject({
      state: 'queued',
      replay_of: source,
      priority: 'low',
      input: AUSTIN,
    });
    expect(await backend.results.get(source)).toMatchObject({ final_state: 'failed' });
    expect(await backend.replays.of([source])).toEqual([replay]);
  });

  it('brings the new jobs to an end, with what they repeat in their documents', async () => {
    const system = await startSystem({
      handlers: { weather: () => Promise.reject(new Error('a defect')) },
    });
    const source = await submitAustin(system);
    await eventually('it fails', () => system.backend.results.get(source));
    const { replays } = await replayed(system, {});
    const result = await eventually('its replay ends', () => system.backend.results.get(String(replays[0]?.job_id)));
    expect(result.replay_of).toBe(source);
  });

  it('only tells with dry_run', async () => {
    const system = await startSystem({ worker: false });
    await failed(system, 3);
    expect(await replayed(system, { dry_run: true })).toEqual({
      status: 200,
      matched: 3,
      is_complete: true,
      replays: [],
    });
    expect(await replayed(system, { dry_run: true, limit: 2 })).toMatchObject({ matched: 2, is_complete: false });
    expect((await system.backend.openJobs.counts()).queued).toBe(0);
  });

  it('takes every filter', async () => {
    const system = await startSystem({ worker: false });
    const { client, backend } = system;
    const [first, second] = await failed(system, 2);
    const [other] = await failed(system, 1, { code: 'timed_out', message: 'too long' });
    const quote = (await client.submitJob({ body: { job_type: 'quote', payload: { limit: 1 } } })).data;
    await endJob(backend, String(quote?.job_id), TIMEOUT);
    const matched = async (filter: object): Promise<number> =>
      (await replayed(system, { filter, dry_run: true })).matched;
    expect(await matched({})).toBe(4);
    expect(await matched({ job_type: 'quote' })).toBe(1);
    expect(await matched({ error_code: 'timed_out' })).toBe(1);
    expect(await matched({ error_code: 'timed_out', job_type: 'quote' })).toBe(0);
    expect(await matched({ job_ids: [first, String(second).toUpperCase(), randomUUID()] })).toBe(2);
    expect(await matched({ since: inMs(60_000) })).toBe(0);
    expect(await matched({ until: inMs(60_000) })).toBe(4);
    const report = await replayed(system, { filter: { job_ids: [other] } });
    expect(sourcesOf(report)).toEqual([other]);
  });

  it('takes the newest, up to the limit, and leaves out those that were replayed before unless again', async () => {
    const system = await startSystem({ worker: false });
    const ids = await failed(system, 5);
    const times = new Map<string, number>();
    for (const id of ids) times.set(id, Date.parse(String((await system.backend.results.get(id))?.submitted_at)));
    const newest = [...ids].sort((a, b) => Number(times.get(b)) - Number(times.get(a)) || (a < b ? 1 : -1));
    const first = await replayed(system, { limit: 2 });
    expect(first).toMatchObject({ matched: 2, is_complete: false });
    expect(first.replays.map(({ replay_of }) => replay_of)).toEqual(newest.slice(0, 2));
    const second = await replayed(system, {});
    expect(second).toMatchObject({ matched: 3, is_complete: true });
    expect(sourcesOf(second)).toEqual([...newest.slice(2)].sort());
    expect(await replayed(system, {})).toMatchObject({ matched: 0, replays: [] });
    const again = await replayed(system, { again: true });
    expect(sourcesOf(again)).toEqual([...ids].sort());
    const made = [...first.replays, ...second.replays, ...again.replays].map(({ job_id }) => job_id);
    expect(new Set(made).size).toBe(10);
  });

  it('leaves out what cannot be submitted', async () => {
    const system = await startSystem({ worker: false });
    const [good] = await failed(system, 1);
    const unreadable = documentOf(
      { job_id: randomUUID(), job_type: 'weather' },
      { output: null, error: { code: 'invalid_message', message: 'no JSON' } },
      inMs(0),
    );
    await system.backend.results.insert(unreadable);
    const report = await replayed(system, {});
    expect(report).toMatchObject({ matched: 1, is_complete: true });
    expect(sourcesOf(report)).toEqual([good]);
  });

  it('replays hundreds', async () => {
    const system = await startSystem({ worker: false });
    const documents = Array.from({ length: 450 }, (): JobResult => {
      const job = { job_id: randomUUID(), job_type: 'weather', input: AUSTIN, submitted_at: '2026-02-14T15:12:04Z' };
      return documentOf(job, { output: null, error: TIMEOUT }, inMs(0));
    });
    await Promise.all(documents.map((document) => system.backend.results.insert(document)));
    const report = await replayed(system, {});
    expect(report).toMatchObject({ matched: 450, is_complete: true });
    expect(sourcesOf(report)).toEqual(documents.map(({ job_id }) => job_id).sort());
    expect((await system.backend.openJobs.counts()).queued).toBe(450);
    expect(await replayed(system, {})).toMatchObject({ matched: 0 });
  });

  it('makes one job of each, although several ask at once', async () => {
    const system = await startSystem({ worker: false });
    const ids = await failed(system, 3);
    const reports = await Promise.all(Array.from({ length: 8 }, () => replayed(system, {})));
    expect(new Set(reports.flatMap(({ replays }) => replays.map(({ job_id }) => job_id))).size).toBe(3);
    expect(await system.backend.replays.of(ids)).toHaveLength(3);
    expect((await system.backend.openJobs.counts()).queued).toBe(3);
  });

  it('answers a repeat with the same key the same, and does nothing twice', async () => {
    const system = await startSystem({ worker: false });
    const ids = await failed(system, 4);
    const key = { 'idempotency-key': 'repair-1' };
    const first = await replayed(system, { limit: 3 }, key);
    expect(first).toMatchObject({ matched: 3, is_complete: false });
    expect(await replayed(system, { limit: 3 }, key)).toEqual(first);
    for (const { job_id } of first.replays) await endJob(system.backend, job_id);
    expect(await replayed(system, { limit: 3 }, key)).toEqual(first);
    expect(await system.backend.replays.of(ids)).toHaveLength(3);
    expect((await replayed(system, { limit: 3 }, { 'idempotency-key': 'repair-2' })).matched).toBe(1);
  });
});

describe('where the queue stops confirming half-way', () => {
  async function flaky(confirms: number) {
    let left = confirms;
    const system = await startSystem({
      worker: false,
      broken: ({ queue }) => ({
        queue: instead(queue, {
          publish: async (job, envelope) => {
            // The first job of each is that of the submit.
            if (envelope?.replay_of === undefined) return queue.publish(job, envelope);
            left -= 1;
            return left < 0 ? down('kafka')() : queue.publish(job, envelope);
          },
        }),
      }),
    });
    const mend = (): void => {
      left = 1000;
    };
    return { system, mend };
  }

  it('tells of those that it did confirm, and the next request makes the rest, once', async () => {
    const { system, mend } = await flaky(2);
    const ids = await failed(system, 6);
    const first = await replayed(system, {});
    expect(first).toMatchObject({ status: 202, matched: 6, is_complete: false });
    expect(first.replays).toHaveLength(2);
    mend();
    const second = await replayed(system, {});
    expect(second).toMatchObject({ matched: 4, is_complete: true });
    expect([...sourcesOf(first), ...sourcesOf(second)].sort()).toEqual([...ids].sort());
    const recorded: readonly Replay[] = await system.backend.replays.of(ids);
    expect(recorded).toHaveLength(6);
    for (const { job_id } of recorded)
      expect((await system.client.getJob({ params: { path: { job_id } } })).response.status).toBe(200);
  });

  it('is 503 where it confirmed none', async () => {
    const { system } = await flaky(0);
    await failed(system, 2);
    const response = await system.request('/v1/replays', post({ filter: {} }));
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({ status: 503, code: 'not_accepted' });
  });
});

describe('a bad replay', () => {
  it.each([
    ['no filter', { filter: undefined }, '/filter'],
    ['no ids', { filter: { job_ids: [] } }, '/filter/job_ids'],
    ['an id that is none', { filter: { job_ids: ['17'] } }, '/filter/job_ids/0'],
    ['an unknown type', { filter: { job_type: 'horoscope' } }, '/filter/job_type'],
    ['an unknown part', { filter: { state: 'failed' } }, '/filter/state'],
    ['no time', { filter: { since: 'yesterday' } }, '/filter/since'],
    ['a time of no clock', { filter: { until: '2016-12-31T23:59:60Z' } }, '/filter/until'],
    ['a limit of none', { limit: 0 }, '/limit'],
    ['a limit too high', { limit: 1001 }, '/limit'],
    ['again as text', { again: 'yes' }, '/again'],
    ['another field', { all: true }, '/all'],
  ])('%s is 400', async (_name, body, pointer) => {
    const { request } = await startSystem({ worker: false });
    const response = await request('/v1/replays', post({ filter: {}, ...body }));
    expect(await response.json()).toMatchObject({
      status: 400,
      code: 'invalid_request',
      violations: expect.arrayContaining([expect.objectContaining({ pointer })]),
    });
  });

  it('is 503 while the documents, or the record of replays, cannot be read', async () => {
    const system = await startSystem({
      worker: false,
      broken: ({ replays }) => ({ replays: instead(replays, { of: down('mongodb') }) }),
    });
    await failed(system, 1);
    const response = await system.request('/v1/replays', post({ filter: {} }));
    expect(await response.json()).toMatchObject({ status: 503, code: 'store_unavailable' });
  });
});
