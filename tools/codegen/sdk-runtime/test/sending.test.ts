import { describe, expect, it, vi } from 'vitest';
import { DeadlineError, isProblem, ProblemError, UnexpectedAnswerError, UnreachableError } from '../errors.ts';
import { clientOf } from './client-of.ts';
import { ACCEPTED, COMPLETED, FAILED, fakeApi, JOB_ID, json, problem, RUNNING } from './fake-api.ts';
import { settled, withStandingTime } from './settled.ts';

const PAYLOAD = { city: 'Austin', units: 'metric' } as const;
const NO_ANSWER = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
const BUSY = problem(503, 'not_accepted', { job_id: JOB_ID }, { 'retry-after': '2' });

withStandingTime();

describe('a submit', () => {
  it('sends the contract, with a key of its own', async () => {
    const api = fakeApi(json(202, ACCEPTED));
    const runAt = new Date('2026-02-15T00:00:00Z');
    const job = await clientOf(api).submit('weather', PAYLOAD, {
      priority: 'high',
      runAt,
      expiresAt: '2026-02-16T00:00:00Z',
    });
    expect(job).toEqual(ACCEPTED);
    const [request] = api.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/v1/jobs' });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      job_type: 'weather',
      payload: PAYLOAD,
      priority: 'high',
      run_at: '2026-02-15T00:00:00.000Z',
      expires_at: '2026-02-16T00:00:00Z',
    });
    expect(request?.headers.get('idempotency-key')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('writes a delay in milliseconds, and uses the key that it is given', async () => {
    const api = fakeApi(json(202, ACCEPTED));
    await clientOf(api).submit('weather', PAYLOAD, { delay: 1500, idempotencyKey: 'order-17' });
    expect(JSON.parse(api.requests[0]?.body ?? '')).toMatchObject({ delay: '1500ms' });
    expect(api.requests[0]?.headers.get('idempotency-key')).toBe('order-17');
  });

  it('is tried again with the same key after no answer, and waits longer each time', async () => {
    const api = fakeApi(NO_ANSWER, NO_ANSWER, NO_ANSWER, json(202, ACCEPTED));
    const { value, tookMs } = await settled(clientOf(api).submit('weather', PAYLOAD));
    expect(value).toEqual(ACCEPTED);
    expect(new Set(api.requests.map(({ headers }) => headers.get('idempotency-key'))).size).toBe(1);
    // Half of 200, 400 and 800.
    expect(tookMs).toBeGreaterThanOrEqual(700);
    expect(tookMs).toBeLessThan(800);
  });

  it('waits as long as Retry-After says, and the jitter on top', async () => {
    const { value, tookMs } = await settled(clientOf(fakeApi(BUSY, json(202, ACCEPTED))).submit('weather', PAYLOAD));
    expect(value).toEqual(ACCEPTED);
    expect(tookMs).toBeGreaterThanOrEqual(2100);
    expect(tookMs).toBeLessThan(2200);
  });

  it('waits until the date that Retry-After says', async () => {
    vi.setSystemTime(new Date('2026-02-14T15:12:04Z'));
    const later = problem(503, 'not_accepted', {}, { 'retry-after': 'Sat, 14 Feb 2026 15:12:09 GMT' });
    const { tookMs } = await settled(clientOf(fakeApi(later, json(202, ACCEPTED))).submit('weather', PAYLOAD));
    expect(tookMs).toBeGreaterThanOrEqual(5000);
    expect(tookMs).toBeLessThan(5300);
  });

  it('is not tried again where the same request can never succeed', async () => {
    const violations = [{ pointer: '/payload/units', message: 'must be one of "metric", "imperial", not "kelvin"' }];
    const api = fakeApi(problem(400, 'invalid_request', { violations, trace_id: ACCEPTED.trace_id }));
    const { error } = await settled(clientOf(api).submit('weather', PAYLOAD));
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ code: 'invalid_request', status: 400, violations, traceId: ACCEPTED.trace_id });
    expect((error as Error).message).toBe(
      'invalid_request: the title of invalid_request: /payload/units must be one of "metric", "imperial", not "kelvin"',
    );
    expect(api.requests).toHaveLength(1);
  });

  it('gives up after the retries, and says which job and which key it was', async () => {
    const api = fakeApi(BUSY);
    const { error } = await settled(clientOf(api, { retries: 2 }).submit('weather', PAYLOAD, { idempotencyKey: 'k' }));
    expect(api.requests).toHaveLength(3);
    expect(isProblem(error, 'not_accepted')).toBe(true);
    expect(error).toMatchObject({ jobId: JOB_ID, retryAfterMs: 2000, idempotencyKey: 'k' });
  });

  it('does not wait for a try that its time has no room for', async () => {
    const api = fakeApi(problem(503, 'not_accepted', {}, { 'retry-after': '60' }));
    const { error, tookMs } = await settled(clientOf(api).submit('weather', PAYLOAD));
    expect(isProblem(error, 'not_accepted')).toBe(true);
    expect(tookMs).toBeLessThan(100);
  });

  it('passes over a proxy that is in the way, and tells of one that stays', async () => {
    const page = new Response('<h1>Bad gateway</h1>', { status: 502 });
    const through = await settled(clientOf(fakeApi(page, json(202, ACCEPTED))).submit('weather', PAYLOAD));
    expect(through.value).toEqual(ACCEPTED);
    const { error } = await settled(clientOf(fakeApi(page), { retries: 0 }).submit('weather', PAYLOAD));
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(error).toMatchObject({ status: 502, body: '<h1>Bad gateway</h1>' });
  });

  it('takes a success that is no JSON for what it is', async () => {
    const api = fakeApi(new Response('<p>Log in first</p>', { status: 200 }));
    const { error } = await settled(clientOf(api).submit('weather', PAYLOAD));
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(api.requests).toHaveLength(1);
  });
});

describe('time and signals', () => {
  it('tries again where one try hangs', async () => {
    const { value, tookMs } = await settled(
      clientOf(fakeApi('silence', json(202, ACCEPTED)), { tryTimeoutMs: 1000 }).submit('weather', PAYLOAD),
    );
    expect(value).toEqual(ACCEPTED);
    expect(tookMs).toBeGreaterThanOrEqual(1100);
  });

  it('ends with DeadlineError when the time is up', async () => {
    const api = fakeApi('silence');
    const call = clientOf(api).submit('weather', PAYLOAD, { timeoutMs: 500, idempotencyKey: 'k' });
    const { error, tookMs } = await settled(call);
    expect(error).toBeInstanceOf(DeadlineError);
    expect(error).toMatchObject({ timeoutMs: 500, message: 'not done within 500 ms', idempotencyKey: 'k' });
    expect(tookMs).toBeGreaterThanOrEqual(500);
    expect(tookMs).toBeLessThan(600);
  });

  it('keeps what went wrong last as the cause', async () => {
    const api = fakeApi(NO_ANSWER, 'silence');
    const { error } = await settled(clientOf(api).submit('weather', PAYLOAD, { timeoutMs: 500 }));
    expect(error).toBeInstanceOf(DeadlineError);
    expect((error as DeadlineError).cause).toBeInstanceOf(UnreachableError);
    expect(String((error as DeadlineError).cause)).toContain('connect ECONNREFUSED');
  });

  it('knows the cause in a call within another one, whose time it is', async () => {
    const accepted = fakeApi(json(202, ACCEPTED), NO_ANSWER, 'silence');
    const { error } = await settled(clientOf(accepted).run('weather', PAYLOAD, { timeoutMs: 3000 }));
    expect((error as DeadlineError).cause).toBeInstanceOf(UnreachableError);
    expect((error as DeadlineError).message).toContain(
      'not done within 3000 ms: no answer from http://dtq.test: connect',
    );
  });

  it('rejects with the reason of the caller, during a try and between two', async () => {
    for (const reply of ['silence', NO_ANSWER] as const) {
      const controller = new AbortController();
      const api = fakeApi(reply);
      const call = settled(clientOf(api, { retries: 50 }).submit('weather', PAYLOAD, { signal: controller.signal }));
      const reason = new Error('the user left');
      setTimeout(() => controller.abort(reason), 350);
      const { error, tookMs } = await call;
      expect(error).toBe(reason);
      expect(tookMs).toBeLessThan(500);
    }
  });

  it('sends nothing for a signal that has aborted already', async () => {
    const api = fakeApi(json(202, ACCEPTED));
    await expect(clientOf(api).submit('weather', PAYLOAD, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(api.requests).toHaveLength(0);
  });

  it('asks for headers anew before each try', async () => {
    const api = fakeApi(NO_ANSWER, json(202, ACCEPTED));
    let asked = 0;
    const headers = async () => {
      asked += 1;
      return { authorization: `Bearer ${asked}` };
    };
    await settled(clientOf(api, { headers }).submit('weather', PAYLOAD));
    expect(api.requests.map(({ headers: sent }) => sent.get('authorization'))).toEqual(['Bearer 1', 'Bearer 2']);
  });
});

describe('waiting for a job', () => {
  it('asks until it has ended, and gives its document', async () => {
    const api = fakeApi(
      json(200, RUNNING),
      NO_ANSWER,
      problem(503, 'store_unavailable', {}, { 'retry-after': '1' }),
      json(200, COMPLETED),
    );
    const { value } = await settled(clientOf(api).wait<'weather'>(JOB_ID));
    expect(value?.output.temperature).toBe(20.4);
    expect(api.requests.map(({ path }) => path)).toEqual(Array(4).fill(`/v1/jobs/${JOB_ID}?wait=30s`));
  });

  it('looks without waiting where the server has no room for one more', async () => {
    const full = problem(503, 'too_many_clients', {}, { 'retry-after': '1' });
    const api = fakeApi(full, json(200, RUNNING), json(200, COMPLETED));
    const { value } = await settled(clientOf(api).wait(JOB_ID));
    expect(value).toEqual(COMPLETED);
    expect(api.requests.map(({ path }) => path)).toEqual([
      `/v1/jobs/${JOB_ID}?wait=30s`,
      `/v1/jobs/${JOB_ID}`,
      `/v1/jobs/${JOB_ID}?wait=30s`,
    ]);
  });

  it('rejects with the code of a job that failed, and resolves to its document where either end is right', async () => {
    const api = fakeApi(json(200, FAILED));
    const { error } = await settled(clientOf(api).wait(JOB_ID));
    expect(error).toMatchObject({ name: 'JobFailedError', code: 'city_not_found', jobId: JOB_ID, job: FAILED });
    expect((error as Error).message).toBe(`job ${JOB_ID} failed: city_not_found: no such city`);
    expect((await settled(clientOf(api).waitForEnd(JOB_ID))).value).toEqual(FAILED);
  });

  it('does not take a code that it does not know for one of the contract', async () => {
    const api = fakeApi(json(200, { ...FAILED, error: { code: 'quota', message: 'of another program' } }));
    const { error } = await settled(clientOf(api).wait(JOB_ID));
    expect(error).toMatchObject({ code: 'other', job: { error: { code: 'quota' } } });
  });

  it('gives up after its patience, however short or long the outage of each try', async () => {
    const { error, tookMs } = await settled(
      clientOf(fakeApi(json(200, RUNNING), NO_ANSWER), { patienceMs: 20_000 }).wait(JOB_ID),
    );
    expect(error).toBeInstanceOf(UnreachableError);
    expect(tookMs).toBeGreaterThan(15_000);
    expect(tookMs).toBeLessThan(23_000);
  });

  it('never asks for longer than it has', async () => {
    const api = fakeApi('silence');
    const { error } = await settled(clientOf(api).wait(JOB_ID, { timeoutMs: 1500 }));
    expect(error).toBeInstanceOf(DeadlineError);
    expect(api.requests[0]?.path).toBe(`/v1/jobs/${JOB_ID}?wait=1500ms`);
  });

  it('run submits and waits in one time', async () => {
    const api = fakeApi(json(202, ACCEPTED), 'silence');
    const { error, tookMs } = await settled(clientOf(api).run('weather', PAYLOAD, { timeoutMs: 2000 }));
    expect(error).toBeInstanceOf(DeadlineError);
    expect(tookMs).toBeLessThan(2100);
    const done = fakeApi(json(202, ACCEPTED), json(200, COMPLETED));
    expect((await settled(clientOf(done).run('weather', PAYLOAD))).value?.output.condition).toBe('Cloudy');
  });
});
