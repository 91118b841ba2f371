import { JobFailure } from '@dtq/core/errors.ts';
import { fetchJson, type JsonAnswer, type JsonRequest } from '../http.ts';
import { httpGet } from '../http-get.ts';
import { liveFetch } from '../live.ts';
import { json } from './simulator.ts';

/** A good answer of the oracle, which is 42. */
export const GOOD = json({ answer: 42 });

/** Asks the simplest of all providers, at the path /ask of a simulator, as a handler would. */
export function askOracle(
  simulatorUrl: string,
  more: Partial<JsonRequest<number>> = {},
  timeoutMs = 5000,
): Promise<JsonAnswer<number>> {
  return fetchJson({
    url: new URL('/ask', simulatorUrl),
    fetch: liveFetch('oracle', httpGet),
    policy: { providerTimeoutMs: timeoutMs, providerAttempts: 3, backoff: { baseMs: 1, capMs: 1500 } },
    signal: new AbortController().signal,
    who: 'the oracle',
    read: (answer) => answer.field('answer').number({ minimum: 0, maximum: 100 }),
    ...more,
  });
}

/** The JobFailure in which a call ends. */
export async function failureOf(call: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await call.then(
    () => new Error('resolved'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof JobFailure)) throw error;
  return { code: error.code, message: error.message };
}
