import { setTimeout as sleep } from 'node:timers/promises';
import { InfraError } from './errors.ts';

/** Rejects with `what` when the promise has not settled after `ms` milliseconds; the promise itself goes on. */
export async function withDeadline<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  const timer = new AbortController();
  // The loser must not become an unhandled rejection once the race is over.
  promise.catch(() => undefined);
  try {
    return await Promise.race([
      promise,
      sleep(ms, undefined, { signal: timer.signal }).then(() => {
        throw new InfraError(`${what}: no answer in ${ms} ms`);
      }),
    ]);
  } finally {
    timer.abort();
  }
}

/** Asks `condition` every `everyMs` milliseconds until it says true or `ms` have passed; answers whether it did. */
export async function until(condition: () => boolean, ms: number, everyMs = 50): Promise<boolean> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() >= end) return false;
    await sleep(everyMs);
  }
  return true;
}
