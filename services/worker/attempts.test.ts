import { aJob } from '@dtq/backend-conformance/samples.ts';
import { JobFailure, Unavailable } from '@dtq/core/errors.ts';
import type { JobAttempt, JobErrorCode, JobResult } from '@dtq/generated/schemas/types.ts';
import { AUSTIN_OUTPUT } from '@dtq/testkit/held-handler.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  endless,
  halfBody,
  json,
  never,
  type Play,
  reset,
  type Simulator,
  startSimulator,
  stuck,
  text,
} from './providers/testing/simulator.ts';
import { AT_ONCE, providersAt, startTestWorker, type TestWorker, type TestWorkerOptions } from './test/start-worker.ts';

// What becomes of a job whose provider is in trouble: how often it is tried, and what the record of its attempts says.

/** Answers both questions of a weather job. */
const GOOD = json({
  results: [{ latitude: 30.27, longitude: -97.74, country_code: 'US' }],
  current: { temperature_2m: 31.5, relative_humidity_2m: 40, weather_code: 0, wind_speed_10m: 5 },
});

/** A worker whose provider plays these answers, each for one call; the last one stays. One call an attempt. */
async function startWith(
  plays: readonly Play[],
  { policy, ...options }: TestWorkerOptions = {},
): Promise<TestWorker & { readonly provider: Simulator }> {
  const provider = await startSimulator();
  onTestFinished(() => provider.close());
  provider.on('/', ...plays);
  const worker = await startTestWorker({
    ...options,
    providers: providersAt(provider.url),
    policy: { ...AT_ONCE, providerAttempts: 1, providerTimeoutMs: 5000, ...policy },
  });
  return { ...worker, provider };
}

async function submit({ backend }: TestWorker): Promise<string> {
  const job = aJob();
  await backend.queue.publish(job);
  return job.job_id;
}

/** Each attempt of a document as [number, outcome, code]. */
function record({ attempts = [] }: Pick<JobResult, 'attempts'>): [number, string | undefined, string | undefined][] {
  return attempts.map(({ number, outcome, error }) => [number, outcome, error?.code]);
}

const isWhole = ({ worker, started_at, ended_at, waited_ms }: JobAttempt): boolean =>
  /.-\d+-[0-9a-f]{6}$/.test(worker ?? '') &&
  Date.parse(ended_at ?? '') >= Date.parse(started_at) &&
  waited_ms !== undefined;

describe('a job whose provider is in trouble for as long as it lasts', () => {
  const shortTime = { providerTimeoutMs: 150 };
  it.each<{ fault: string; play: Play; code: JobErrorCode; attempts: number; policy?: object }>([
    { fault: '500', play: json({}, 500), code: 'provider_unavailable', attempts: 3 },
    { fault: 'a reset', play: reset, code: 'provider_unavailable', attempts: 3 },
    { fault: 'half a body', play: halfBody, code: 'provider_unavailable', attempts: 3 },
    { fault: 'no answer', play: never, code: 'provider_timeout', attempts: 3, policy: shortTime },
    { fault: 'a body that never ends', play: stuck, code: 'provider_timeout', attempts: 3, policy: shortTime },
    { fault: 'no JSON', play: text('<html>'), code: 'provider_invalid_response', attempts: 3 },
    { fault: 'JSON of another shape', play: json({ results: {} }), code: 'provider_invalid_response', attempts: 3 },
    { fault: 'a huge body', play: endless, code: 'provider_invalid_response', attempts: 3 },
    { fault: '429 without a time', play: json({}, 429), code: 'provider_rate_limited', attempts: 3 },
    { fault: '400', play: json({}, 400), code: 'provider_rejected', attempts: 1 },
    { fault: 'no such city', play: json({}), code: 'city_not_found', attempts: 1 },
  ])('$fault ends in $code after $attempts attempts', async ({ play, code, attempts, policy = {} }) => {
    const worker = await startWith([play], { policy });
    const jobId = await submit(worker);
    const document = await worker.ended(jobId);
    expect(document).toMatchObject({ final_state: 'failed', output: null, error: { code } });
    expect(record(document)).toEqual(
      Array.from({ length: attempts }, (_, index) => [index + 1, index + 1 === attempts ? 'failed' : 'retried', code]),
    );
    expect(document.attempts?.every(isWhole)).toBe(true);
    expect(document.started_at).toBe(document.attempts?.[0]?.started_at);
    expect(worker.provider.calls('/')).toBe(attempts);
    expect(await worker.backend.statuses.get(jobId)).toMatchObject({
      state: 'failed',
      attempt: attempts,
      attempts: document.attempts,
      error_code: code,
    });
  });

  it('an attempt that takes too long is timed_out, and tried again', async () => {
    const worker = await startWith([never], { policy: { timeoutMs: 100 } });
    const document = await worker.ended(await submit(worker));
    expect(record(document)).toEqual([
      [1, 'retried', 'timed_out'],
      [2, 'retried', 'timed_out'],
      [3, 'failed', 'timed_out'],
    ]);
  });
});

describe('a job whose provider recovers', () => {
  const late: Play = (response, request) => void setTimeout(() => GOOD(response, request), 100).unref();

  it('is done with the first attempt where the answer is only late', async () => {
    const worker = await startWith([late, GOOD]);
    const document = await worker.ended(await submit(worker));
    expect(record(document)).toEqual([[1, 'completed', undefined]]);
    expect(document.attempts?.every(isWhole)).toBe(true);
  });

  it('is done with a later attempt', async () => {
    const worker = await startWith([json({}, 503), reset, GOOD]);
    const jobId = await submit(worker);
    const document = await worker.ended(jobId);
    expect(document).toMatchObject({ final_state: 'completed', output: { provider: 'open-meteo' }, error: null });
    expect(record(document)).toEqual([
      [1, 'retried', 'provider_unavailable'],
      [2, 'retried', 'provider_unavailable'],
      [3, 'completed', undefined],
    ]);
    const { history = [] } = (await worker.backend.statuses.get(jobId)) ?? {};
    expect(history.map(({ attempt, progress_percent }) => [attempt, progress_percent])).toEqual([
      [1, 20],
      [1, 50],
      [2, 20],
      [2, 50],
      [3, 20],
      [3, 50],
      [3, 80],
      [3, 100],
    ]);
  });

  it('waits in the worker for as long as the provider asks, where that is short', async () => {
    const policy = { retry: { baseMs: 1, capMs: 60_000 } };
    const worker = await startWith([json({}, 429, { 'retry-after': '1' }), GOOD], { policy });
    const document = await worker.ended(await submit(worker));
    expect(record(document)).toEqual([
      [1, 'retried', 'provider_rate_limited'],
      [2, 'completed', undefined],
    ]);
    const [first, second] = document.attempts ?? [];
    expect(second?.waited_ms).toBeGreaterThanOrEqual(990);
    expect(second?.worker).toBe(first?.worker);
    expect(Date.parse(second?.started_at ?? '') - Date.parse(first?.ended_at ?? '')).toBeGreaterThanOrEqual(980);
  });

  it('waits in the schedule where that is long, and is then done by any worker', async () => {
    // Above what is waited in a worker, and hardly more.
    const policy = { retry: { baseMs: 1, capMs: 7000 } };
    const worker = await startWith([json({}, 429, { 'retry-after': '3600' }), GOOD], {
      policy,
      // Its circuit would be closed for the hour that the provider asks for.
      circuit: { failures: 99, windowMs: 1000, coolDownMs: 50, longestCoolDownMs: 50, longestAskedMs: 50 },
    });
    const { backend } = worker;
    const jobId = await submit(worker);
    const [row] = await eventually('its next attempt is in the schedule', async () => {
      const rows = await backend.schedule.find(jobId);
      return rows.length > 0 && rows;
    });
    expect(row).toMatchObject({ schedule_id: `${jobId}:run`, kind: 'run', attempt: 2, waited_ms: 7000 });
    const waiting = await eventually('its status says so', async () => {
      const status = await backend.statuses.get(jobId);
      return status?.next_attempt_at !== undefined && status;
    });
    expect(waiting).toMatchObject({ state: 'running', progress_percent: 50, next_attempt_at: row?.due_at, attempt: 1 });
    expect(record(waiting)).toEqual([[1, 'retried', 'provider_rate_limited']]);
    // A repeat of the attempt that has ended changes nothing.
    await eventually('its message is done with', async () => (await backend.queue.holds?.(jobId)) === false);
    await backend.queue.publish({ ...aJob(jobId) });
    await eventually('the repeat, too', async () => (await backend.queue.holds?.(jobId)) === false);
    expect((await backend.statuses.get(jobId))?.attempt).toBe(1);

    await worker.stop();
    const next = await startTestWorker({ backend });
    const document = await next.ended(jobId, 20_000);
    expect(record(document)).toEqual([
      [1, 'retried', 'provider_rate_limited'],
      [2, 'completed', undefined],
    ]);
    expect(document.attempts?.[1]).toMatchObject({ waited_ms: 7000 });
    expect(document.attempts?.[1]?.worker).not.toBe(document.attempts?.[0]?.worker);
    expect(await backend.schedule.find(jobId)).toEqual([]);
  }, 40_000);
});

describe('a job that waits for its next attempt', () => {
  it('waits in its worker until the schedule takes it', async () => {
    let refusals = 2;
    const worker = await startWith([json({}, 429, { 'retry-after': '3600' })], {
      policy: { retry: { baseMs: 1, capMs: 3_600_000 } },
      replaced: ({ schedule }) => ({
        schedule: {
          put: (row) => {
            refusals -= 1;
            return refusals >= 0 ? Promise.reject(new Unavailable('mongodb', 'is down')) : schedule.put(row);
          },
          claim: (lease) => schedule.claim(lease),
          remove: (id, attempt) => schedule.remove(id, attempt),
          find: (jobId) => schedule.find(jobId),
          backlog: () => schedule.backlog(),
        },
      }),
    });
    const jobId = await submit(worker);
    await eventually('it stands there', async () => (await worker.backend.schedule.find(jobId)).length === 1);
    expect(refusals).toBeLessThan(0);
    expect(worker.provider.calls('/')).toBe(1);
  });

  it('has its attempts in its document although its status has vanished meanwhile', async () => {
    const { backend, ended } = await startTestWorker();
    const job = aJob();
    const started_at = '2026-02-14T15:12:04.000Z';
    const error = { code: 'provider_timeout', message: 'too slow' };
    const attempts = [{ number: 1, started_at, ended_at: started_at, outcome: 'retried' as const, error }];
    await backend.schedule.put({
      ...{ schedule_id: `${job.job_id}:run`, kind: 'run', due_at: started_at, job_id: job.job_id, message: job },
      ...{ job_type: 'weather', priority: 'high', attempt: 2, waited_ms: 6000, attempts, replay_of: 'an-older-one' },
    } as Parameters<typeof backend.schedule.put>[0]);
    const document = await ended(job.job_id);
    expect(record(document)).toEqual([
      [1, 'retried', 'provider_timeout'],
      [2, 'completed', undefined],
    ]);
    expect(document).toMatchObject({
      started_at,
      submitted_at: job.submitted_at,
      priority: 'high',
      replay_of: 'an-older-one',
    });
  });
});

describe('a defect of ours', () => {
  it('is no reason for another attempt', async () => {
    const worker = await startTestWorker({
      handlers: { weather: () => Promise.reject(new TypeError('x is undefined')) },
    });
    const document = await worker.ended(await submit(worker));
    expect(record(document)).toEqual([[1, 'failed', 'internal_error']]);
    expect(document.error?.message).toBe('something went wrong inside the worker');
  });

  it('outside of the handler fails the job as well, and keeps its message', async () => {
    const worker = await startTestWorker({
      replaced: ({ statuses }) => ({
        statuses: {
          begin: () => Promise.reject(new TypeError('x is undefined')),
          advance: (change) => statuses.advance(change),
          get: (jobId) => statuses.get(jobId),
          watch: (jobId, onChange) => statuses.watch(jobId, onChange),
        },
      }),
    });
    const jobId = await submit(worker);
    expect(await worker.ended(jobId)).toMatchObject({
      input: aJob().payload,
      error: { code: 'internal_error', message: 'something went wrong inside the worker' },
    });
    await eventually('it is buried', async () => {
      const [letter] = await worker.backend.deadLetters.list({ limit: 1 });
      return letter?.job_id === jobId && letter.reason === 'a defect: TypeError';
    });
  });

  it('is an output that breaks the contract, which names the place, and one that is too long, which names its size', async () => {
    const outputs = [
      { ...AUSTIN_OUTPUT, humidity_pct: 101 },
      { ...AUSTIN_OUTPUT, provider: 'p'.repeat(60) },
    ];
    const worker = await startTestWorker({
      environment: { WORKER_MAX_RESULT_BYTES: '1024' },
      handlers: {
        weather: async ({ city }) => outputs[Number(city)] ?? AUSTIN_OUTPUT,
        quote: async () => ({ quotes: [{ text: 'x'.repeat(1500), author: 'a' }] }),
      },
    });
    const wrong = aJob(undefined, { city: '0' });
    const right = aJob(undefined, { city: '1' });
    const long = { ...aJob(), job_type: 'quote', payload: {} } as ReturnType<typeof aJob>;
    for (const job of [wrong, right, long]) await worker.backend.queue.publish(job);
    expect((await worker.ended(wrong.job_id)).error).toEqual({
      code: 'invalid_output',
      message: '/humidity_pct must be <= 100, not 101',
    });
    expect((await worker.ended(right.job_id)).final_state).toBe('completed');
    const tooLong = await worker.ended(long.job_id);
    expect(tooLong.error?.code).toBe('invalid_output');
    expect(tooLong.error?.message).toMatch(/^the result is 15\d\d bytes of JSON, and at most 1024 are kept$/);
    expect(record(tooLong)).toEqual([[1, 'failed', 'invalid_output']]);
  });

  it('a failure that names a time beyond the cap waits the cap', async () => {
    let calls = 0;
    const worker = await startTestWorker({
      policy: { attempts: 2, retry: { baseMs: 1, capMs: 20 } },
      handlers: {
        weather: () => {
          calls += 1;
          return Promise.reject(new JobFailure('provider_unavailable', 'down', { retryAfterMs: 9_000_000 }));
        },
      },
    });
    const document = await worker.ended(await submit(worker));
    expect(calls).toBe(2);
    expect(document.attempts?.map(({ waited_ms }) => waited_ms)).toEqual([0, 20]);
  });
});
