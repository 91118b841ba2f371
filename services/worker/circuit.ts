import type { Clock } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { JobErrorCode } from '@dtq/generated/schemas/types.ts';
import type { Failure } from './next-attempt.ts';

// While a provider is down, jobs of its type are better left in the queue, where waiting costs them nothing, than started
// and failed. One circuit for each job type of a worker, from what became of its attempts:
//
//   closed --(failures in a row, or asked to wait)--> open --(its time is over)--> half open --(an answer)--> closed
//                                                      ^                               |
//                                                      +--(no answer: for twice as long)
//
// Closed, the type has all its seats; open, none; half open, one, for a single job to try. Attempts that were begun before
// it opened end as they would, and tell of a time that is over. Where the sandbox answers for a provider that is out of
// reach (auto mode), attempts succeed, and nothing opens.

export interface CircuitOptions {
  /** So many attempts in a row that meet no provider open it. More than one job has, so that no single job can. */
  readonly failures: number;
  /** Within this time, in milliseconds: failures further apart tell of single requests, not of an outage. */
  readonly windowMs: number;
  /** How long it is open at first, in milliseconds: about what a restart takes. */
  readonly coolDownMs: number;
  /** Doubled with each failed try up to this, in milliseconds: how late at most it is seen that a provider is back. */
  readonly longestCoolDownMs: number;
  /** A provider that asks for more is called again after this, in milliseconds: limits are by the hour at most. */
  readonly longestAskedMs: number;
}

export const CIRCUIT: CircuitOptions = {
  failures: 5,
  windowMs: 60_000,
  coolDownMs: 5000,
  longestCoolDownMs: 60_000,
  longestAskedMs: 3_600_000,
};

export interface CircuitParts {
  /** The job type, for the log. */
  readonly jobType: string;
  /** The seats of the type while nothing is wrong. */
  readonly concurrency: number;
  /** Allows so many jobs of the type at once. */
  readonly limit: (concurrency: number) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The provider did not answer at all. What it answers to a client in trouble, or wrongly, is an answer. */
const OUTAGES: ReadonlySet<JobErrorCode> = new Set([
  'provider_unavailable',
  'provider_timeout',
  'provider_rate_limited',
]);
/** These say nothing of the provider. */
const SILENT: ReadonlySet<JobErrorCode> = new Set(['timed_out', 'internal_error', 'invalid_output', 'cancelled']);

export type CircuitState = 'closed' | 'half_open' | 'open';

export class Circuit {
  readonly #parts: CircuitParts;
  readonly #options: CircuitOptions;
  #state: CircuitState = 'closed';
  /** How often it has opened: an attempt tells only of the time in which it was begun. */
  #opened = 0;
  #failures = 0;
  #firstFailureAt = 0;
  #openUntil = 0;
  #coolDownMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: CircuitParts, options: CircuitOptions = CIRCUIT) {
    this.#parts = parts;
    this.#options = options;
    this.#coolDownMs = options.coolDownMs;
  }

  /** An attempt begins; the function is to be told how it ended, with null for a result. */
  attempt(): (failure: Failure | null) => void {
    const begun = this.#opened;
    return (failure) => {
      if (begun !== this.#opened || (failure !== null && SILENT.has(failure.code))) return;
      if (failure !== null && OUTAGES.has(failure.code)) this.#onOutage(failure);
      else this.#onAnswer();
    };
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** For how long nobody is to be started, in milliseconds; 0 while anybody may be. */
  closedToJobsMs(): number {
    return this.#state === 'open' ? Math.max(0, this.#openUntil - this.#parts.clock.now()) : 0;
  }

  /** Ends its waits. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #onAnswer(): void {
    this.#failures = 0;
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#timer);
    this.#coolDownMs = this.#options.coolDownMs;
    this.#parts.limit(this.#parts.concurrency);
    this.#parts.log.info({ job_type: this.#parts.jobType }, 'the provider answers again; its jobs go on');
  }

  #onOutage({ code, retryAfterMs = 0 }: Failure): void {
    const { failures, windowMs, longestAskedMs, longestCoolDownMs } = this.#options;
    const now = this.#parts.clock.now();
    const askedMs = code === 'provider_rate_limited' ? Math.min(retryAfterMs, longestAskedMs) : 0;
    if (this.#state === 'half_open') {
      this.#coolDownMs = Math.min(2 * this.#coolDownMs, longestCoolDownMs);
      this.#open(Math.max(askedMs, this.#coolDownMs), code);
      return;
    }
    if (this.#failures === 0 || now - this.#firstFailureAt > windowMs) {
      this.#failures = 0;
      this.#firstFailureAt = now;
    }
    this.#failures += 1;
    const openMs = Math.max(askedMs, this.#failures >= failures ? this.#coolDownMs : 0);
    // What is open stays so for as long as it was to be, unless the provider asks for more.
    if (openMs > this.closedToJobsMs() && (this.#state === 'closed' || askedMs > 0)) this.#open(openMs, code);
  }

  #open(forMs: number, code: JobErrorCode): void {
    const { jobType, clock, limit, log } = this.#parts;
    this.#state = 'open';
    this.#opened += 1;
    this.#failures = 0;
    this.#openUntil = clock.now() + forMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#halfOpen(), forMs).unref();
    limit(0);
    log.warn({ job_type: jobType, code, for_ms: forMs }, 'the provider does not answer; its jobs wait in the queue');
  }

  #halfOpen(): void {
    this.#state = 'half_open';
    this.#parts.limit(1);
    this.#parts.log.info({ job_type: this.#parts.jobType }, 'one job tries whether the provider answers');
  }
}
