import { startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { down, inMs, instead, JOB, post } from './test/requests.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('a submit that is to run later', () => {
  it('stands in the schedule, and is known as queued with its time', async () => {
    const { client, backend } = await startSystem({ worker: false });
    const run_at = inMs(HOUR_MS);
    const { data, response } = await client.submitJob({ body: { ...JOB, run_at, priority: 'high' } });
    expect(response.status).toBe(202);
    expect(data).toMatchObject({ state: 'queued', message: 'waiting for its time' });
    const job_id = String(data?.job_id);
    expect(await backend.schedule.find(job_id)).toEqual([
      expect.objectContaining({
        schedule_id: `${job_id}:run`,
        kind: 'run',
        due_at: run_at,
        priority: 'high',
        attempt: 1,
        message: expect.objectContaining({ job_id, payload: JOB.payload, trace_id: data?.trace_id }),
      }),
    ]);
    expect(await backend.queue.holds(job_id)).toBe(false);
    expect((await client.getJob({ params: { path: { job_id } } })).data).toMatchObject({
      state: 'queued',
      run_at,
      priority: 'high',
      input: JOB.payload,
      submitted_at: data?.submitted_at,
    });
  });

  it('takes a delay, in every unit', async () => {
    const { client, backend } = await startSystem({ worker: false });
    const units = { '90000ms': 90_000, '90s': 90_000, '90m': 90 * 60_000, '9h': 9 * HOUR_MS, '30d': 30 * DAY_MS };
    for (const [delay, ms] of Object.entries(units)) {
      const before = Date.now();
      const { data } = await client.submitJob({ body: { ...JOB, delay } });
      const [row] = await backend.schedule.find(String(data?.job_id));
      const waits = Date.parse(String(row?.due_at)) - before;
      expect(waits).toBeGreaterThanOrEqual(ms);
      expect(waits).toBeLessThanOrEqual(ms + (Date.now() - before));
    }
  });

  it('runs at once where its time has come', async () => {
    const { client, backend } = await startSystem();
    for (const run_at of [inMs(-DAY_MS), inMs(0)]) {
      const { data } = await client.submitJob({ body: { ...JOB, run_at } });
      expect(data).toMatchObject({ message: 'waiting for a worker' });
      const result = await eventually('it ends', () => backend.results.get(String(data?.job_id)));
      expect(result.final_state).toBe('completed');
    }
  });

  it('runs when its time comes, once', async () => {
    const { client, backend } = await startSystem();
    const { data } = await client.submitJob({ body: { ...JOB, delay: '300ms' } });
    const job_id = String(data?.job_id);
    const result = await eventually('it ends', () => backend.results.get(job_id));
    expect(Date.parse(result.started_at) - Date.parse(String(data?.submitted_at))).toBeGreaterThanOrEqual(300);
    expect(result.attempts).toHaveLength(1);
    await eventually('its row goes', async () => (await backend.schedule.find(job_id)).length === 0);
  });

  it('is known by its row alone', async () => {
    const { client, backend } = await startSystem({
      worker: false,
      broken: ({ statuses }) => ({ statuses: instead(statuses, { get: async () => null, advance: down('redis') }) }),
    });
    const run_at = inMs(HOUR_MS);
    const { data } = await client.submitJob({ body: { ...JOB, run_at } });
    const path = { job_id: String(data?.job_id) };
    expect(await backend.statuses.get(path.job_id)).toBeNull();
    expect((await client.getJob({ params: { path } })).data).toEqual({
      job_id: path.job_id,
      trace_id: data?.trace_id,
      job_type: 'weather',
      state: 'queued',
      progress_percent: 0,
      message: 'waiting for its time',
      submitted_at: data?.submitted_at,
      updated_at: data?.submitted_at,
      input: JOB.payload,
      priority: 'normal',
      attempt: 1,
      run_at,
    });
  });

  it('is 503 with its job_id where the schedule does not confirm', async () => {
    const { client, backend } = await startSystem({
      worker: false,
      broken: ({ schedule }) => ({ schedule: instead(schedule, { put: down('mongodb') }) }),
    });
    const { error } = await client.submitJob({ body: { ...JOB, delay: '1h' } });
    expect(error).toMatchObject({ status: 503, code: 'not_accepted', job_id: expect.any(String) });
    expect(await backend.statuses.get(String(error?.job_id))).toBeNull();
  });
});

describe('a submit that expires', () => {
  it('has its row before it is in the queue, and its time in envelope and status', async () => {
    const { client, backend } = await startSystem({ worker: false });
    const expires_at = inMs(HOUR_MS);
    const { data } = await client.submitJob({ body: { ...JOB, expires_at } });
    const job_id = String(data?.job_id);
    expect(await backend.schedule.find(job_id)).toEqual([
      expect.objectContaining({ schedule_id: `${job_id}:expire`, kind: 'expire', due_at: expires_at, expires_at }),
    ]);
    expect(await backend.queue.holds(job_id)).toBe(true);
    expect(await backend.statuses.get(job_id)).toMatchObject({ state: 'queued', expires_at });
    const headers = Promise.withResolvers<Readonly<Record<string, string>>>();
    const consumer = await backend.queue.consume({
      jobTypes: ['weather'],
      concurrency: { weather: 1 },
      deliver: async (delivery) => {
        headers.resolve(delivery.headers);
        return { kind: 'done' };
      },
    });
    expect(await headers.promise).toMatchObject({ 'dtq-expires-at': expires_at });
    await consumer.stop(1000);
  });

  it('never reaches the queue where its row cannot be put', async () => {
    const { client, backend } = await startSystem({
      worker: false,
      broken: ({ schedule }) => ({ schedule: instead(schedule, { put: down('mongodb') }) }),
    });
    const { error } = await client.submitJob({ body: { ...JOB, expires_at: inMs(HOUR_MS) } });
    expect(error).toMatchObject({ code: 'not_accepted' });
    expect(await backend.queue.holds(String(error?.job_id))).toBe(false);
  });

  it('may both wait and expire', async () => {
    const { client, backend } = await startSystem({ worker: false });
    const times = { run_at: inMs(HOUR_MS), expires_at: inMs(2 * HOUR_MS) };
    const { data } = await client.submitJob({ body: { ...JOB, ...times } });
    const rows = await backend.schedule.find(String(data?.job_id));
    expect(rows.map(({ kind }) => kind).sort()).toEqual(['expire', 'run']);
    expect((await client.getJob({ params: { path: { job_id: String(data?.job_id) } } })).data).toMatchObject(times);
  });
});

describe('bad times', () => {
  const bad: readonly [string, object, string, RegExp][] = [
    ['both', { run_at: inMs(HOUR_MS), delay: '1h' }, '/delay', /^must not stand beside run_at "20/],
    ['run_at too far ahead', { run_at: '2999-01-01T00:00:00Z' }, '/run_at', /30 days ahead, 20.*, not "2999-/],
    ['run_at of no clock', { run_at: '2016-12-31T23:59:60Z' }, '/run_at', /clocks have, not "2016-12-31T23:59:60Z"$/],
    ['run_at no time', { run_at: 'soon' }, '/run_at', /not "soon"$/],
    ['run_at without a zone', { run_at: '2026-02-14T15:12:04' }, '/run_at', /not "2026-02-14T15:12:04"$/],
    ['delay too long', { delay: '31d' }, '/delay', /^must be at most 30d, not "31d"$/],
    ['delay too long in ms', { delay: '2592000001ms' }, '/delay', /^must be at most 30d, not "2592000001ms"$/],
    ['delay of nothing', { delay: '0s' }, '/delay', /not "0s"$/],
    ['delay without a unit', { delay: '10' }, '/delay', /not "10"$/],
    ['delay a number', { delay: 10 }, '/delay', /not 10$/],
    ['expires_at past', { expires_at: inMs(-1000) }, '/expires_at', /^must be later than now, 20.*, not "20/],
    ['expires_at too far', { expires_at: '2999-01-01T00:00:00Z' }, '/expires_at', /60 days ahead, .*, not "2999-/],
    [
      'expires_at before run_at',
      { run_at: inMs(2 * HOUR_MS), expires_at: inMs(HOUR_MS) },
      '/expires_at',
      /^must be later than the job may start, 20.*, not "20/,
    ],
    ['expires_at before its delay', { delay: '2h', expires_at: inMs(HOUR_MS) }, '/expires_at', /may start/],
    ['priority unknown', { priority: 'urgent' }, '/priority', /^must be one of "high", "normal", "low", not "urgent"$/],
  ];

  it.each(bad)('%s', async (_name, fields, pointer, message) => {
    const { request } = await startSystem({ worker: false });
    const response = await request('/v1/jobs', post({ ...JOB, ...fields }));
    expect(response.status).toBe(400);
    const { code, violations } = (await response.json()) as { code: string; violations: { pointer: string }[] };
    expect(code).toBe('invalid_request');
    expect(violations).toContainEqual({ pointer, message: expect.stringMatching(message) });
    expect(violations.map((violation) => violation.pointer)).toEqual(violations.map(() => pointer));
  });

  it('names all of them at once', async () => {
    const { request } = await startSystem({ worker: false });
    const response = await request('/v1/jobs', post({ ...JOB, delay: '40d', expires_at: '2999-01-01T00:00:00Z' }));
    const { violations } = (await response.json()) as { violations: { pointer: string }[] };
    expect(violations.map(({ pointer }) => pointer)).toEqual(['/delay', '/expires_at']);
  });
});

describe('a priority', () => {
  it('goes along with the job', async () => {
    const { client, backend } = await startSystem();
    for (const priority of ['high', 'normal', 'low'] as const) {
      const { data } = await client.submitJob({ body: { ...JOB, priority } });
      const result = await eventually('it ends', () => backend.results.get(String(data?.job_id)));
      expect(result.priority).toBe(priority);
    }
  });

  it('other than normal is refused where the backend has none', async () => {
    const capabilities = [{ name: 'priority-topics', supported: false, reason: 'one topic a type' }];
    const { request, client } = await startSystem({ worker: false, broken: { capabilities } });
    expect(await (await request('/v1/jobs', post({ ...JOB, priority: 'high' }))).json()).toMatchObject({
      status: 400,
      code: 'invalid_request',
      violations: [{ pointer: '/priority', message: expect.stringMatching(/^must be "normal", .*, not "high"$/) }],
    });
    expect((await client.submitJob({ body: { ...JOB, priority: 'normal' } })).response.status).toBe(202);
  });
});
