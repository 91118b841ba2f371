import { silentLogger } from '@dtq/core/log.ts';
import { JOB_POLICIES, type Output, type Payload } from '@dtq/generated/jobs/index.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createProviders } from '../providers/providers.ts';
import { NOWHERE } from '../providers/testing/config.ts';
import { closedUrl, fixture, json, never, type Simulator, startSimulator } from '../providers/testing/simulator.ts';
import { weather } from './weather.ts';

let openMeteo: Simulator;

beforeEach(async () => {
  openMeteo = await startSimulator();
  openMeteo.on('/search', fixture('geocoding-paris'));
  openMeteo.on('/forecast', fixture('forecast-celsius'));
});
afterEach(() => openMeteo.close());

interface Options {
  readonly signal?: AbortSignal;
  readonly mode?: 'live' | 'auto';
  readonly geocodingUrl?: string;
  readonly forecastUrl?: string;
}

function run(payload: Partial<Payload<'weather'>>, options: Options = {}): Promise<Output<'weather'>> {
  const urls = { geocodingUrl: `${openMeteo.url}/search`, forecastUrl: `${openMeteo.url}/forecast` };
  const providers = createProviders({ ...NOWHERE, ...urls, ...options }, silentLogger(), { latency: () => 0 });
  const signal = options.signal ?? new AbortController().signal;
  const policy = { ...JOB_POLICIES.weather, backoff: { baseMs: 1, capMs: 10 } };
  return weather(
    { city: 'Paris', units: 'metric', ...payload },
    { jobId: 'a', attempt: 1, policy, signal, providers, log: silentLogger() },
  );
}

function question(path: string): Record<string, string> {
  const url = openMeteo.requests.find(({ pathname }) => pathname === path);
  return Object.fromEntries(url?.searchParams ?? []);
}

function forecast(current: Record<string, unknown>): void {
  const good = { temperature_2m: 13.9, relative_humidity_2m: 71, weather_code: 61, wind_speed_10m: 14.3 };
  openMeteo.on('/forecast', json({ current: { ...good, ...current } }));
}

test('asks where the city is, then for the weather there', async () => {
  expect(await run({})).toEqual({
    temperature: 13.9,
    condition: 'Slight rain',
    humidity_pct: 71,
    wind_kph: 14.3,
    provider: 'open-meteo',
  });
  expect(question('/search')).toEqual({ name: 'Paris', count: '10', language: 'en', format: 'json' });
  expect(question('/forecast')).toEqual({
    latitude: '48.85341',
    longitude: '2.3488',
    current: 'temperature_2m,relative_humidity_2m,weather_code,wind_speed_10m',
    temperature_unit: 'celsius',
    wind_speed_unit: 'kmh',
  });
  expect(openMeteo.requests).toHaveLength(2);
});

test('imperial asks for degrees Fahrenheit, and for km/h all the same', async () => {
  forecast({ temperature_2m: 57 });
  expect(await run({ units: 'imperial' })).toMatchObject({ temperature: 57, wind_kph: 14.3 });
  expect(question('/forecast')).toMatchObject({ temperature_unit: 'fahrenheit', wind_speed_unit: 'kmh' });
});

test('the country chooses among cities of one name, in either case', async () => {
  await run({ country_code: 'us' });
  expect(question('/search')).toMatchObject({ name: 'Paris', countryCode: 'US' });
  expect(question('/forecast')).toMatchObject({ latitude: '33.66094', longitude: '-95.55551' });
});

test('a city that nobody knows is city_not_found', async () => {
  openMeteo.on('/search', fixture('geocoding-none'));
  await expect(run({ city: 'Zzyzx' })).rejects.toMatchObject({
    code: 'city_not_found',
    message: 'no city is called "Zzyzx"',
  });
  expect(openMeteo.requests).toHaveLength(1);
});

test('an empty list of cities is city_not_found', async () => {
  openMeteo.on('/search', json({ results: [] }));
  await expect(run({})).rejects.toMatchObject({ code: 'city_not_found' });
});

test('a city in another country only is city_not_found', async () => {
  await expect(run({ country_code: 'jp' })).rejects.toMatchObject({
    code: 'city_not_found',
    message: 'no city is called "Paris" in JP',
  });
});

test('a place without a country, such as a sea, is no city of any country', async () => {
  openMeteo.on('/search', json({ results: [{ latitude: 1, longitude: 2 }] }));
  await expect(run({ country_code: 'FR' })).rejects.toMatchObject({ code: 'city_not_found' });
  expect(await run({})).toMatchObject({ temperature: 13.9 });
});

test.each([
  '../x?y=1&z',
  '..',
  '%2e%2e/admin',
  'a&count=99#frag',
  '🏙️ City',
  'قاهرة القديمة',
  "'; drop table --",
  'Zürich\u00a0',
])('%s is one value of the query, unchanged', async (city) => {
  await run({ city });
  expect(openMeteo.requests[0]?.pathname).toBe('/search');
  expect(question('/search')).toEqual({ name: city, count: '10', language: 'en', format: 'json' });
});

test('what an address brings in its query stays', async () => {
  await run({}, { geocodingUrl: `${openMeteo.url}/search?apikey=s3cret` });
  expect(question('/search')).toMatchObject({ apikey: 's3cret', name: 'Paris' });
});

test.each([
  { name: 'temperature_2m', current: { temperature_2m: undefined }, words: 'current.temperature_2m is missing' },
  {
    name: 'temperature_2m',
    current: { temperature_2m: 2000 },
    words: 'current.temperature_2m is 2000, not from -150 to 200',
  },
  {
    name: 'relative_humidity_2m',
    current: { relative_humidity_2m: null },
    words: 'current.relative_humidity_2m is null, not a number',
  },
  {
    name: 'relative_humidity_2m',
    current: { relative_humidity_2m: 101 },
    words: 'current.relative_humidity_2m is 101, not from 0 to 100',
  },
  {
    name: 'weather_code',
    current: { weather_code: 1.5 },
    words: 'current.weather_code is 1.5, not a whole number from 0 to 99',
  },
  {
    name: 'wind_speed_10m',
    current: { wind_speed_10m: 'NaN' },
    words: 'current.wind_speed_10m is a text, not a number',
  },
])('a bad $name is named: $words', async ({ current, words }) => {
  forecast(current);
  await expect(run({})).rejects.toMatchObject({
    code: 'provider_invalid_response',
    message: `the answer of the forecast service does not fit: ${words}`,
  });
  expect(openMeteo.calls('/forecast')).toBe(1);
});

test('a place without its latitude is named', async () => {
  openMeteo.on('/search', json({ results: [{ name: 'Paris', longitude: 2 }] }));
  await expect(run({})).rejects.toThrow(
    'the answer of the geocoding service does not fit: results[0].latitude is missing',
  );
});

test('weather that Open-Meteo does not use yet has a name all the same', async () => {
  forecast({ weather_code: 17 });
  expect(await run({})).toMatchObject({ condition: 'WMO weather code 17' });
});

test('each service has its own calls', async () => {
  openMeteo.on('/search', json({}, 503), fixture('geocoding-paris'));
  openMeteo.on('/forecast', json({}, 503), json({}, 503), fixture('forecast-celsius'));
  expect(await run({})).toMatchObject({ temperature: 13.9 });
  expect([openMeteo.calls('/search'), openMeteo.calls('/forecast')]).toEqual([2, 3]);
});

test('an abort in the middle of the second question ends the job with its reason', async () => {
  const job = new AbortController();
  const reason = new Error('the job was cancelled');
  openMeteo.on('/forecast', (response, request) => {
    never(response, request);
    setImmediate(() => job.abort(reason));
  });
  await expect(run({}, { signal: job.signal })).rejects.toBe(reason);
});

test('auto: without a network the sandbox makes the output, and the output says so', async () => {
  const closed = await closedUrl();
  const output = await run({}, { mode: 'auto', geocodingUrl: `${closed}/search`, forecastUrl: `${closed}/forecast` });
  expect(output).toEqual({
    temperature: 13.9,
    condition: 'Partly cloudy',
    humidity_pct: 71,
    wind_kph: 14.3,
    provider: 'sandbox',
  });
});

test('auto: an output of which a part is made up is made up', async () => {
  const output = await run({}, { mode: 'auto', forecastUrl: `${await closedUrl()}/forecast` });
  expect(output).toMatchObject({ provider: 'sandbox' });
});
