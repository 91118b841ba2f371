import type { JobErrorCode } from '@dtq/generated/schemas/types.ts';
import type { ProviderCall } from '../provider.ts';

/** An input for which the sandbox plays something else than a good answer. */
export interface SandboxInput {
  /** As people write it; case does not matter. */
  readonly input: string;
  /** What the sandbox does, for people. */
  readonly plays: string;
  /** How a job with the usual policy ends. */
  readonly ends: 'completed' | JobErrorCode;
}

interface CommonInput extends SandboxInput {
  /** The answer, or undefined for the good one. */
  readonly answer: (call: ProviderCall) => Promise<Response> | Response | undefined;
}

/** Faults that every sandbox provider plays for these words. */
export const COMMON_INPUTS: readonly CommonInput[] = [
  {
    input: 'Flaky',
    plays: 'HTTP 503 to the first two calls, then a good answer',
    ends: 'completed',
    answer: ({ number }) => (number <= 2 ? problem(503, 'Service Unavailable') : undefined),
  },
  {
    input: 'Down',
    plays: 'HTTP 503 to every call',
    ends: 'provider_unavailable',
    answer: () => problem(503, 'Service Unavailable'),
  },
  {
    input: 'Slow',
    plays: 'no answer at all: each call runs into its time limit',
    ends: 'provider_timeout',
    answer: ({ signal }) => aborted(signal),
  },
  {
    input: 'Busy',
    plays: 'HTTP 429 with `Retry-After: 1` to every call',
    ends: 'provider_rate_limited',
    answer: () => problem(429, 'API request limit exceeded. Please try again later.', { 'retry-after': '1' }),
  },
  {
    input: 'Rejected',
    plays: 'HTTP 400',
    ends: 'provider_rejected',
    answer: () => problem(400, 'Invalid request.'),
  },
  {
    input: 'Garbled',
    plays: 'a page of HTML instead of JSON',
    ends: 'provider_invalid_response',
    answer: () => new Response('<!doctype html><title>Welcome</title>', { headers: { 'content-type': 'text/html' } }),
  },
];

function problem(status: number, reason: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error: true, reason }, { status, headers });
}

/** Rejects with the signal's reason, whenever that is. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
