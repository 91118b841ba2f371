import { JobFailure } from '@dtq/core/errors.ts';
import { JOB_ERRORS } from '@dtq/generated/errors.ts';
import type { JobAttempt, JobMessage, JobStatus } from '@dtq/generated/schemas/types.ts';
import { decodeJobStatus, encodeJobStatus } from '@dtq/generated/storage/job-status.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import type { SystemOptions } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { expectValid, OUTPUT, observe, PAYLOAD, submit } from './observed.ts';

// Everything that a running system writes, read back past our own readers and held to the strict form of the contract. What
// is spelled out here is the wire, on purpose.

/** Lets a job run to its end; gives every status that was published and the document as it stands in the file. */
async function runOne(
  options: SystemOptions,
): Promise<{ statuses: JobStatus[]; document: Record<string, unknown>; status: JobStatus }> {
  const start = Promise.withResolvers<void>();
  const inner = options.handlers?.weather ?? (async () => OUTPUT);
  const system = await observe({
    ...options,
    handlers: {
      weather: async (payload, context) => {
        await start.promise;
        return inner(payload, context);
      },
    },
  });
  const job_id = await submit(system);
  const statuses: JobStatus[] = [];
  await system.backend.statuses.watch(job_id, (status) => void statuses.push(status));
  start.resolve();
  await eventually('it ended', () => statuses.some(({ state }) => state === 'completed' || state === 'failed'), 15_000);
  const row = system.file.prepare('SELECT document FROM job_results WHERE job_id = ?').get(job_id);
  const status = (await system.backend.statuses.get(job_id)) as JobStatus;
  return { statuses, status, document: JSON.parse(String(row?.['document'])) as Record<string, unknown> };
}

describe('what a running system writes', () => {
  it('the message: its key, its headers and its JSON', async () => {
    const system = await observe({ worker: false });
    const job_id = await submit(system);
    const row = system.file.prepare('SELECT * FROM job_queue').get() ?? {};
    expect(row['key']).toBe(job_id);
    expect(JSON.parse(String(row['headers']))).toEqual({ 'content-type': 'application/json', 'schema-version': '1.0' });
    const message = JSON.parse(new TextDecoder().decode(row['value'] as Uint8Array)) as JobMessage;
    expectValid(strict.JobMessage.weather, message);
    expect(message).toEqual({
      schema_version: '1.0',
      job_id,
      job_type: 'weather',
      submitted_at: expect.any(String),
      trace_id: expect.any(String),
      payload: PAYLOAD,
    });
  });

  it('every status of a job that completes, with its history and no step backwards', async () => {
    const { statuses, status, document } = await runOne({});
    for (const written of [...statuses, status]) {
      expectValid(strict.JobStatus, written);
      expect(decodeJobStatus(encodeJobStatus(written))).toEqual(written);
    }
    expect(status.history?.map(({ state, progress_percent }) => `${state} ${progress_percent}`)).toEqual([
      'queued 0',
      'running 20',
      'running 50',
      'running 80',
      'completed 100',
    ]);
    expect(status.history?.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
    expectValid(strict.JobResult.weather, document);
    expect(document).toMatchObject({
      final_state: 'completed',
      output: OUTPUT,
      error: null,
      trace_id: status.trace_id,
    });
  });

  it('every status and the document of a job that fails, for each code that a handler can end in', async () => {
    const ends = Object.keys(JOB_ERRORS).filter((code) => code !== 'invalid_message') as (keyof typeof JOB_ERRORS)[];
    const end = async (code: keyof typeof JOB_ERRORS): Promise<void> => {
      const { statuses, status, document } = await runOne({
        handlers: { weather: () => Promise.reject(new JobFailure(code, `because of ${code}`)) },
      });
      for (const written of [...statuses, status]) expectValid(strict.JobStatus, written);
      expect(status).toMatchObject({
        state: 'failed',
        progress_percent: 50,
        error_code: code,
        error_message: `because of ${code}`,
      });
      expectValid(strict.JobResult.weather, document);
      expect(document).toMatchObject({
        final_state: 'failed',
        input: PAYLOAD,
        output: null,
        error: { code, message: `because of ${code}` },
      });
      // What another attempt may better is tried as often as the policy says.
      const outcomes = (document['attempts'] as JobAttempt[]).map(({ outcome }) => outcome);
      const last = code === 'cancelled' ? 'cancelled' : 'failed';
      expect(outcomes).toEqual(JOB_ERRORS[code].retryable ? ['retried', 'retried', last] : [last]);
      expect(document['attempts']).toEqual(status.attempts);
    };
    await Promise.all(ends.map(end));
  });

  it('a handler that breaks its contract, throws what it should not, or does not end: a code for each, and no leak', async () => {
    const wrong = await runOne({ handlers: { weather: async () => ({ ...OUTPUT, humidity_pct: 140 }) } });
    expect(wrong.document['error']).toEqual({
      code: 'invalid_output',
      message: '/humidity_pct must be <= 100, not 140',
    });
    const thrown = await runOne({
      handlers: { weather: () => Promise.reject(new TypeError('mongodb://admin:hunter2@10.0.0.7')) },
    });
    expect(thrown.document['error']).toEqual({
      code: 'internal_error',
      message: 'something went wrong inside the worker',
    });
    const endless = await runOne({
      environment: { WORKER_PROCESS_TIMEOUT: '50ms' },
      handlers: { weather: () => new Promise(() => undefined) },
    });
    expect(endless.document['error']).toEqual({ code: 'timed_out', message: 'the job took longer than 50 ms' });
  });

  it('a message that is no job: its bytes and the reason among the dead letters, and a failed document for whoever waits', async () => {
    const system = await observe({});
    const job_id = '3f2c7b9e-0d5a-4c11-9a77-0a6c5f1f2b3d';
    const bytes = JSON.stringify({
      job_id,
      job_type: 'weather',
      submitted_at: '2026-02-14T15:12:04Z',
      trace_id: job_id,
      payload: { city: 'Austin', units: 'kelvin' },
    });
    await system.backend.queue.put('weather', { key: job_id, value: new TextEncoder().encode(bytes), headers: {} });
    const letter = await eventually(
      'it is buried',
      () => system.file.prepare('SELECT * FROM dead_letters').get() ?? null,
    );
    expect(new TextDecoder().decode(letter['value'] as Uint8Array)).toBe(bytes);
    expectValid(strict.DeadLetterHeaders, {
      'dtq-reason': letter['reason'],
      'dtq-source-topic': letter['source_topic'],
      'dtq-source-partition': String(letter['source_partition']),
      'dtq-source-offset': String(letter['source_offset']),
      'dtq-buried-at': letter['buried_at'],
    });
    const { dead_letter_id, job_type, key, reason, buried_at } = letter;
    const value = letter['value'] as Uint8Array;
    expectValid(strict.DeadLetter, {
      ...{ dead_letter_id, job_type, key, reason, buried_at, job_id, size: value.length },
      violations: JSON.parse(String(letter['violations'])),
      headers: JSON.parse(String(letter['headers'])),
      value_base64: Buffer.from(value).toString('base64'),
    });
    expect(letter).toMatchObject({ job_id, dead_letter_id: `${letter['source_topic']}:0:${letter['source_offset']}` });
    expect(JSON.parse(String(letter['violations']))).toEqual([
      { pointer: '/payload/units', message: 'must be one of "metric", "imperial", not "kelvin"' },
    ]);
    const document = await system.backend.results.get(job_id);
    expectValid(strict.JobResult.weather, document);
    expect(document).toMatchObject({
      final_state: 'failed',
      input: {},
      error: { code: 'invalid_message', message: '/payload/units must be one of "metric", "imperial", not "kelvin"' },
    });
    expect((await system.client.getJobStatus({ params: { path: { job_id } } })).data).toMatchObject({
      state: 'failed',
      progress_percent: 0,
    });
  });

  it('a message whose fault is long and not plain: its record can be read again', async () => {
    const system = await observe({});
    const job_id = '0d5a7b9e-3f2c-4c11-9a77-0a6c5f1f2b3d';
    const units = `a${'\u{1f600}'.repeat(40)}`;
    const bytes = JSON.stringify({
      job_id,
      job_type: 'weather',
      submitted_at: '2026-02-14T15:12:04Z',
      trace_id: job_id,
      payload: { city: 'x', units },
    });
    await system.backend.queue.put('weather', { key: job_id, value: new TextEncoder().encode(bytes), headers: {} });
    const document = await eventually('it is failed', () => system.backend.results.get(job_id));
    expect(document.error?.message.isWellFormed()).toBe(true);
    expect((await system.client.getJob({ params: { path: { job_id } } })).data).toMatchObject({
      final_state: 'failed',
    });
    expect((await system.client.getJobStatus({ params: { path: { job_id } } })).data).toMatchObject({
      state: 'failed',
    });
  });

  it('a bad message never fails another job: one under a foreign key, and one for a job that is known', async () => {
    const system = await observe({});
    const job_id = await submit(system);
    await eventually('it ended', () => system.backend.results.get(job_id));
    const bad = new TextEncoder().encode(JSON.stringify({ job_id, payload: 7 }));
    const unknown = '0d5a7b9e-3f2c-4c11-9a77-0a6c5f1f2b3d';
    await system.backend.queue.put('weather', { key: job_id, value: bad, headers: {} });
    await system.backend.queue.put('weather', {
      key: 'another',
      value: new TextEncoder().encode(JSON.stringify({ job_id: unknown })),
      headers: {},
    });
    await eventually('both are buried', () =>
      system.file.prepare('SELECT count(*) AS n FROM dead_letters').get()?.['n'] === 2 ? true : null,
    );
    expect(await system.backend.results.get(job_id)).toMatchObject({ final_state: 'completed' });
    expect(await system.backend.statuses.get(job_id)).toMatchObject({ state: 'completed' });
    expect(await system.backend.results.get(unknown)).toBeNull();
  });
});
