import { isIPv4 } from 'node:net';
import type { Address, ConfigReader } from '@dtq/core/config.ts';
import { ApiKeys, KeyFileError } from './api-keys.ts';

export interface ApiConfig {
  /** Where the API listens. */
  readonly address: Address;
  /** Bounds every request, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** How long a progress question may wait for its reply, in milliseconds. */
  readonly progressReplyTimeoutMs: number;
  /** The longest body that is read, in bytes. */
  readonly maxBodyBytes: number;
  /** The longest body of many jobs that is read, in bytes. */
  readonly maxBatchBytes: number;
  /** From it and an Idempotency-Key the id of a job is made (core/submit-id.ts). */
  readonly idempotencySecret: string;
  /** How often an event stream shows that it lives, in milliseconds. */
  readonly eventsHeartbeatMs: number;
  /** At most so many clients hold an event stream or a request that waits. */
  readonly eventsMaxClients: number;
  /** A job that somebody waits for, and of which nothing is told, is looked up so often; in milliseconds. */
  readonly lookUpEveryMs: number;
  /** The keys that are wanted; null where everybody may do everything. */
  readonly keys: ApiKeys | null;
  /** Origins whose pages may ask, such as https://dtq.example.com; beside our own. */
  readonly corsOrigins: readonly string[];
  /** Requests that a client may send each second, and at once; 0 a second for any number. */
  readonly rateLimit: number;
  readonly rateBurst: number;
  /** So many proxies stand before the API, each of which adds to X-Forwarded-For. */
  readonly trustedProxies: number;
  /** Jobs of one type that may wait for a worker; 0 for any number. */
  readonly maxBacklog: number;
  /** Connections at once, of all clients and of one address; 0 for any number of one. */
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** How long a stop still answers after it has said that it stops, in milliseconds. */
  readonly shutdownGraceMs: number;
  /** Whether callers may say in which trace they are; only where all of them are known. */
  readonly trustTraceparent: boolean;
  /** Where /metrics is; null for beside the API, where that is reached from this machine alone. */
  readonly metricsAddress: Address | null;
}

/** What a client beyond this machine may do where nothing else is said; those of this machine are not limited. */
const RATE_LIMIT = 200;
const CONNECTIONS_PER_ADDRESS = 1000;

/** A bucket holds what comes in so many seconds, where nothing else is said. */
const BURST_S = 2;

/** What is left of a request's time for its answer once a progress question has run out (contracts.md, section 1). */
const REPLY_MARGIN_MS = 250;

const LOOK_UP_EVERY_MS = 5000;

/** Whoever ends programs rarely waits longer. */
const LONGEST_GRACE_MS = 600_000;

/**
 * Everybody can read this, and so can compute the id that a key gives a job. Where keys are easy to guess and ids are to stay
 * unknown, a deployment sets its own; the same one on every API, for another secret makes another job of a repeated submit.
 */
const DEFAULT_IDEMPOTENCY_SECRET = 'dtq-idempotency-keys';
const SHORTEST_SECRET = 16;

/** Reads what the API takes from the environment (contracts.md, section 5). */
export function readApiConfig(reader: ConfigReader): ApiConfig {
  const requestTimeoutMs = reader.duration('REQUEST_TIMEOUT', '5s');
  if (requestTimeoutMs <= REPLY_MARGIN_MS) reader.fault('REQUEST_TIMEOUT', `more than ${REPLY_MARGIN_MS}ms`);
  const keys = readKeys(reader);
  // Without keys everybody who reaches the API may do everything: then only this machine does, unless somebody says otherwise.
  const address = reader.address('API_ADDR', keys === null ? '127.0.0.1:8080' : ':8080');
  const isOwn = isLoopback(address);
  const rateLimit = reader.integer('API_RATE_LIMIT', isOwn ? 0 : RATE_LIMIT, 0, 1_000_000);
  const trustedProxies = reader.integer('API_TRUSTED_PROXIES', 0, 0, 10);
  return {
    address,
    keys,
    corsOrigins: readOrigins(reader),
    rateLimit,
    rateBurst: reader.integer('API_RATE_BURST', Math.max(1, BURST_S * rateLimit), 1, 10_000_000),
    trustedProxies,
    maxBacklog: reader.integer('API_MAX_BACKLOG', 1_000_000, 0, 1_000_000_000),
    maxConnections: reader.integer('API_MAX_CONNECTIONS', 10_000, 1, 1_000_000),
    maxConnectionsPerAddress: reader.integer(
      'API_MAX_CONNECTIONS_PER_ADDRESS',
      // Behind a proxy every connection is the proxy's.
      isOwn || trustedProxies > 0 ? 0 : CONNECTIONS_PER_ADDRESS,
      0,
      1_000_000,
    ),
    shutdownGraceMs: reader.duration('API_SHUTDOWN_GRACE', '0s', LONGEST_GRACE_MS),
    requestTimeoutMs,
    progressReplyTimeoutMs: Math.min(
      reader.duration('PROGRESS_REPLY_TIMEOUT', '5s'),
      Math.max(1, requestTimeoutMs - REPLY_MARGIN_MS),
    ),
    maxBodyBytes: reader.integer('API_MAX_BODY_BYTES', 65_536, 1024, 16_777_216),
    maxBatchBytes: reader.integer('API_MAX_BATCH_BYTES', 4_194_304, 1024, 67_108_864),
    idempotencySecret: readSecret(reader),
    eventsHeartbeatMs: reader.duration('API_EVENTS_HEARTBEAT', '15s'),
    eventsMaxClients: reader.integer('API_EVENTS_MAX_CLIENTS', 1000, 0, 1_000_000),
    lookUpEveryMs: LOOK_UP_EVERY_MS,
    trustTraceparent: reader.choice('API_TRUST_TRACEPARENT', ['on', 'off'], 'off') === 'on',
    metricsAddress: reader.raw('METRICS_ADDR') === undefined ? null : reader.address('METRICS_ADDR', '127.0.0.1:9464'),
  };
}

function readKeys(reader: ConfigReader): ApiKeys | null {
  const file = reader.raw('API_KEYS_FILE');
  if (file === undefined) return null;
  try {
    return new ApiKeys(file);
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    reader.fault(
      'API_KEYS_FILE',
      `a file of keys, a line for each, as \`npm run keys:make\` writes it: ${error.message}`,
    );
    return null;
  }
}

/** An origin as browsers send it, without a path; `*` is none, for then a page that nobody knows may ask. */
function readOrigins(reader: ConfigReader): readonly string[] {
  const origins = (reader.raw('API_CORS_ORIGINS') ?? '')
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
  if (!origins.every((origin) => /^https?:/.test(origin) && URL.parse(origin)?.origin === origin))
    reader.fault('API_CORS_ORIGINS', 'a comma-separated list of origins, such as https://dtq.example.com');
  return origins;
}

function readSecret(reader: ConfigReader): string {
  const secret = reader.raw('IDEMPOTENCY_SECRET');
  if (secret !== undefined && secret.length < SHORTEST_SECRET)
    reader.fault('IDEMPOTENCY_SECRET', `at least ${SHORTEST_SECRET} characters, the same on every API`);
  return secret ?? DEFAULT_IDEMPOTENCY_SECRET;
}

/** Whether an address can be reached from this machine alone. */
export function isLoopback({ host }: Address): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
