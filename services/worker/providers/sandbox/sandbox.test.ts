import { readFileSync } from 'node:fs';
import { JobFailure } from '@dtq/core/errors.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Output, Payload } from '@dtq/generated/jobs/index.ts';
import { expect, test } from 'vitest';
import { weather } from '../../handlers/weather.ts';
import type { ProviderCall } from '../provider.ts';
import { type Providers, sandboxProviders } from '../providers.ts';
import { textOf } from '../testing/text-of.ts';
import { COMMON_INPUTS } from './inputs.ts';
import { WEATHER_INPUTS } from './open-meteo.ts';
import { naturalLatency } from './sandbox.ts';

const INPUTS = [...COMMON_INPUTS, ...WEATHER_INPUTS];

function run(
  payload: Partial<Payload<'weather'>>,
  signal: AbortSignal = new AbortController().signal,
): Promise<Output<'weather'>> {
  const policy = {
    timeoutMs: 30_000,
    providerTimeoutMs: 100,
    providerAttempts: 3,
    backoff: { baseMs: 1, capMs: 2000 },
    attempts: 1,
    retry: { baseMs: 1, capMs: 1 },
    concurrency: 1,
  };
  const context = { jobId: 'a', attempt: 1, policy, signal, providers: sandboxProviders(), log: silentLogger() };
  return weather({ city: 'Austin', units: 'metric', ...payload }, context);
}

test.each(INPUTS)('$input plays $plays: $ends', async ({ input, ends }) => {
  const end = await run({ city: input }).then(
    () => 'completed',
    (error: unknown) => (error instanceof JobFailure ? error.code : error),
  );
  expect(end).toBe(ends);
});

test.each(INPUTS)('$input stands in the README', ({ input, plays, ends }) => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme.replace(/ +/g, ' ')).toContain(`| \`${input}\` | ${plays} | \`${ends}\` |`);
});

test('Flaky does well for many jobs at once', async () => {
  const jobs = Array.from({ length: 50 }, () => run({ city: 'Flaky' }));
  expect(new Set((await Promise.all(jobs)).map((output) => JSON.stringify(output))).size).toBe(1);
});

test('Slow ends with the job', async () => {
  const job = new AbortController();
  const reason = new Error('the job was cancelled');
  setImmediate(() => job.abort(reason));
  await expect(run({ city: 'Slow' }, job.signal)).rejects.toBe(reason);
});

test('well-known cities have their weather', async () => {
  expect(await run({ city: 'Austin', country_code: 'US' })).toEqual({
    temperature: 20.4,
    condition: 'Overcast',
    humidity_pct: 61,
    wind_kph: 13.2,
    provider: 'sandbox',
  });
  expect(await run({ city: 'tokyo', units: 'imperial' })).toEqual({
    temperature: 68.7,
    condition: 'Clear sky',
    humidity_pct: 54,
    wind_kph: 9.4,
    provider: 'sandbox',
  });
  expect(await run({ city: 'Sao Paulo' })).toEqual(await run({ city: 'SÃO PAULO' }));
});

test('cities of one name are told apart by their country', async () => {
  expect(await run({ city: 'Paris' })).toEqual(await run({ city: 'Paris', country_code: 'fr' }));
  expect(await run({ city: 'Paris', country_code: 'US' })).toMatchObject({ temperature: 19.2 });
  await expect(run({ city: 'Paris', country_code: 'JP' })).rejects.toThrow('no city is called "Paris" in JP');
});

test.each(['Xanadu', '東京', '🏙️', 'مدينة', '../x?y=1&z', 'a'.repeat(100)])(
  '%s, which nobody knows, has the same weather each time',
  async (city) => {
    const first = await run({ city });
    expect(await run({ city })).toEqual(first);
    expect(await run({ city, country_code: 'SE' })).toEqual(first);
  },
);

test('cities that nobody knows differ, and their weather is plausible', async () => {
  const cities = Array.from({ length: 200 }, (_, index) => `Town ${index}`);
  const outputs = await Promise.all(cities.map((city) => run({ city })));
  expect(new Set(outputs.map((output) => JSON.stringify(output))).size).toBeGreaterThan(190);
  for (const { temperature } of outputs) {
    expect(temperature).toBeGreaterThan(-15);
    expect(temperature).toBeLessThan(40);
  }
});

test('the natural latency is 150 to 300 ms, and always the same', () => {
  const latencies = Array.from({ length: 500 }, (_, index) => naturalLatency(`Town ${index}`));
  expect(Math.min(...latencies)).toBeGreaterThanOrEqual(150);
  expect(Math.max(...latencies)).toBeLessThanOrEqual(300);
  expect(latencies).toEqual(latencies.map((_, index) => naturalLatency(`Town ${index}`)));
});

test('the answers have every field of the recorded ones that a handler could read', async () => {
  const { weather }: Providers = sandboxProviders();
  const get = async (url: string): Promise<Record<string, unknown>> => {
    const call: ProviderCall = {
      url: new URL(url),
      headers: {},
      signal: new AbortController().signal,
      timeoutMs: 1000,
      number: 1,
    };
    return JSON.parse(await textOf((await weather.fetch(call)).response)) as Record<string, unknown>;
  };
  const recorded = (name: string): Record<string, unknown> =>
    JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));
  const forecast = await get(`${weather.forecastUrl}?latitude=48.85341&longitude=2.3488`);
  const { elevation: _elevation, ...expected } = recorded('forecast-celsius');
  expect(Object.keys(forecast).sort()).toEqual(Object.keys(expected).sort());
  expect(forecast['current_units']).toEqual(expected['current_units']);
  expect(Object.keys(forecast['current'] as object)).toEqual(Object.keys(expected['current'] as object));
  expect(Object.keys(await get(`${weather.geocodingUrl}?name=Nowhere`))).toEqual(
    Object.keys(recorded('geocoding-none')),
  );
  expect((await get(`${weather.geocodingUrl}?name=Paris`))['results']).toMatchObject([
    { name: 'Paris', latitude: 48.85341, longitude: 2.3488, country_code: 'FR', country: 'France' },
    { name: 'Paris', latitude: 33.66094, longitude: -95.55551, country_code: 'US', country: 'United States' },
  ]);
});
