import { ConfigReader, type Environment } from '@dtq/core/config.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { expect, test } from 'vitest';
import { createProviders, type ProvidersConfig, readProvidersConfig } from './providers.ts';
import { textOf } from './testing/text-of.ts';

function read(environment: Environment): ProvidersConfig {
  const reader = new ConfigReader(environment);
  const config = readProvidersConfig(reader, { mode: 'auto' });
  reader.finish();
  return config;
}

test('the defaults are the public providers, in the mode that the program chose', () => {
  expect(read({})).toEqual({
    mode: 'auto',
    geocodingUrl: 'https://geocoding-api.open-meteo.com/v1/search',
    forecastUrl: 'https://api.open-meteo.com/v1/forecast',
    quoteUrl: 'https://quoteslate.vercel.app/api/quotes/random',
    exchangeRateUrl: 'https://api.frankfurter.dev/v1/latest',
    githubUrl: 'https://api.github.com',
    githubToken: undefined,
  });
});

test('the environment wins', () => {
  const environment = {
    PROVIDER_MODE: 'sandbox',
    WEATHER_GEOCODING_URL: 'http://localhost:1/g',
    WEATHER_FORECAST_URL: 'http://localhost:1/f',
    QUOTE_URL: 'http://localhost:1/q',
    EXCHANGE_RATE_URL: 'http://localhost:1/e',
    GITHUB_URL: 'http://localhost:1/api/v3',
    GITHUB_TOKEN: 'ghp_secret',
  };
  expect(read(environment)).toEqual({
    mode: 'sandbox',
    geocodingUrl: 'http://localhost:1/g',
    forecastUrl: 'http://localhost:1/f',
    quoteUrl: 'http://localhost:1/q',
    exchangeRateUrl: 'http://localhost:1/e',
    githubUrl: 'http://localhost:1/api/v3',
    githubToken: 'ghp_secret',
  });
});

test.each([
  {
    environment: { PROVIDER_MODE: 'offline' },
    line: 'PROVIDER_MODE="offline" is not valid: it takes one of live, sandbox, auto',
  },
  {
    environment: { WEATHER_FORECAST_URL: 'ftp://x' },
    line: 'WEATHER_FORECAST_URL="ftp://x" is not valid: it takes an http or https URL',
  },
  {
    environment: { WEATHER_GEOCODING_URL: 'http://me@x/' },
    line: 'WEATHER_GEOCODING_URL="http://me@x/" is not valid: it takes an http or https URL without user name and password',
  },
  {
    environment: { GITHUB_TOKEN: 'ghp secret' },
    line: 'GITHUB_TOKEN="***" is not valid: it takes a token of at most 500 visible ASCII characters',
  },
  {
    environment: { GITHUB_TOKEN: 'ghp_secret', GITHUB_URL: 'http://github.example/api/v3' },
    line: 'GITHUB_URL="http://github.example/api/v3" is not valid: it takes an https URL where GITHUB_TOKEN is set, so that nobody on the way reads it',
  },
])('$line', ({ environment, line }) => {
  expect(() => read(environment)).toThrow(line);
});

test('the token is not shown among the settings', () => {
  const reader = new ConfigReader({ GITHUB_TOKEN: 'ghp_secret' });
  readProvidersConfig(reader, { mode: 'live' });
  expect(reader.settings()).toContainEqual({ name: 'GITHUB_TOKEN', value: '***', isDefault: false });
  expect(JSON.stringify(reader.settings())).not.toContain('ghp_secret');
});

test('only the sandbox answers in sandbox mode, in its natural time unless told otherwise', async () => {
  const noNetwork = (): Promise<Response> => Promise.reject(new Error('the network was used'));
  const { weather } = createProviders(read({ PROVIDER_MODE: 'sandbox' }), silentLogger(), { get: noNetwork });
  const url = new URL(`${weather.geocodingUrl}?name=Oslo`);
  const start = performance.now();
  const { response, provider } = await weather.fetch({
    url,
    headers: {},
    signal: new AbortController().signal,
    timeoutMs: 5000,
    number: 1,
  });
  expect(performance.now() - start).toBeGreaterThan(140);
  expect({ provider, body: JSON.parse(await textOf(response)) }).toMatchObject({
    provider: 'sandbox',
    body: { results: [{ country: 'Norway' }] },
  });
});
