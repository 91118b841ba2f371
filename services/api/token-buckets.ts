import type { Clock } from '@dtq/core/clock.ts';

export interface BucketOptions {
  /** Tokens that come back each second. */
  readonly perSecond: number;
  /** As many as a bucket holds: what may be asked at once. */
  readonly burst: number;
  readonly clock: Clock;
  /** At most so many buckets are remembered; default 10,000. */
  readonly most?: number;
}

/** The longest that anybody is told to wait (specs/openapi.yaml, RetryAfter), in seconds. */
const LONGEST_WAIT_S = 3600;

const MOST_BUCKETS = 10_000;

/**
 * A token bucket for each client. Whoever has a token is let in; what turns out to be more than one request is charged
 * afterwards, and the bucket may then owe tokens for a while.
 */
export class TokenBuckets {
  readonly #options: BucketOptions;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(options: BucketOptions) {
    this.#options = options;
  }

  /** Takes a token: 0 where there was one, else in how many seconds there will be, from 1 to 3,600. */
  take(client: string): number {
    const bucket = this.#filled(client);
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return 0;
    }
    return Math.min(LONGEST_WAIT_S, Math.max(1, Math.ceil((1 - bucket.tokens) / this.#options.perSecond)));
  }

  /** Takes more tokens from a client that was let in, whether it has them or not. */
  charge(client: string, tokens: number): void {
    const bucket = this.#filled(client);
    bucket.tokens = Math.max(bucket.tokens - tokens, -LONGEST_WAIT_S * this.#options.perSecond);
  }

  get size(): number {
    return this.#buckets.size;
  }

  #filled(client: string): { tokens: number; at: number } {
    const { perSecond, burst, clock } = this.#options;
    const now = clock.now();
    const found = this.#buckets.get(client);
    if (found === undefined) {
      if (this.#buckets.size >= (this.#options.most ?? MOST_BUCKETS)) this.#forget(now);
      const fresh = { tokens: burst, at: now };
      this.#buckets.set(client, fresh);
      return fresh;
    }
    // A clock that was set back gives nothing, and takes nothing.
    found.tokens = Math.min(burst, found.tokens + (Math.max(0, now - found.at) / 1000) * perSecond);
    found.at = now;
    return found;
  }

  /** A bucket that is full again says nothing; where none is, those that were met first go. */
  #forget(now: number): void {
    const { perSecond, burst, most = MOST_BUCKETS } = this.#options;
    for (const [client, { tokens, at }] of this.#buckets)
      if (tokens + ((now - at) / 1000) * perSecond >= burst) this.#buckets.delete(client);
    for (const client of this.#buckets.keys()) {
      if (this.#buckets.size < most * 0.9) return;
      this.#buckets.delete(client);
    }
  }
}
