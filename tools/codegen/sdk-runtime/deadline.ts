import { DeadlineError } from './errors.ts';

/** Timers of the platforms take no more; a longer time is none. */
const LONGEST_TIMER_MS = 2_147_483_647;

export interface Limits {
  /** Gives the call up; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** The time that the call has in all, retries and the waits between them included; Infinity for any time. */
  readonly timeoutMs?: number | undefined;
}

/**
 * The time and the signal of one call. `signal` aborts with the caller's reason or, when the time is up, with what `late`
 * makes. AbortSignal.any and AbortSignal.timeout would do this, but not in Node 20.0, and not without leaks everywhere.
 *
 * @internal
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #end: number;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #stop = (): void => this.#controller.abort(this.#outer?.reason);
  /** The last fault, which tells why the time was too short. */
  lastFault: unknown;

  constructor(
    { signal, timeoutMs = Number.POSITIVE_INFINITY }: Limits,
    late: (ms: number, cause: unknown) => Error = (ms, cause) => new DeadlineError(ms, cause),
  ) {
    if (!(timeoutMs > 0)) throw new RangeError(`timeoutMs must be more than 0, not ${timeoutMs}`);
    this.#outer = signal;
    this.#end = Date.now() + timeoutMs;
    if (timeoutMs <= LONGEST_TIMER_MS)
      this.#timer = setTimeout(() => this.#controller.abort(late(timeoutMs, this.lastFault)), timeoutMs);
    if (signal?.aborted) this.#stop();
    else signal?.addEventListener('abort', this.#stop, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds until the time is up. */
  get leftMs(): number {
    return this.#end - Date.now();
  }

  /** An error as the caller is to see it: where the time of a call around this one was up, it does not know why. */
  explained(error: unknown): unknown {
    if (error instanceof DeadlineError) error.explain(this.lastFault);
    return error;
  }

  /** Lets go of timer and listener; what still runs is aborted. */
  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#stop);
    this.#controller.abort(new DOMException('the call has ended', 'AbortError'));
  }
}

/**
 * Runs something within its limits, and tidies up behind it.
 *
 * @internal
 */
export async function within<T>(limits: Limits, run: (deadline: Deadline) => Promise<T>): Promise<T> {
  const deadline = new Deadline(limits);
  try {
    return await run(deadline);
  } finally {
    deadline.end();
  }
}

/**
 * A promise that does not outlast a signal; what it would come to later is nobody's.
 *
 * @internal
 */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
