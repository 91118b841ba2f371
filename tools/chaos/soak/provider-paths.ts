import type { Providers } from '@dtq/worker/providers/providers.ts';

/** Where each provider is, below the one that plays them all. */
export const PROVIDER_PATHS: { readonly [Name in keyof Providers]: string } = {
  weather: '/weather',
  quote: '/quotes',
  exchangeRate: '/rates',
  githubUser: '/github',
};

/** What a worker's environment says of them. */
export function providerEnvironment(url: string): Readonly<Record<string, string>> {
  const { weather, quote, exchangeRate, githubUser } = PROVIDER_PATHS;
  return {
    PROVIDER_MODE: 'live',
    WEATHER_GEOCODING_URL: `${url}${weather}`,
    WEATHER_FORECAST_URL: `${url}${weather}`,
    QUOTE_URL: `${url}${quote}`,
    EXCHANGE_RATE_URL: `${url}${exchangeRate}`,
    GITHUB_URL: `${url}${githubUser}`,
  };
}
