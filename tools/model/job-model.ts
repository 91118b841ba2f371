import type { JobErrorCode, JobState } from '@dtq/generated/schemas/types.ts';

// What the contracts say of a job's life, in as few words as will do: no store, no message, no lease, nothing at once.
//
//   scheduled -> queued -> running -> completed | failed
//                  ^          |
//                  |          +-> waiting (for its next attempt) -> queued
//                  +-- handed back: its worker has gone, or stopped

export type Phase = 'scheduled' | 'queued' | 'running' | 'waiting' | 'handed-back' | 'completed' | 'failed';

export interface ModelJob {
  phase: Phase;
  /** Attempts begun so far. */
  attempt: number;
  /** When it may run: a scheduled or a waiting one; in ms since 1970. */
  dueAt: number;
  /** Infinity for one that never expires. */
  readonly expiresAt: number;
  code: JobErrorCode | null;
  /** The key it was submitted with, if any. */
  readonly key: string | null;
}

/** What a provider says to an attempt: `busy` names a time to wait, the others none. */
export type Answer = 'ok' | 'rejected' | 'unavailable' | 'busy';

/** The rules of the platform under test. `busyMs` is what a busy provider asks to wait: more than waits within a worker. */
export const RULES = { attempts: 3, moreLostAttempts: 5 } as const;

export class Model {
  now: number;
  isWorkerUp = true;
  deadLetters = 0;
  readonly jobs: ModelJob[] = [];

  readonly #busyMs: number;
  readonly #clock: (() => number) | null;

  /** `clock` where time goes by itself; null where only `advance` moves it. */
  constructor(now: number, busyMs: number, clock: (() => number) | null = null) {
    this.now = now;
    this.#busyMs = busyMs;
    this.#clock = clock;
  }

  /** Takes the time from the clock, if there is one, and lets happen what it brings. */
  catchUp(): void {
    if (this.#clock === null) return;
    this.now = this.#clock();
    this.settle();
  }

  submit({ key = null, delayMs = 0, expiresMs = Number.POSITIVE_INFINITY }: Submit): number {
    const dueAt = this.now + delayMs;
    const phase = delayMs > 0 ? 'scheduled' : 'queued';
    this.jobs.push({ phase, attempt: 0, dueAt, expiresAt: this.now + expiresMs, code: null, key });
    this.settle();
    return this.jobs.length - 1;
  }

  /** The provider answers the attempt that runs. */
  answer(index: number, answer: Answer): void {
    const job = this.job(index);
    if (answer === 'ok') job.phase = 'completed';
    else if (answer === 'rejected' || job.attempt >= RULES.attempts) this.#fail(job, CODES[answer]);
    else if (answer === 'busy') Object.assign(job, { phase: 'waiting', dueAt: this.now + this.#busyMs });
    else job.phase = 'queued';
    this.settle();
  }

  cancel(index: number): void {
    const job = this.job(index);
    if (!isOver(job)) this.#fail(job, 'cancelled');
  }

  advance(ms: number): void {
    this.now += ms;
    this.settle();
  }

  /** The worker goes, by itself or not; what it did is handed back. */
  stopWorker(): void {
    this.isWorkerUp = false;
    for (const job of this.jobs) if (job.phase === 'running') job.phase = 'handed-back';
  }

  startWorker(): void {
    this.isWorkerUp = true;
    this.settle();
  }

  job(index: number): ModelJob {
    const job = this.jobs[index];
    if (job === undefined) throw new RangeError(`there is no job ${index}`);
    return job;
  }

  /** Everything that happens by itself. */
  settle(): void {
    for (const job of this.jobs) {
      const isUnstarted = job.attempt === 0 && (job.phase === 'scheduled' || job.phase === 'queued');
      if (isUnstarted && job.expiresAt <= this.now) this.#fail(job, 'expired');
      if ((job.phase === 'scheduled' || job.phase === 'waiting') && job.dueAt <= this.now) job.phase = 'queued';
      if (!this.isWorkerUp || (job.phase !== 'queued' && job.phase !== 'handed-back')) continue;
      job.attempt += 1;
      job.phase = 'running';
      if (job.attempt > RULES.attempts + RULES.moreLostAttempts) this.#fail(job, 'internal_error');
    }
  }

  #fail(job: ModelJob, code: JobErrorCode): void {
    job.phase = 'failed';
    job.code = code;
  }
}

export interface Submit {
  readonly key?: string | null;
  readonly delayMs?: number;
  readonly expiresMs?: number;
}

export const CODES = {
  ok: 'internal_error',
  rejected: 'provider_rejected',
  unavailable: 'provider_unavailable',
  // With a time to wait; without one an answer of this kind would open the circuit, which is a matter of its own.
  busy: 'provider_unavailable',
} as const satisfies { readonly [A in Answer]: JobErrorCode };

export function isOver({ phase }: ModelJob): boolean {
  return phase === 'completed' || phase === 'failed';
}

/** The state that the wire shows of a job. One that lost its worker is still running, for nobody has begun it anew. */
export function wireState({ phase, attempt }: ModelJob): JobState {
  if (phase === 'completed' || phase === 'failed') return phase;
  return attempt === 0 ? 'queued' : 'running';
}
