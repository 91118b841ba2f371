import { isIPv4 } from 'node:net';
import type { Address, ConfigReader } from '@dtq/core/config.ts';

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
  /** Whether callers may say in which trace they are; only where all of them are known. */
  readonly trustTraceparent: boolean;
  /** Where /metrics is; null for beside the API, where that is reached from this machine alone. */
  readonly metricsAddress: Address | null;
}

/** What is left of a request's time for its answer once a progress question has run out (contracts.md, section 1). */
const REPLY_MARGIN_MS = 250;

const LOOK_UP_EVERY_MS = 5000;

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
  return {
    address: reader.address('API_ADDR', '127.0.0.1:8080'),
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
