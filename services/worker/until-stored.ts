import { sleep } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import { backoffMs } from '@dtq/core/retry.ts';

/** Often enough to go on soon, seldom enough for a server that comes up under the calls of every job that waits. */
const STORE_RETRY = { baseMs: 200, capMs: 5000 };
const SHORTEST_WAIT_MS = 100;

/**
 * Tries until a store that the job cannot do without answers, for what is done only waits to be kept; null once the job is
 * taken away. To hand it back instead would cost it an attempt each time.
 */
export async function untilStored<T>(store: () => Promise<T>, signal: AbortSignal, log: Logger): Promise<T | null> {
  for (let call = 1; ; call += 1) {
    try {
      return await store();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      log.warn({ err: error, call }, 'the result store does not answer; the job waits for it');
      try {
        await sleep(Math.max(SHORTEST_WAIT_MS, backoffMs(STORE_RETRY, call)), signal);
      } catch {
        return null;
      }
    }
  }
}
