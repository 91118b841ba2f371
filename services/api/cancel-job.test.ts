import type { JobError } from '@dtq/generated/schemas/types.ts';
import { heldHandler, submitAustin, submitRunning } from '@dtq/testkit/held-handler.ts';
import { startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { beginJob, endJob, storeEnd } from './test/play-worker.ts';
import { down, inMs, instead, JOB } from './test/requests.ts';

const UNKNOWN = '3f2c7b9e-0d5a-4c11-9a77-0a6c5f1f2b3d';
const CANCELLED: JobError = { code: 'cancelled', message: 'its cancel was asked for' };

describe('POST /v1/jobs/{job_id}/cancel', () => {
  it('ends a job that waits for a worker, which then never starts it', async () => {
    const { client, backend } = await startSystem({ worker: false });
    const { data: accepted } = await client.submitJob({ body: { ...JOB, priority: 'low' } });
    const job_id = String(accepted?.job_id);
    const { data, response } = await client.cancelJob({ params: { path: { job_id } } });
    expect(response.status).toBe(202);
    expect(data).toEqual({ job_id, state: 'failed', error_code: 'cancelled', message: CANCELLED.message });
    const document = (await client.getJob({ params: { path: { job_id } } })).data;
    expect(document).toEqual({
      schema_version: '1.0',
      job_id,
      job_type: 'weather',
      input: JOB.payload,
      output: null,
      final_state: 'failed',
      started_at: expect.any(String),
      completed_at: expect.any(String),
      error: CANCELLED,
      trace_id: accepted?.trace_id,
      submitted_at: accepted?.submitted_at,
      priority: 'low',
    });
    expect(document).toMatchObject({ completed_at: (document as { started_at: string }).started_at });
    expect(await backend.statuses.get(job_id)).toMatchObject({
      state: 'failed',
      progress_percent: 0,
      error_code: 'cancelled',
      message: 'cancelled: its cancel was asked for',
    });
    expect(await backend.openJobs.find(job_id)).toBeNull();
    await beginJob(backend, job_id);
    expect(await backend.statuses.get(job_id)).toMatchObject({ state: 'failed' });
  });

  it('takes a job out of the schedule, with its expiry', async () => {
    const { client, backend } = await startSystem({ worker: false });
    const { data } = await client.submitJob({
      body: { ...JOB, run_at: inMs(3_600_000), expires_at: inMs(7_200_000) },
    });
    const job_id = String(data?.job_id);
    expect(await backend.schedule.find(job_id)).toHaveLength(2);
    expect((await client.cancelJob({ params: { path: { job_id: job_id.toUpperCase() } } })).response.status).toBe(202);
    expect(await backend.schedule.find(job_id)).toEqual([]);
    expect(await backend.results.get(job_id)).toMatchObject({ error: CANCELLED, input: JOB.payload });
  });

  it('stops a job that runs, and closes its attempt', async () => {
    const system = await startSystem({ handlers: heldHandler().handlers });
    const job_id = await submitRunning(system);
    expect((await system.client.cancelJob({ params: { path: { job_id } } })).response.status).toBe(202);
    const document = await system.backend.results.get(job_id);
    expect(document).toMatchObject({
      error: { code: 'cancelled' },
      input: JOB.payload,
      attempts: [{ number: 1, outcome: 'cancelled', ended_at: expect.any(String) }],
    });
    expect(document?.started_at).toBe(document?.attempts?.[0]?.started_at);
    const status = await eventually('it has ended', async () => {
      const found = await system.backend.statuses.get(job_id);
      return found?.state === 'failed' ? found : null;
    });
    expect(status).toMatchObject({ error_code: 'cancelled', progress_percent: 50 });
    await eventually('the queue lets it go', async () => !(await system.backend.queue.holds(job_id)));
  });

  it('is 409 with its state for a job that has ended', async () => {
    const { client, backend } = await startSystem({ worker: false });
    const ends = [
      [null, 'completed'],
      [{ code: 'provider_timeout', message: 'too late' }, 'failed'],
    ] as const;
    for (const [error, state] of ends) {
      const job_id = await submitAustin({ client });
      const stored = await endJob(backend, job_id, error);
      const answer = await client.cancelJob({ params: { path: { job_id } } });
      expect(answer.error).toMatchObject({ status: 409, code: 'job_already_final', job_id, state });
      expect(await backend.results.get(job_id)).toEqual(stored);
    }
  });

  it('cancels once', async () => {
    const { client } = await startSystem({ worker: false });
    const job_id = await submitAustin({ client });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => client.cancelJob({ params: { path: { job_id } } })),
    );
    expect(answers.some(({ response }) => response.status === 202)).toBe(true);
    for (const { response } of answers) expect([202, 409]).toContain(response.status);
    const later = await client.cancelJob({ params: { path: { job_id } } });
    expect(later.error).toMatchObject({ code: 'job_already_final', state: 'failed' });
  });

  it('leaves the job its own end where that is durable first, and says so', async () => {
    let jobId = '';
    const { client, backend } = await startSystem({
      worker: false,
      broken: (own) => ({
        // The job ends after it was looked up and before the cancel's document is stored.
        cancels: instead(own.cancels, {
          request: async (id, at) => {
            await own.cancels.request(id, at);
            await storeEnd(own, jobId);
          },
        }),
      }),
    });
    jobId = await submitAustin({ client });
    await beginJob(backend, jobId);
    const { error } = await client.cancelJob({ params: { path: { job_id: jobId } } });
    expect(error).toMatchObject({ status: 409, code: 'job_already_final', state: 'completed' });
    expect(await backend.results.get(jobId)).toMatchObject({ final_state: 'completed', error: null });
    expect(await backend.statuses.get(jobId)).toMatchObject({ state: 'completed', progress_percent: 100 });
  });

  it('stands where a worker that heard of it says so first, and where the job would end a moment later', async () => {
    let jobId = '';
    const { client, backend } = await startSystem({
      worker: false,
      broken: (own) => ({
        cancels: instead(own.cancels, { request: async () => void (await storeEnd(own, jobId, CANCELLED)) }),
      }),
    });
    jobId = await submitAustin({ client });
    await beginJob(backend, jobId);
    expect((await client.cancelJob({ params: { path: { job_id: jobId } } })).response.status).toBe(202);
    const late = await endJob(backend, jobId);
    expect(late.error).toEqual(CANCELLED);
  });

  it('is always one end that all agree on, whichever is first', async () => {
    const { client, backend } = await startSystem();
    const jobs = await Promise.all(Array.from({ length: 40 }, () => submitAustin({ client })));
    const answers = await Promise.all(
      jobs.map(async (job_id) => {
        const { response, error } = await client.cancelJob({ params: { path: { job_id } } });
        return { job_id, status: response.status, state: error?.state };
      }),
    );
    for (const { job_id, status, state } of answers) {
      const document = await eventually('its document', () => backend.results.get(job_id));
      if (status === 202) expect(document).toMatchObject({ error: CANCELLED });
      else expect({ status, state }).toEqual({ status: 409, state: document.final_state });
      const last = await eventually('its last status', async () => {
        const found = await backend.statuses.get(job_id);
        return found?.state === 'completed' || found?.state === 'failed' ? found : null;
      });
      expect([last.state, last.error_code]).toEqual([document.final_state, document.error?.code]);
    }
  });

  it('ends a job whose status has gone', async () => {
    const forgetful = await startSystem({
      worker: false,
      broken: ({ statuses }) => ({ statuses: instead(statuses, { get: async () => null }) }),
    });
    const { data } = await forgetful.client.submitJob({ body: { ...JOB, delay: '1h' } });
    const path = { job_id: String(data?.job_id) };
    expect((await forgetful.client.cancelJob({ params: { path } })).response.status).toBe(202);
    expect(await forgetful.backend.results.get(path.job_id)).toMatchObject({
      input: JOB.payload,
      submitted_at: data?.submitted_at,
      trace_id: data?.trace_id,
    });
  });

  it('is done without the status store where the job is known, and promises nothing without the result store', async () => {
    const noRedis = await startSystem({
      worker: false,
      broken: ({ statuses, cancels }) => ({
        statuses: instead(statuses, { advance: down('redis'), get: down('redis') }),
        cancels: instead(cancels, { request: down('redis') }),
      }),
    });
    const { data } = await noRedis.client.submitJob({ body: { ...JOB, delay: '1h' } });
    const path = { job_id: String(data?.job_id) };
    expect((await noRedis.client.cancelJob({ params: { path } })).response.status).toBe(202);
    const noMongo = await startSystem({
      worker: false,
      broken: ({ results }) => ({ results: instead(results, { insert: down('mongodb') }) }),
    });
    const job_id = await submitAustin(noMongo);
    const { error, response } = await noMongo.client.cancelJob({ params: { path: { job_id } } });
    expect(error).toMatchObject({ status: 503, code: 'store_unavailable' });
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await noMongo.backend.results.get(job_id)).toBeNull();
    expect(await noMongo.backend.statuses.get(job_id)).toMatchObject({ state: 'queued' });
  });

  it('is 404 for a job that nobody knows, and 400 for what is no id', async () => {
    const { client, request } = await startSystem({ worker: false });
    expect((await client.cancelJob({ params: { path: { job_id: UNKNOWN } } })).error).toMatchObject({
      status: 404,
      code: 'job_not_found',
      job_id: UNKNOWN,
    });
    const bad = await request('/v1/jobs/17/cancel', { method: 'POST' });
    expect(await bad.json()).toMatchObject({ status: 400, code: 'invalid_request' });
    expect((await request(`/v1/jobs/${UNKNOWN}/cancel`)).status).toBe(405);
  });
});
