import { JobFailure, type JobFailureOptions } from '@dtq/core/errors.ts';
import { followSignals } from '@dtq/core/follow-signals.ts';
import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import { retry } from '@dtq/core/retry.ts';
import type { JobPolicy } from '@dtq/generated/jobs/index.ts';
import type { JobErrorCode } from '@dtq/generated/schemas/types.ts';
import { JsonField, WrongShape } from './json-field.ts';
import type { ProviderFetch, ProviderResponse } from './provider.ts';
import { BodyTooLarge, discard, readBody } from './read-body.ts';
import { retryAfterMs } from './retry-after.ts';
import { transportWords } from './transport.ts';

/** The longest answer that is read, decompressed; the longest that a job needs is some 10 KiB. */
export const MAX_BODY_BYTES = 256 * 1024;

/** The longest answer of a client error that is read for its meaning. */
const MAX_REFUSAL_BYTES = 16 * 1024;

export interface JsonRequest<T> {
  readonly url: URL;
  readonly fetch: ProviderFetch;
  readonly policy: Pick<JobPolicy, 'providerTimeoutMs' | 'providerAttempts' | 'backoff'>;
  /** The attempt's signal. */
  readonly signal: AbortSignal;
  /** How messages call the provider, such as "the forecast service". */
  readonly who: string;
  /** Takes out of the answer what the job needs; throws WrongShape. */
  readonly read: (answer: JsonField) => T;
  /**
   * The end of a job for a client error that means something of its own, such as 404 for an unknown user. `answer` is its
   * JSON, not present where it is none; what is thrown as WrongShape counts as no meaning.
   */
  readonly refusal?: (status: number, answer: JsonField) => JobFailure | undefined;
}

export interface JsonAnswer<T> {
  readonly value: T;
  /** Who made the answer. */
  readonly provider: string;
}

/** Client errors that say something of the moment and nothing of the request (RFC 9110, 6585, 8470). */
const AGAIN_LATER = new Set([408, 425, 429]);

/** A call that failed, with what another call may do about it. */
class CallFailure extends JobFailure {
  readonly again: 'never' | 'once' | 'always';

  constructor(code: JobErrorCode, message: string, again: CallFailure['again'], options: JobFailureOptions = {}) {
    super(code, message, options);
    this.again = again;
  }
}

/**
 * Gets JSON from a provider, with as many calls as the policy allows. Rejects with JobFailure:
 * - provider_timeout: the last call took longer than `providerTimeoutMs`;
 * - provider_unavailable: not reached, broken off, or 5xx, 408, 425 to the last call;
 * - provider_rate_limited: 429 to the last call, or a `Retry-After` beyond the policy's cap;
 * - provider_rejected: another 4xx, after one call (or what `refusal` makes of it);
 * - provider_invalid_response: not JSON twice; or a redirect, too large, or of a wrong shape, after one call.
 *
 * What the provider asked to wait goes along as `retryAfterMs`. Rejects with the signal's reason, at once, when the signal aborts.
 */
export async function fetchJson<T>(request: JsonRequest<T>): Promise<JsonAnswer<T>> {
  const { policy, signal } = request;
  signal.throwIfAborted();
  let doubts = 0;
  return await retry(
    { attempts: policy.providerAttempts, ...policy.backoff },
    signal,
    (number) => call(request, number),
    (error) => {
      if (!(error instanceof CallFailure)) return { again: false };
      if (error.again === 'once') doubts += 1;
      const again = error.again === 'always' || (error.again === 'once' && doubts === 1);
      return error.retryAfterMs === undefined ? { again } : { again, afterMs: error.retryAfterMs };
    },
  );
}

async function call<T>(request: JsonRequest<T>, number: number): Promise<JsonAnswer<T>> {
  const { bytes, provider } = await exchange(request, number);
  try {
    return { value: request.read(new JsonField(parseJson(bytes))), provider };
  } catch (error) {
    if (error instanceof JsonRefused) throw invalid(`the answer of ${request.who} ${error.message}`, 'once', error);
    if (error instanceof WrongShape)
      throw invalid(`the answer of ${request.who} does not fit: ${error.message}`, 'never', error);
    throw error;
  }
}

/** One call, from connecting to the last byte, within its time. */
async function exchange<T>(request: JsonRequest<T>, number: number): Promise<{ bytes: Uint8Array; provider: string }> {
  const { url, who, policy, signal } = request;
  const timeoutMs = policy.providerTimeoutMs;
  const over = followSignals(signal);
  let isOvertime = false;
  const timer = setTimeout(() => {
    isOvertime = true;
    over.abort();
  }, timeoutMs);
  try {
    const { response, provider } = await request.fetch({
      url,
      headers: { accept: 'application/json', 'user-agent': 'dtq' },
      signal: over.signal,
      timeoutMs,
      number,
    });
    if (!response.ok) throw (await meaningOf(request, response)) ?? statusFailure(request, response);
    return { bytes: await readBody(response, MAX_BODY_BYTES), provider };
  } catch (error) {
    if (error instanceof JobFailure) throw error;
    if (isOvertime) {
      throw new CallFailure('provider_timeout', `${who} did not answer within ${timeoutMs} ms`, 'always', {
        cause: error,
      });
    }
    if (error instanceof BodyTooLarge)
      throw invalid(`the answer of ${who} is longer than ${MAX_BODY_BYTES} bytes`, 'never', error);
    throw new CallFailure('provider_unavailable', `${who} ${transportWords(error)}`, 'always', { cause: error });
  } finally {
    clearTimeout(timer);
    over.release();
  }
}

/** What the provider's own `refusal` makes of a client error. The body is read or let go of. */
async function meaningOf<T>({ refusal }: JsonRequest<T>, response: ProviderResponse): Promise<JobFailure | undefined> {
  const { status, body } = response;
  if (refusal === undefined || status < 400 || status >= 500 || AGAIN_LATER.has(status)) {
    discard(body);
    return undefined;
  }
  const answer = await jsonIfAny(response);
  try {
    return refusal(status, answer);
  } catch (error) {
    if (error instanceof WrongShape) return undefined;
    throw error;
  }
}

async function jsonIfAny(response: ProviderResponse): Promise<JsonField> {
  try {
    return new JsonField(parseJson(await readBody(response, MAX_REFUSAL_BYTES)));
  } catch (error) {
    if (error instanceof JsonRefused || error instanceof BodyTooLarge) return new JsonField(undefined);
    throw error;
  }
}

function statusFailure<T>({ who }: JsonRequest<T>, { status, headers }: ProviderResponse): JobFailure {
  const askedMs = retryAfterMs(headers.get('retry-after'), Date.now());
  const wait = askedMs === undefined ? '' : ` and asks to wait ${Math.ceil(askedMs / 1000)} s`;
  if (status === 429) {
    return new CallFailure('provider_rate_limited', `${who} refuses for too many requests${wait}`, 'always', {
      retryAfterMs: askedMs,
    });
  }
  if (status >= 500 || AGAIN_LATER.has(status)) {
    return new CallFailure('provider_unavailable', `${who} answered with HTTP ${status}${wait}`, 'always', {
      retryAfterMs: askedMs,
    });
  }
  if (status >= 300 && status < 400 && headers.get('location') !== null)
    return invalid(`${who} redirects, which is not followed`, 'never');
  if (status < 400) return invalid(`${who} answered with HTTP ${status}, which is not understood`, 'never');
  return new CallFailure('provider_rejected', `${who} refused the request with HTTP ${status}`, 'never');
}

function invalid(message: string, again: CallFailure['again'], cause?: unknown): CallFailure {
  return new CallFailure('provider_invalid_response', message, again, { cause });
}
