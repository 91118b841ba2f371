import type { Clock } from '@dtq/core/clock.ts';
import type { ProviderCall, ProviderFetch, ProviderResponse } from './provider.ts';
import { discard, readBody } from './read-body.ts';
import { retryAfterMs } from './retry-after.ts';

/** A limit is for an hour at most; a longer wait is a broken clock. */
const LONGEST_WAIT_MS = 3_600_000;
/** What GitHub asks for where it names no time of its own. */
const SECONDARY_WAIT_MS = 60_000;
const MAX_REFUSAL_BYTES = 16 * 1024;

/**
 * GitHub as it wants to be called (https://docs.github.com/en/rest/using-the-rest-api): its media type, a version and,
 * where there is one, the token. Every way in which it limits calls becomes 429 with `Retry-After`, and until that time is
 * over each further call is answered so without being made: GitHub bans who goes on.
 */
export function githubFetch(fetch: ProviderFetch, token: string | undefined, clock: Clock): ProviderFetch {
  const headers = {
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  let closedUntil = 0;
  const close = (waitMs: number): void => {
    closedUntil = clock.now() + Math.min(waitMs, LONGEST_WAIT_MS);
  };

  return async (call: ProviderCall) => {
    const waitMs = closedUntil - clock.now();
    if (waitMs > 0) return { response: tooMany(waitMs), provider: 'github' };
    const answer = await fetch({ ...call, headers: { ...call.headers, ...headers } });
    const { response } = answer;
    const usedUpMs = waitUntilReset(response.headers, clock.now());
    // The last call that was free is still good; only those after it are not.
    if (usedUpMs !== undefined) close(usedUpMs);
    if (response.status !== 403 && response.status !== 429) return answer;

    const askedMs = retryAfterMs(response.headers.get('retry-after'), clock.now()) ?? usedUpMs;
    if (askedMs !== undefined) {
      discard(response.body);
      close(askedMs);
      return { ...answer, response: tooMany(askedMs) };
    }
    const body = await readBody(response, MAX_REFUSAL_BYTES);
    if (response.status === 429 || /rate limit/i.test(new TextDecoder().decode(body))) {
      close(SECONDARY_WAIT_MS);
      return { ...answer, response: tooMany(SECONDARY_WAIT_MS) };
    }
    return { ...answer, response: new Response(Buffer.from(body), { status: response.status }) };
  };
}

/** The time until calls are free again where none is left, in milliseconds. */
function waitUntilReset(headers: ProviderResponse['headers'], now: number): number | undefined {
  const reset = headers.get('x-ratelimit-reset') ?? '';
  if (headers.get('x-ratelimit-remaining') !== '0' || !/^\d{1,12}$/.test(reset)) return undefined;
  return Math.max(0, Number(reset) * 1000 - now);
}

function tooMany(waitMs: number): Response {
  return new Response(null, { status: 429, headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) } });
}
