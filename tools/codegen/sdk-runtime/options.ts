import { bearerOf, type KeySource } from './api-key.ts';
import type { Limits } from './deadline.ts';

/** Headers for each request, or what gives them; asked before every try, so that a token may be renewed meanwhile. */
export type HeaderSource =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

export interface ClientOptions {
  /** Where the API is, such as `https://dtq.example.com`. A path in it is kept. */
  readonly baseUrl: string | URL;
  /** The key that the API wants, where it wants one; sent as `Authorization: Bearer` with every request and every stream. */
  readonly apiKey?: KeySource | undefined;
  /** Sent with every request; an authorization among them gives way to `apiKey`. */
  readonly headers?: HeaderSource;
  /** In place of the platform's own. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** The time that a call has in all, retries included, in milliseconds; 30,000 unless said otherwise. `wait`, `watch` and `run` have any time. */
  readonly timeoutMs?: number;
  /** The time that one try has, in milliseconds; 10,000 unless said otherwise. */
  readonly tryTimeoutMs?: number;
  /** How often a call is tried again after a fault that may pass, where that is safe; 4 unless said otherwise. */
  readonly retries?: number;
  /** How long `wait` and `watch` go on while nobody answers, in milliseconds; 60,000 unless said otherwise. */
  readonly patienceMs?: number;
}

/** What every call takes. */
export interface CallOptions extends Limits {}

/** What a call takes that changes something: the same call with the same key does nothing twice. */
export interface KeyedCallOptions extends CallOptions {
  /** One for each thing to be done, 1 to 255 printable ASCII characters. The SDK makes one where it is left out. */
  readonly idempotencyKey?: string | undefined;
}

/** @internal */
export interface Settings {
  readonly baseUrl: string;
  readonly apiKey: KeySource | undefined;
  readonly headers: HeaderSource;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly timeoutMs: number;
  readonly tryTimeoutMs: number;
  readonly retries: number;
  readonly patienceMs: number;
}

/**
 * Fills in the defaults. Throws TypeError or RangeError for what cannot be meant.
 *
 * @internal
 */
export function readOptions(options: ClientOptions): Settings {
  const { baseUrl, apiKey, headers = {}, retries = 4 } = options;
  const { timeoutMs = 30_000, tryTimeoutMs = 10_000, patienceMs = 60_000 } = options;
  for (const [name, value] of Object.entries({ timeoutMs, tryTimeoutMs, patienceMs })) {
    if (!(value > 0)) throw new RangeError(`${name} must be more than 0, not ${value}`);
  }
  if (!(retries >= 0)) throw new RangeError(`retries must be 0 or more, not ${retries}`);
  if (apiKey !== undefined && typeof apiKey !== 'function') bearerOf(apiKey);
  return {
    baseUrl: readBaseUrl(baseUrl),
    apiKey,
    headers,
    // Looked up at each call: whoever replaces the global one later, for a test or a trace, means this client too.
    fetch: options.fetch ?? ((request) => globalThis.fetch(request)),
    timeoutMs,
    tryTimeoutMs,
    retries,
    patienceMs,
  };
}

function readBaseUrl(baseUrl: string | URL): string {
  const text = String(baseUrl);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new TypeError(`baseUrl must be an address such as https://dtq.example.com, not ${JSON.stringify(text)}`);
  }
  if (!/^https?:$/.test(url.protocol)) throw new TypeError(`baseUrl must begin with http, not ${JSON.stringify(text)}`);
  if (url.search !== '' || url.hash !== '')
    throw new TypeError(`baseUrl takes no query and no fragment: ${JSON.stringify(text)}`);
  return text.replace(/\/+$/, '');
}

/**
 * The limits of a call that has the client's time unless it was given its own.
 *
 * @internal
 */
export function limitsOf({ timeoutMs }: Settings, call: CallOptions | undefined): Limits {
  return { signal: call?.signal, timeoutMs: call?.timeoutMs ?? timeoutMs };
}
