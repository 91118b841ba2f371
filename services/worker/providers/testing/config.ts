import type { ProvidersConfig } from '../providers.ts';

/** Live providers, none of which is anywhere: a test puts in the addresses of those that it plays. */
export const NOWHERE: ProvidersConfig = {
  mode: 'live',
  geocodingUrl: 'http://nowhere.invalid',
  forecastUrl: 'http://nowhere.invalid',
  quoteUrl: 'http://nowhere.invalid',
  exchangeRateUrl: 'http://nowhere.invalid',
  githubUrl: 'http://nowhere.invalid',
};
