import { NoReply, Unavailable } from '@dtq/core/errors.ts';
import openapi from '@dtq/generated/documents/openapi.json' with { type: 'json' };
import { PROBLEMS } from '@dtq/generated/errors.ts';
import { startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it, vi } from 'vitest';
import { docsRoutes } from './docs.ts';

// Through the public door: the generated client against the API in this process. Every answer is held to the OpenAPI
// document by the testkit. Literals of the wire are spelled out here on purpose, so that a wrong constant shows.

const AUSTIN = { city: 'Austin', country_code: 'US', units: 'metric' } as const;
const UNKNOWN = '3f2c7b9e-0d5a-4c11-9a77-0a6c5f1f2b3d';

function down(part: 'kafka' | 'redis' | 'rabbitmq' | 'mongodb') {
  return async () => {
    throw new Unavailable(part, 'is down');
  };
}

describe('POST /v1/jobs', () => {
  it('answers 202 with the job and where to ask for it', async () => {
    const { client } = await startSystem();
    const { data, response } = await client.submitJob({ body: { job_type: 'weather', payload: AUSTIN } });
    expect(response.status).toBe(202);
    expect(data).toEqual({
      job_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      trace_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      job_type: 'weather',
      state: 'queued',
      submitted_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      message: 'waiting for a worker',
    });
    expect(response.headers.get('location')).toBe(`/v1/jobs/${data?.job_id}/status`);
  });

  it('names every violation by its JSON pointer, with the value that was wrong and what would be right', async () => {
    const { request } = await startSystem({ worker: false });
    const payload = { city: '', units: 'kelvin', zip: 7 };
    const response = await request('/v1/jobs', post({ job_type: 'weather', payload, priorty: 1 }));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      type: '/docs#problem-invalid_request',
      title: 'The request does not fit the contract',
      status: 400,
      code: 'invalid_request',
      detail: '5 violations',
      instance: '/v1/jobs',
      trace_id: expect.any(String),
      violations: expect.arrayContaining([
        { pointer: '/priorty', message: 'is not a known field' },
        { pointer: '/payload/zip', message: 'is not a known field' },
        { pointer: '/payload/city', message: 'must NOT have fewer than 1 characters, not ""' },
        { pointer: '/payload/units', message: 'must be one of "metric", "imperial", not "kelvin"' },
      ]),
    });
  });

  it('names the types that there are to one that asks for another', async () => {
    const { request } = await startSystem({ worker: false });
    const response = await request('/v1/jobs', post({ job_type: 'horoscope', payload: {} }));
    expect(await response.json()).toMatchObject({
      code: 'invalid_request',
      violations: [
        { pointer: '/job_type', message: expect.stringMatching(/^must be one of .*"weather".*, not "horoscope"$/) },
      ],
    });
  });

  it('answers 503 with the job_id where the queue does not confirm, for the job may be in it', async () => {
    const { client, backend } = await startSystem({
      worker: false,
      broken: { queue: { publish: down('kafka'), consume: () => Promise.reject(new Error('not here')) } },
    });
    const { error, response } = await client.submitJob({ body: { job_type: 'weather', payload: AUSTIN } });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(error).toMatchObject({ code: 'not_accepted', job_id: expect.any(String) });
    expect(await backend.statuses.get(String(error?.job_id))).toBeNull();
  });

  it('answers with the job_id although the queue never answers, and 202 although the status store never does', async () => {
    const never = () => new Promise<never>(() => undefined);
    const config = { requestTimeoutMs: 400 };
    const hung = await startSystem({ worker: false, config, broken: { queue: { publish: never, consume: never } } });
    const { error } = await hung.client.submitJob({ body: { job_type: 'weather', payload: AUSTIN } });
    expect(error).toMatchObject({ status: 503, code: 'not_accepted', job_id: expect.any(String) });
    const late = await startSystem({
      worker: false,
      config,
      broken: { statuses: { begin: never, advance: never, get: never, watch: never } },
    });
    expect((await late.client.submitJob({ body: { job_type: 'weather', payload: AUSTIN } })).response.status).toBe(202);
  });

  it('names at most 100 violations, and says how many there are', async () => {
    const { request } = await startSystem({ worker: false });
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`f${index}`, 1]));
    const problem = (await (
      await request('/v1/jobs', post({ job_type: 'weather', payload: AUSTIN, ...many }))
    ).json()) as { detail: string; violations: unknown[] };
    expect(problem.detail).toBe('3000 violations, of which these are the first 100');
    expect(problem.violations).toHaveLength(100);
  });

  it('never cuts a character in half', async () => {
    const { request } = await startSystem({ worker: false });
    const response = await request(
      '/v1/jobs',
      post({ job_type: 'weather', payload: { ...AUSTIN, units: `a${'\u{1f600}'.repeat(40)}` } }),
    );
    expect((await response.text()).isWellFormed()).toBe(true);
    expect(
      JSON.stringify(await (await request('/v1/jobs', post({ job_type: `a${'\u{1f600}'.repeat(40)}` }))).json()),
    ).not.toMatch(/\\ud83d/);
  });

  it('accepts while the status store is down', async () => {
    const { client, backend } = await startSystem({ broken: { statuses: { ...brokenStatuses() } } });
    const { data } = await client.submitJob({ body: { job_type: 'weather', payload: AUSTIN } });
    const result = await eventually('the job ends', () => backend.results.get(String(data?.job_id)));
    expect(result.final_state).toBe('completed');
  });
});

describe('GET /v1/jobs/{job_id}', () => {
  it('answers the live status, and the durable document once the job ended', async () => {
    const handler = Promise.withResolvers<{
      temperature: number;
      condition: string;
      humidity_pct: number;
      wind_kph: number;
    }>();
    const { client } = await startSystem({ handlers: { weather: () => handler.promise } });
    const { data: accepted } = await client.submitJob({ body: { job_type: 'weather', payload: AUSTIN } });
    const path = { job_id: String(accepted?.job_id) };
    const live = await eventually('it calls the provider', async () => {
      const { data } = await client.getJob({ params: { path } });
      return data !== undefined && 'state' in data && data.progress_percent === 50 ? data : null;
    });
    expect(live).toMatchObject({
      job_id: path.job_id,
      trace_id: accepted?.trace_id,
      state: 'running',
      progress_percent: 50,
      message: 'calling external provider',
      attempt: 1,
    });
    handler.resolve({ temperature: 20.4, condition: 'Cloudy', humidity_pct: 61, wind_kph: 13.2 });
    const document = await eventually('it ended', async () => {
      const { data } = await client.getJob({ params: { path } });
      return data !== undefined && 'final_state' in data ? data : null;
    });
    expect(document).toEqual({
      schema_version: '1.0',
      job_id: path.job_id,
      job_type: 'weather',
      input: AUSTIN,
      output: { temperature: 20.4, condition: 'Cloudy', humidity_pct: 61, wind_kph: 13.2 },
      final_state: 'completed',
      started_at: expect.any(String),
      completed_at: expect.any(String),
      error: null,
      trace_id: accepted?.trace_id,
      submitted_at: accepted?.submitted_at,
      priority: 'normal',
      attempts: [expect.objectContaining({ number: 1, outcome: 'completed' })],
    });
  });

  it('answers 404 for an id that no store knows, and 400 for one that is no UUID', async () => {
    const { client, request } = await startSystem({ worker: false });
    const missing = await client.getJob({ params: { path: { job_id: UNKNOWN } } });
    expect(missing.error).toMatchObject({
      status: 404,
      code: 'job_not_found',
      job_id: UNKNOWN,
      detail: `No job has the id ${UNKNOWN}.`,
    });
    const bad = await request('/v1/jobs/17');
    expect(await bad.json()).toMatchObject({
      status: 400,
      code: 'invalid_request',
      violations: [{ pointer: '#/path/job_id' }, { pointer: '#/path/job_id' }],
    });
  });

  it('knows a job that waits longer than its status lives', async () => {
    const { client, backend } = await startSystem({
      worker: false,
      broken: { statuses: { ...brokenStatuses(), get: async () => null } },
    });
    const { data: accepted } = await client.submitJob({ body: { job_type: 'weather', payload: AUSTIN } });
    const path = { job_id: String(accepted?.job_id) };
    expect((await client.getJob({ params: { path } })).data).toMatchObject({
      job_id: path.job_id,
      state: 'queued',
      progress_percent: 0,
    });
    expect(await backend.queue.holds(UNKNOWN)).toBe(false);
  });

  it('takes a UUID in either case', async () => {
    const { client } = await startSystem();
    const { data: accepted } = await client.submitJob({ body: { job_type: 'weather', payload: AUSTIN } });
    const path = { job_id: String(accepted?.job_id).toUpperCase() };
    expect((await client.getJob({ params: { path } })).data).toMatchObject({ job_id: accepted?.job_id });
    expect((await client.getJobStatus({ params: { path } })).response.status).toBe(200);
  });

  it('answers 503, never 404, while a store that is needed to say no is silent', async () => {
    const { client } = await startSystem({
      worker: false,
      broken: {
        results: { get: down('mongodb'), insert: down('mongodb'), list: down('mongodb'), counts: down('mongodb') },
      },
    });
    const { error, response } = await client.getJob({ params: { path: { job_id: UNKNOWN } } });
    expect(error).toMatchObject({ status: 503, code: 'store_unavailable' });
    expect(response.headers.get('retry-after')).toBe('1');
  });

  it('finds a job that ended although the status store has forgotten it, or is down', async () => {
    const { client, backend } = await startSystem({ broken: { statuses: brokenStatuses() } });
    const { data: accepted } = await client.submitJob({ body: { job_type: 'weather', payload: AUSTIN } });
    const path = { job_id: String(accepted?.job_id) };
    await eventually('it ended', () => backend.results.get(path.job_id));
    expect((await client.getJob({ params: { path } })).data).toMatchObject({ final_state: 'completed' });
  });
});

describe('GET /v1/jobs/{job_id}/status', () => {
  it('answers what a worker replies', async () => {
    const { client } = await startSystem();
    const { data: accepted } = await client.submitJob({ body: { job_type: 'weather', payload: AUSTIN } });
    const path = { job_id: String(accepted?.job_id) };
    const done = await eventually('it completed', async () => {
      const { data } = await client.getJobStatus({ params: { path } });
      return data?.state === 'completed' ? data : null;
    });
    expect(done).toEqual({
      job_id: path.job_id,
      state: 'completed',
      progress_percent: 100,
      message: 'completed',
      timestamp: expect.any(String),
    });
  });

  it('answers 404 where the worker knows no such job', async () => {
    const { client } = await startSystem();
    expect((await client.getJobStatus({ params: { path: { job_id: UNKNOWN } } })).error).toMatchObject({
      status: 404,
      code: 'job_not_found',
    });
  });

  it('answers 504 where no worker is alive, and where none replies in time', async () => {
    const nobody = await startSystem({ worker: false });
    expect((await nobody.client.getJobStatus({ params: { path: { job_id: UNKNOWN } } })).error).toMatchObject({
      status: 504,
      code: 'progress_timeout',
    });
    const ask = vi.fn(async (_request: unknown, timeoutMs: number) => {
      throw new NoReply(timeoutMs);
    });
    const silent = await startSystem({
      broken: { progress: { ask, answer: async () => async () => undefined } },
      config: { progressReplyTimeoutMs: 123 },
    });
    expect((await silent.client.getJobStatus({ params: { path: { job_id: UNKNOWN } } })).error).toMatchObject({
      status: 504,
      detail: 'No worker replied within 123 ms.',
    });
    expect(ask).toHaveBeenCalledWith(expect.objectContaining({ job_id: UNKNOWN }), 123, undefined);
  });
});

describe('GET /docs', () => {
  it('has every problem where its type leads', async () => {
    const html = await (await docsRoutes().request('/docs')).text();
    for (const code of Object.keys(PROBLEMS)) expect(html).toContain(`id="problem-${code}"`);
  });
});

describe('health', () => {
  it('answers ok with every part, and degraded with the part that does not answer', async () => {
    const well = await startSystem();
    expect((await well.client.getHealth()).data).toEqual({
      status: 'ok',
      checks: { kafka: true, redis: true, rabbitmq: true, mongodb: true },
      time: expect.any(String),
    });
    const sick = await startSystem({ broken: { checks: { ...well.backend.checks, redis: down('redis') } } });
    const { error, response } = await sick.client.getHealth();
    expect(response.status).toBe(503);
    expect(error).toMatchObject({
      status: 'degraded',
      checks: { kafka: true, redis: false, rabbitmq: true, mongodb: true },
    });
  });

  it('is not hung by a part that hangs', async () => {
    const { backend } = await startSystem({ worker: false });
    const { client } = await startSystem({
      broken: { checks: { ...backend.checks, mongodb: () => new Promise(() => undefined) } },
    });
    expect((await client.getHealth()).error).toMatchObject({
      status: 'degraded',
      checks: { mongodb: false, kafka: true },
    });
  });

  it('is ready while it takes work and the queue answers, whatever the other parts do', async () => {
    const { client, backend } = await startSystem();
    expect((await client.getReadiness()).data).toMatchObject({ status: 'ready' });
    const noMongo = await startSystem({ broken: { checks: { ...backend.checks, mongodb: down('mongodb') } } });
    expect((await noMongo.client.getReadiness()).response.status).toBe(200);
    const noKafka = await startSystem({ broken: { checks: { ...backend.checks, kafka: down('kafka') } } });
    expect((await noKafka.client.getReadiness()).error).toMatchObject({ status: 'not_ready' });
    const stopping = await startSystem({ isTakingWork: () => false });
    expect((await stopping.client.getReadiness()).response.status).toBe(503);
    expect((await stopping.client.getLiveness()).data).toMatchObject({ status: 'ok' });
  });
});

describe('every route', () => {
  it('answers a request that takes too long with 503', async () => {
    const { client } = await startSystem({
      worker: false,
      config: { requestTimeoutMs: 50 },
      broken: { statuses: { ...brokenStatuses(), get: () => new Promise(() => undefined) } },
    });
    expect((await client.getJob({ params: { path: { job_id: UNKNOWN } } })).error).toMatchObject({
      status: 503,
      code: 'request_timeout',
    });
  });

  it('leaks nothing of a defect', async () => {
    const secret = 'mongodb://admin:hunter2@10.0.0.7';
    const { request } = await startSystem({
      worker: false,
      broken: { statuses: { ...brokenStatuses(), get: () => Promise.reject(new TypeError(secret)) } },
    });
    const response = await request(`/v1/jobs/${UNKNOWN}`);
    const text = await response.text();
    expect(JSON.parse(text)).toEqual({
      type: '/docs#problem-internal_error',
      title: 'Something went wrong inside dtq',
      status: 500,
      code: 'internal_error',
      instance: `/v1/jobs/${UNKNOWN}`,
      trace_id: expect.any(String),
    });
  });

  it('names the methods of a path that is asked for with another', async () => {
    const { request } = await startSystem({ worker: false });
    const response = await request('/v1/jobs', { method: 'DELETE' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST, GET, HEAD');
    expect(await response.json()).toMatchObject({ code: 'method_not_allowed' });
  });

  it('serves the document it was generated from', async () => {
    const { request } = await startSystem({ worker: false });
    expect(await (await request('/openapi.json')).json()).toEqual(openapi);
  });
});

function post(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function brokenStatuses() {
  const is = down('redis');
  return { begin: is, advance: is, get: is, watch: is };
}
