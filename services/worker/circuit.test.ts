import { aJob, aJobOf } from '@dtq/backend-conformance/samples.ts';
import type { EmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { PLAIN } from '@dtq/core/envelope.ts';
import { factsOf } from '@dtq/core/job-facts.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobErrorCode, JobMessage } from '@dtq/generated/schemas/types.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { CIRCUIT, Circuit } from './circuit.ts';
import { sandboxProviders } from './providers/providers.ts';
import { json, startSimulator } from './providers/testing/simulator.ts';
import { providersAt, startTestWorker } from './test/start-worker.ts';

const AT = '2026-02-14T15:12:04.000Z';

const GOOD = json({
  results: [{ latitude: 30.27, longitude: -97.74, country_code: 'US' }],
  current: { temperature_2m: 31.5, relative_humidity_2m: 40, weather_code: 0, wind_speed_10m: 5 },
});

async function submit(backend: EmbeddedBackend, job: JobMessage = aJob()): Promise<string> {
  await backend.queue.publish(job);
  await backend.statuses.advance({ ...factsOf(job, PLAIN), ...MILESTONES.queued, attempt: 1, updated_at: AT });
  return job.job_id;
}

describe('while a provider is down', () => {
  it('jobs of its type wait in the queue, others go on; when it is back all are done, and those that waited lost nothing', async () => {
    const provider = await startSimulator(json({}, 500));
    onTestFinished(() => provider.close());
    const log = silentLogger();
    const [warn, info] = [vi.spyOn(log, 'warn'), vi.spyOn(log, 'info')];
    const worker = await startTestWorker({
      log,
      providers: { ...providersAt(provider.url), quote: sandboxProviders().quote },
      policy: {
        ...{ providerAttempts: 1, attempts: 1000, concurrency: 2 },
        retry: { baseMs: 1, capMs: 4000 },
      },
      circuit: { failures: 3, windowMs: 60_000, coolDownMs: 300, longestCoolDownMs: 600, longestAskedMs: 1000 },
    });
    const { backend } = worker;
    const ids: string[] = [];
    for (let job = 0; job < 10; job += 1) ids.push(await submit(backend));
    await eventually('it has opened', () => warn.mock.calls.length > 0);
    expect(warn.mock.calls[0]).toEqual([
      { job_type: 'weather', code: 'provider_unavailable', for_ms: 300 },
      'the provider does not answer; its jobs wait in the queue',
    ]);
    expect((await worker.ended(await submit(backend, await aJobOf('quote')))).final_state).toBe('completed');
    await eventually('it has been tried, and opened again', () => warn.mock.calls.length >= 2);
    expect((await backend.openJobs.counts('weather')).queued).toBeGreaterThanOrEqual(7);

    provider.on('/', GOOD);
    const documents = await Promise.all(ids.map((id) => worker.ended(id, 20_000)));
    expect(documents.every(({ final_state }) => final_state === 'completed')).toBe(true);
    // Two had seats when it opened, and one more may have been the one that tried.
    const untouched = documents.filter(({ attempts }) => attempts?.length === 1 && attempts[0]?.number === 1);
    expect(untouched.length).toBeGreaterThanOrEqual(7);
    const said = info.mock.calls.map(([, words]) => words);
    expect(said).toContain('one job tries whether the provider answers');
    expect(said.filter((words) => words === 'the provider answers again; its jobs go on')).toHaveLength(1);
  }, 40_000);

  it('a provider that asks to wait is left alone for that time', async () => {
    const provider = await startSimulator(json({}, 429, { 'retry-after': '1' }));
    onTestFinished(() => provider.close());
    const worker = await startTestWorker({
      providers: providersAt(provider.url),
      policy: { providerAttempts: 1, concurrency: 1, attempts: 2, retry: { baseMs: 1, capMs: 4000 } },
    });
    const first = await submit(worker.backend);
    const second = await submit(worker.backend);
    await eventually('it is asked', () => provider.requests.length === 1);
    const asked = performance.now();
    provider.on('/', GOOD);
    for (const id of [first, second]) expect((await worker.ended(id)).final_state).toBe('completed');
    expect(performance.now() - asked).toBeGreaterThan(950);
    expect((await worker.backend.results.get(second))?.attempts).toMatchObject([{ number: 1, outcome: 'completed' }]);
  });
});

describe('a circuit', () => {
  let limits: number[];
  let circuit: Circuit;
  const fail = (code: JobErrorCode, retryAfterMs?: number): void =>
    circuit.attempt()({ code, message: 'no', retryAfterMs });
  const outages = (count: number): void => {
    for (let call = 0; call < count; call += 1) fail('provider_timeout');
  };

  beforeEach(() => {
    vi.useFakeTimers();
    limits = [];
    circuit = new Circuit({
      ...{ jobType: 'weather', concurrency: 9, clock: { now: () => Date.now() }, log: silentLogger() },
      limit: (concurrency) => void limits.push(concurrency),
    });
  });
  afterEach(() => {
    circuit.stop();
    vi.useRealTimers();
  });

  it('opens for five outages in a row, within a minute', () => {
    outages(4);
    circuit.attempt()(null);
    outages(4);
    fail('city_not_found');
    outages(4);
    vi.advanceTimersByTime(CIRCUIT.windowMs + 1);
    outages(4);
    expect(limits).toEqual([]);
    outages(1);
    expect(limits).toEqual([0]);
    expect(circuit.closedToJobsMs()).toBe(5000);
  });

  it('takes what is no fault of the provider for nothing', () => {
    outages(4);
    for (const code of ['timed_out', 'internal_error', 'invalid_output'] as const) fail(code);
    outages(1);
    expect(limits).toEqual([0]);
  });

  it('lets one job try after its time, then all, or none for twice as long, up to a minute', () => {
    outages(5);
    for (const ms of [5000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      limits.length = 0;
      vi.advanceTimersByTime(ms - 1);
      expect(limits).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(limits).toEqual([1]);
      outages(1);
      expect(limits).toEqual([1, 0]);
    }
    vi.advanceTimersByTime(60_000);
    circuit.attempt()(null);
    expect(limits.at(-1)).toBe(9);
    outages(5);
    expect(circuit.closedToJobsMs()).toBe(5000);
  });

  it('opens at once for as long as the provider asks, up to an hour', () => {
    fail('provider_rate_limited', 90_000);
    expect([limits, circuit.closedToJobsMs()]).toEqual([[0], 90_000]);
    vi.advanceTimersByTime(90_000);
    fail('provider_rate_limited', 86_400_000);
    expect(circuit.closedToJobsMs()).toBe(3_600_000);
  });

  it('does not hear those that began before it opened', () => {
    const early = [circuit.attempt(), circuit.attempt()];
    outages(5);
    for (const tell of early) tell(null);
    vi.advanceTimersByTime(5000);
    for (const tell of early) tell({ code: 'provider_timeout', message: 'no' });
    expect(limits).toEqual([0, 1]);
    expect(circuit.closedToJobsMs()).toBe(0);
  });
});
