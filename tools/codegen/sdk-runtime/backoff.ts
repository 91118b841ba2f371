/** Waits between tries, in milliseconds: full jitter up to `base`, doubled each time, never over `cap`. */
const BASE_MS = 200;
const CAP_MS = 5000;

/** More would be no wait but a refusal. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** The longest time that timers of the platforms take. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * How long to wait after the nth failure in a row, from 1. What the server asked for counts in full and the jitter comes on
 * top, or all who were sent away together would come back together.
 */
export function waitMs(failures: number, retryAfterMs = 0, random: () => number = Math.random): number {
  return retryAfterMs + Math.round(random() * Math.min(CAP_MS, BASE_MS * 2 ** (failures - 1)));
}

/** Retry-After (RFC 9110, 10.2.3) in milliseconds: seconds, or a date; undefined where there is none that makes sense. */
export function readRetryAfter(headers: Headers, now = Date.now()): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (text === undefined || text === '') return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST_RETRY_AFTER_MS, Math.max(0, ms));
}

/** Resolves after a time; rejects with the signal's reason as soon as it aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', stop);
        resolve();
      },
      Math.min(ms, LONGEST_TIMER_MS),
    );
    signal.addEventListener('abort', stop, { once: true });
  });
}

/**
 * How long something may go on without an answer. A job may last for weeks and a server be away for minutes meanwhile, so
 * what follows a job counts the time since the first failure in a row, not tries.
 */
export class Patience {
  readonly #ms: number;
  #failures = 0;
  #failingSince: number | null = null;

  constructor(ms: number) {
    this.#ms = ms;
  }

  answered(): void {
    this.#failures = 0;
    this.#failingSince = null;
  }

  /** Waits before the next try; rejects with the failure where there has been no answer for too long. */
  async failed(error: unknown, retryAfterMs: number | undefined, signal: AbortSignal): Promise<void> {
    this.#failures += 1;
    this.#failingSince ??= Date.now();
    const ms = waitMs(this.#failures, retryAfterMs);
    if (Date.now() + ms - this.#failingSince > this.#ms) throw error;
    await sleep(ms, signal);
  }
}
