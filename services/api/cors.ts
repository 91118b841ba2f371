import { OPERATIONS } from '@dtq/generated/rest/operations.ts';
import type { MiddlewareHandler } from 'hono';

// Pages of other origins. Closed unless an origin is listed: then its pages read answers and may send what our own page may.
// No cookie or other credential of the browser is ever wanted; a key travels in a header that the page sets itself.

const METHODS = [...new Set(Object.values(OPERATIONS).map(({ method }) => method.toUpperCase()))].sort().join(', ');
const REQUEST_HEADERS = 'Authorization, Content-Type, Idempotency-Key, Last-Event-ID, traceparent';
const ANSWER_HEADERS = 'Location, Retry-After, WWW-Authenticate';

/** How long a browser may take a preflight's answer for true, in seconds. */
const MAX_AGE_S = 600;

/** Says to browsers which pages may read the answers, and answers their preflights. */
export function crossOrigin(origins: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    if (origins.length === 0) return next();
    const origin = c.req.header('origin');
    const isListed = origin !== undefined && origins.includes(origin);
    const isPreflight = c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined;
    if (isListed && isPreflight) {
      return c.body(null, 204, {
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Methods': METHODS,
        'Access-Control-Allow-Headers': REQUEST_HEADERS,
        'Access-Control-Max-Age': String(MAX_AGE_S),
        Vary: 'Origin',
      });
    }
    await next();
    // The answer to another origin lacks what this one's has, so a cache must not give one for the other.
    c.header('Vary', 'Origin', { append: true });
    if (!isListed) return;
    c.header('Access-Control-Allow-Origin', origin);
    c.header('Access-Control-Expose-Headers', ANSWER_HEADERS);
  };
}
