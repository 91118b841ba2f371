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
}

/** What is left of a request's time for its answer once a progress question has run out (contracts.md, section 1). */
const REPLY_MARGIN_MS = 250;

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
  };
}

/** Whether an address can be reached from this machine alone. */
export function isLoopback({ host }: Address): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
