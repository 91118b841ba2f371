import { randomUUID } from 'node:crypto';
import { JobFailure } from '@dtq/core/errors.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import type { JobMessage, JobResult, JobStatus, ScheduledJob } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { expectValid, json, type Observed, OUTPUT, observe, PAYLOAD, submit } from './observed.ts';

// As written.test.ts, for what a job is beside its one attempt at once: schedule, priority, expiry, cancel, later attempts,
// replays and the keys of submits.

const HOUR_MS = 3_600_000;
const inAnHour = (): string => new Date(Date.now() + HOUR_MS).toISOString();

function statusOf(system: Observed, job_id: string): JobStatus {
  const row = system.rows('job_status').find((one) => one['job_id'] === job_id);
  const status = json(row?.['status']);
  expectValid(strict.JobStatus, status);
  return status as unknown as JobStatus;
}

function documentOf(system: Observed, job_id: string): JobResult | null {
  const row = system.rows('job_results').find((one) => one['job_id'] === job_id);
  if (row === undefined) return null;
  const document = json(row['document']);
  expectValid(strict.JobResult.weather, document);
  return document as unknown as JobResult;
}

function scheduled(system: Observed): ScheduledJob[] {
  return system.rows('job_schedule').map((row) => {
    const stored = json(row['row']);
    expectValid(strict.ScheduledJob.weather, stored);
    return stored as unknown as ScheduledJob;
  });
}

/** What stands in the queue for a job: its message, its headers and its priority, each held to its schema. */
function queued(system: Observed, job_id: string): { message: JobMessage; headers: object; priority: unknown } {
  const row = system.rows('job_queue').find(({ key }) => key === job_id) ?? {};
  const message = JSON.parse(new TextDecoder().decode(row['value'] as Uint8Array)) as JobMessage;
  const headers = json(row['headers']);
  expectValid(strict.JobMessage.weather, message);
  expectValid(strict.JobMessageHeaders, headers);
  return { message, headers, priority: row['priority'] };
}

describe('what a running system writes in the whole life of a job', () => {
  it('a job for later, that expires: a row to run it and one to give it up, and a status that says when', async () => {
    const system = await observe({ worker: false });
    const [run_at, expires_at] = [inAnHour(), new Date(Date.now() + 2 * HOUR_MS).toISOString()];
    const job_id = await submit(system, { run_at, expires_at, priority: 'low' });
    expect(system.rows('job_queue')).toHaveLength(0);
    const rows = scheduled(system);
    expect(rows.map(({ schedule_id, kind, due_at, priority }) => ({ schedule_id, kind, due_at, priority }))).toEqual(
      expect.arrayContaining([
        { schedule_id: `${job_id}:run`, kind: 'run', due_at: run_at, priority: 'low' },
        { schedule_id: `${job_id}:expire`, kind: 'expire', due_at: expires_at, priority: 'low' },
      ]),
    );
    expect(rows).toHaveLength(2);
    const { state, progress_percent, message, input, ...status } = statusOf(system, job_id);
    expect({ state, progress_percent, message }).toEqual({
      state: 'queued',
      progress_percent: 0,
      message: 'waiting for its time',
    });
    expect(status).toMatchObject({ job_type: 'weather', priority: 'low', run_at, expires_at });
    expect(input).toEqual(PAYLOAD);
  });

  it('a job of high priority that expires: told by its topic and its headers, never by its JSON', async () => {
    const system = await observe({ worker: false });
    const expires_at = inAnHour();
    const job_id = await submit(system, { priority: 'high', expires_at });
    const { message, headers, priority } = queued(system, job_id);
    expect(priority).toBe('high');
    expect(headers).toEqual({
      'content-type': 'application/json',
      'schema-version': '1.0',
      'dtq-expires-at': expires_at,
    });
    expect(Object.keys(message).sort()).toEqual([
      'job_id',
      'job_type',
      'payload',
      'schema_version',
      'submitted_at',
      'trace_id',
    ]);
  });

  it('an attempt that fails, and the next: each in the status and the document', async () => {
    const failures = [new JobFailure('provider_unavailable', 'it is down')];
    const system = await observe({
      handlers: {
        weather: async () => {
          const failure = failures.shift();
          if (failure !== undefined) throw failure;
          return OUTPUT;
        },
      },
    });
    const statuses: JobStatus[] = [];
    const job_id = await submit(system);
    await system.backend.statuses.watch(job_id, (status) => void statuses.push(status));
    const document = await eventually('it ended', () => documentOf(system, job_id));
    for (const status of statuses) expectValid(strict.JobStatus, status);
    expect(document.attempts).toEqual([
      {
        number: 1,
        worker: expect.any(String),
        waited_ms: 0,
        started_at: expect.any(String),
        ended_at: expect.any(String),
        outcome: 'retried',
        error: { code: 'provider_unavailable', message: 'it is down' },
      },
      {
        number: 2,
        worker: expect.any(String),
        waited_ms: expect.any(Number),
        started_at: expect.any(String),
        ended_at: expect.any(String),
        outcome: 'completed',
      },
    ]);
    const status = await eventually('its status is final', () => {
      const found = statusOf(system, job_id);
      return found.state === 'completed' ? found : null;
    });
    expect(status.attempts).toEqual(document.attempts);
    expect(status.history?.map(({ attempt, progress_percent }) => `${attempt}: ${progress_percent}`)).toEqual(
      expect.arrayContaining(['1: 20', '1: 50', '2: 20', '2: 50', '2: 80', '2: 100']),
    );
  });

  it('an attempt that is to be made much later: its row, and a status that waits', async () => {
    const wait = new JobFailure('provider_rate_limited', 'not before a minute', { retryAfterMs: 60_000 });
    const { retry } = JOB_POLICIES.weather;
    const system = await observe({ handlers: { weather: () => Promise.reject(wait) }, policy: { retry } });
    const job_id = await submit(system);
    const status = await eventually('it waits', () => {
      const found = statusOf(system, job_id);
      return found.next_attempt_at === undefined ? null : found;
    });
    expect(status).toMatchObject({ state: 'running', progress_percent: 50, attempt: 1 });
    const [row] = scheduled(system);
    expect(row).toMatchObject({
      schedule_id: `${job_id}:run`,
      kind: 'run',
      attempt: 2,
      due_at: status.next_attempt_at,
      attempts: status.attempts,
    });
    expect(row?.waited_ms).toBeGreaterThanOrEqual(60_000);
    expect(documentOf(system, job_id)).toBeNull();
  });

  it('a job that was cancelled before it started: a failed document, and a final status', async () => {
    const system = await observe({ worker: false });
    const job_id = await submit(system, { delay: '1h' });
    const { data } = await system.client.cancelJob({ params: { path: { job_id } } });
    expect(data).toMatchObject({ job_id, state: 'failed', error_code: 'cancelled' });
    const document = documentOf(system, job_id);
    expect(document).toMatchObject({
      final_state: 'failed',
      input: PAYLOAD,
      output: null,
      error: { code: 'cancelled' },
    });
    expect(document?.started_at).toBe(document?.completed_at);
    expect(statusOf(system, job_id)).toMatchObject({ state: 'failed', progress_percent: 0, error_code: 'cancelled' });
  });

  it('a submit with a key: its record, in which neither the key nor the caller stands', async () => {
    const system = await observe({ worker: false });
    const body = { job_type: 'weather', payload: PAYLOAD } as const;
    const header = { 'Idempotency-Key': 'order-2026-0017' };
    const { data } = await system.client.submitJob({ body, params: { header } });
    const [row] = system.rows('submit_keys');
    expect(row?.['key']).toMatch(/^[0-9a-f]{64}$/);
    const record = json(row?.['record']);
    expectValid(strict.SubmitRecord, record);
    expect(record).toMatchObject({ state: 'answered', job_id: data?.job_id, answer: data });
    expect(JSON.stringify(row)).not.toContain('order-2026-0017');
    // RFC 9562: version 4, and the variant that goes with it.
    expect(data?.job_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('replays, of a failed job and of a dead letter: each recorded, and told by the new job', async () => {
    const system = await observe({ worker: false });
    const failed = await submit(system, { priority: 'high', delay: '1h' });
    await system.client.cancelJob({ params: { path: { job_id: failed } } });
    const { data: report } = await system.client.replayJobs({ body: { filter: { job_ids: [failed] } } });
    const replay = report?.replays[0];
    expect(replay).toMatchObject({ replay_of: failed, kind: 'job', corrected: false });

    const buried = await observe({});
    const value = new TextEncoder().encode(JSON.stringify({ job_id: randomUUID(), payload: { city: 7 } }));
    await buried.backend.queue.put('weather', { key: 'no job', value, headers: {} });
    const dead_letter_id = await eventually('it is buried', () => buried.rows('dead_letters')[0]?.['dead_letter_id']);
    const { data: corrected } = await buried.client.replayDeadLetter({
      params: { path: { dead_letter_id: String(dead_letter_id) } },
      body: { payload: PAYLOAD },
    });
    expect(corrected).toMatchObject({ replay_of: dead_letter_id, kind: 'dead_letter', corrected: true });

    for (const { rows } of [system, buried]) {
      const stored = rows('job_replays').map((row) => json(row['replay']));
      expect(stored).toHaveLength(1);
      for (const one of stored) expectValid(strict.Replay, one);
    }
    const again = String(replay?.job_id);
    const { message, headers, priority } = queued(system, again);
    expect({ payload: message.payload, priority }).toEqual({ payload: PAYLOAD, priority: 'high' });
    expect(headers).toMatchObject({ 'dtq-replay-of': failed });
    expect(statusOf(system, again)).toMatchObject({ state: 'queued', replay_of: failed });
    const document = await eventually('the replay of the dead letter ended', () =>
      documentOf(buried, String(corrected?.job_id)),
    );
    expect(document).toMatchObject({ final_state: 'completed', replay_of: dead_letter_id });
  });

  it('a batch: each job that it accepts, as a single submit would have written it', async () => {
    const system = await observe({ worker: false });
    const { data } = await system.client.submitJobs({
      body: {
        jobs: [
          { job_type: 'weather', payload: PAYLOAD },
          { job_type: 'weather' },
          { job_type: 'weather', payload: PAYLOAD, delay: '1h' },
        ],
      },
    });
    expect(data).toMatchObject({ accepted: 2, refused: 1 });
    const [first, , third] = data?.results.map(({ body }) => ('job_id' in body ? String(body.job_id) : '')) ?? [];
    expect(queued(system, String(first)).headers).toEqual({
      'content-type': 'application/json',
      'schema-version': '1.0',
    });
    expect(statusOf(system, String(first))).toMatchObject({ state: 'queued', priority: 'normal' });
    expect(scheduled(system).map(({ job_id }) => job_id)).toEqual([third]);
  });

  it('how many jobs ended in each state, of each type', async () => {
    const system = await observe({});
    const job_id = await submit(system);
    await eventually('it ended', () => documentOf(system, job_id));
    const counts = system.rows('job_counts').map(({ job_type, final_state, count }) => ({
      count_id: `${job_type}:${final_state}`,
      job_type,
      final_state,
      count,
    }));
    for (const count of counts) expectValid(strict.JobCount, count);
    expect(counts).toEqual([expect.objectContaining({ count_id: 'weather:completed', count: 1 })]);
  });
});
