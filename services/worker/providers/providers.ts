import { type Clock, systemClock } from '@dtq/core/clock.ts';
import type { ConfigReader } from '@dtq/core/config.ts';
import { type Logger, silentLogger } from '@dtq/core/log.ts';
import type { Metrics } from '@dtq/core/metrics.ts';
import { NO_TELEMETRY } from '@dtq/core/telemetry.ts';
import { autoFetch } from './auto.ts';
import { conditionalFetch } from './conditional.ts';
import type { Frankfurter } from './frankfurter.ts';
import type { Github } from './github.ts';
import { githubFetch } from './github-fetch.ts';
import { type HttpGet, httpGet } from './http-get.ts';
import { liveFetch } from './live.ts';
import { observedFetch } from './observed-fetch.ts';
import type { OpenMeteo } from './open-meteo.ts';
import type { ProviderFetch } from './provider.ts';
import type { QuoteSlate } from './quote-slate.ts';
import { sandboxFrankfurter } from './sandbox/frankfurter.ts';
import { sandboxGithub } from './sandbox/github.ts';
import { sandboxOpenMeteo } from './sandbox/open-meteo.ts';
import { sandboxQuoteSlate } from './sandbox/quote-slate.ts';
import { type Latency, naturalLatency, noLatency, type SandboxService, sandboxFetch } from './sandbox/sandbox.ts';

/** `live` is the real providers, `sandbox` the made-up ones, `auto` the sandbox where the network reaches no provider. */
export const PROVIDER_MODES = ['live', 'sandbox', 'auto'] as const;
export type ProviderMode = (typeof PROVIDER_MODES)[number];

export interface ProvidersConfig {
  readonly mode: ProviderMode;
  readonly geocodingUrl: string;
  readonly forecastUrl: string;
  readonly quoteUrl: string;
  readonly exchangeRateUrl: string;
  readonly githubUrl: string;
  /** A secret. */
  readonly githubToken?: string | undefined;
}

/** What handlers call, by job type. */
export interface Providers {
  readonly weather: OpenMeteo;
  readonly quote: QuoteSlate;
  readonly exchangeRate: Frankfurter;
  readonly githubUser: Github;
}

// At most 8 MiB; a profile is some 1.5 KB long.
const KEPT_PROFILES = { entries: 500, maxBytes: 16 * 1024 };

export interface ProvidersOptions {
  /** Default: over the network. */
  readonly get?: HttpGet;
  /** Of the sandbox. Default: naturalLatency. */
  readonly latency?: Latency;
  readonly clock?: Clock;
  /** Default: none. */
  readonly metrics?: Pick<Metrics, 'providerCalls'>;
}

/**
 * Reads PROVIDER_MODE (default: as given), GITHUB_TOKEN (default: none) and the addresses of the providers, whose defaults
 * stand below. An address may bring a query of its own, such as `?apikey=…`. Faults go to the reader.
 */
export function readProvidersConfig(
  reader: ConfigReader,
  defaults: { readonly mode: 'live' | 'auto' },
): ProvidersConfig {
  return {
    mode: reader.choice('PROVIDER_MODE', PROVIDER_MODES, defaults.mode),
    geocodingUrl: providerUrl(reader, 'WEATHER_GEOCODING_URL', 'https://geocoding-api.open-meteo.com/v1/search'),
    forecastUrl: providerUrl(reader, 'WEATHER_FORECAST_URL', 'https://api.open-meteo.com/v1/forecast'),
    quoteUrl: providerUrl(reader, 'QUOTE_URL', 'https://quoteslate.vercel.app/api/quotes/random'),
    exchangeRateUrl: providerUrl(reader, 'EXCHANGE_RATE_URL', 'https://api.frankfurter.dev/v1/latest'),
    ...readGithub(reader),
  };
}

function readGithub(reader: ConfigReader): Pick<ProvidersConfig, 'githubUrl' | 'githubToken'> {
  const githubUrl = providerUrl(reader, 'GITHUB_URL', 'https://api.github.com');
  const githubToken = reader.raw('GITHUB_TOKEN');
  // What else would be refused as a header, with every job.
  if (githubToken !== undefined && !/^[!-~]{1,500}$/.test(githubToken))
    reader.fault('GITHUB_TOKEN', 'a token of at most 500 visible ASCII characters');
  const { protocol, hostname } = new URL(githubUrl);
  if (githubToken !== undefined && protocol === 'http:' && !/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname))
    reader.fault('GITHUB_URL', 'an https URL where GITHUB_TOKEN is set, so that nobody on the way reads it');
  return { githubUrl, githubToken };
}

/** All providers, in the mode of the configuration. Nothing is connected before the first call, and nothing needs closing. */
export function createProviders(config: ProvidersConfig, log: Logger, options: ProvidersOptions = {}): Providers {
  const { get = httpGet, latency = naturalLatency, clock = systemClock, metrics = NO_TELEMETRY.metrics } = options;
  const connect = (
    name: string,
    service: SandboxService,
    manners: (live: ProviderFetch) => ProviderFetch = (live) => live,
  ): ProviderFetch => {
    const live = manners(liveFetch(name, get));
    const sandbox = sandboxFetch(service, latency);
    const auto = (): ProviderFetch => autoFetch({ name, live, sandbox, log, clock });
    const fetchOf = { auto, live: () => live, sandbox: () => sandbox };
    return observedFetch(name, fetchOf[config.mode](), metrics);
  };
  return {
    weather: {
      geocodingUrl: config.geocodingUrl,
      forecastUrl: config.forecastUrl,
      fetch: connect('open-meteo', sandboxOpenMeteo),
    },
    quote: { url: config.quoteUrl, fetch: connect('quoteslate', sandboxQuoteSlate) },
    exchangeRate: { url: config.exchangeRateUrl, fetch: connect('frankfurter', sandboxFrankfurter) },
    githubUser: {
      url: config.githubUrl,
      fetch: connect('github', sandboxGithub, (live) =>
        conditionalFetch(githubFetch(live, config.githubToken, clock), KEPT_PROFILES),
      ),
    },
  };
}

/** The sandbox without its latency, for tests of whatever stands above. */
export function sandboxProviders(): Providers {
  const config: ProvidersConfig = {
    mode: 'sandbox',
    geocodingUrl: 'http://sandbox.invalid/search',
    forecastUrl: 'http://sandbox.invalid/forecast',
    quoteUrl: 'http://sandbox.invalid/quotes',
    exchangeRateUrl: 'http://sandbox.invalid/rates',
    githubUrl: 'http://sandbox.invalid',
  };
  return createProviders(config, silentLogger(), { latency: noLatency });
}

function providerUrl(reader: ConfigReader, name: string, fallback: string): string {
  const url = reader.url(name, fallback);
  const { username, password } = new URL(url);
  // They would be sent nowhere, or be logged with the address.
  if (username !== '' || password !== '') reader.fault(name, 'an http or https URL without user name and password');
  return url;
}
