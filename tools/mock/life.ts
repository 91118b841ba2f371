import { expired } from '@dtq/core/job-document.ts';
import { WAITING_FOR_NEXT_ATTEMPT } from '@dtq/core/scheduled-job.ts';
import { JOB_ERRORS } from '@dtq/generated/errors.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import { MILESTONES, type Milestone } from '@dtq/generated/lifecycle.ts';
import type { JobAttempt, JobError, JobErrorCode, JobState, JobType } from '@dtq/generated/schemas/types.ts';
import { type End, passingCode } from './ends.ts';
import { between, type Random } from './random.ts';

// The life of a job is laid out when it is submitted: every change of its status with its time. What a job is now is then the
// last change whose time has come; nothing runs for a job, and the same seed gives the same life.
//
//   scheduled? -> queued -> ( started -> calling -> waiting? )+ -> storing -> completed
//                        \-> expired                       \-> failed

/** A change of a job's status. */
export interface Change {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly state: JobState;
  readonly progress_percent: number;
  readonly message: string;
  readonly attempt: number;
  readonly run_at?: string;
  readonly next_attempt_at?: string;
  readonly attempts?: JobAttempt[];
  readonly error?: JobError;
}

export interface LifePlan {
  readonly jobType: JobType;
  readonly submittedAt: number;
  /** Both in milliseconds since 1970. */
  readonly runAt?: number | undefined;
  readonly expiresAt?: number | undefined;
  /** When a worker takes it, at the earliest. */
  readonly startAt: number;
  readonly worker: string;
  readonly end: End;
  readonly speed: number;
}

/** What a worker needs for each step, in milliseconds: the least and the most. */
const PREPARING = [40, 160] as const;
const CALLING = [250, 2200] as const;
const STORING = [30, 120] as const;

/** No attempt is longer, whatever its policy allows: whoever waits for an example is not to wait for minutes. */
const LONGEST_CALL_MS = 5000;
const SHORTEST_WAIT_MS = 200;

/** How long a job of an error's example that nobody starts is left to wait, in milliseconds. */
export const EXPIRY_MS = 1500;

/** The bound on the words of a status (specs/schemas/JobStatus.json). */
const LONGEST_MESSAGE = 500;

/** Every change of a job's life, in order. */
export function lifeOf(plan: LifePlan, random: Random): Change[] {
  const { submittedAt, runAt, expiresAt, startAt, end } = plan;
  const changes: Change[] = [];
  if (runAt !== undefined) changes.push({ at: submittedAt, ...MILESTONES.scheduled, attempt: 1, run_at: iso(runAt) });
  changes.push({ at: runAt ?? submittedAt, ...MILESTONES.queued, attempt: 1 });
  if (expiresAt !== undefined && (expiresAt <= startAt || end.code === 'expired')) {
    return [...changes, failure(expiresAt, expired(iso(expiresAt)), MILESTONES.queued, 1, undefined)];
  }
  if (end.code === 'invalid_message') {
    const error = { code: end.code, message: JOB_ERRORS.invalid_message.title };
    return [...changes, failure(startAt, error, MILESTONES.queued, 1, undefined)];
  }
  return [...changes, ...attemptsOf(plan, random)];
}

function attemptsOf({ jobType, startAt, worker, end, speed }: LifePlan, random: Random): Change[] {
  const { retry } = JOB_POLICIES[jobType];
  const step = ([least, most]: readonly [number, number]): number => Math.round(between(random, least, most) / speed);
  const changes: Change[] = [];
  let attempts: JobAttempt[] = [];
  let [at, waited_ms] = [startAt, 0];
  for (let attempt = 1; ; attempt += 1) {
    const running: JobAttempt = { number: attempt, worker, waited_ms, started_at: iso(at) };
    const ended = attempts;
    attempts = [...ended, running];
    changes.push({ at, ...MILESTONES.started, attempt, attempts });
    at += step(PREPARING);
    changes.push({ at, ...MILESTONES.calling, attempt, attempts });
    const isLast = attempt > end.failures;
    const code = isLast ? end.code : (end.code ?? passingCode(random));
    at += code === null ? step(CALLING) : timeOfFailure(code, jobType, step(CALLING), speed);
    if (code === null) {
      changes.push({ at, ...MILESTONES.storing, attempt, attempts });
      at += step(STORING);
      attempts = [...ended, { ...running, ended_at: iso(at), outcome: 'completed' }];
      return [...changes, { at, ...MILESTONES.completed, attempt, attempts }];
    }
    const error = { code, message: wordsOf(code) };
    attempts = [...ended, { ...running, ended_at: iso(at), outcome: isLast ? 'failed' : 'retried', error }];
    if (isLast) return [...changes, failure(at, error, MILESTONES.calling, attempt, attempts)];
    // Full jitter, as the policy of the type has it.
    const most = Math.min(retry.capMs, retry.baseMs * 2 ** (attempt - 1));
    waited_ms = Math.round(between(random, Math.min(SHORTEST_WAIT_MS, most), most) / speed);
    const next_attempt_at = iso(at + waited_ms);
    const message = WAITING_FOR_NEXT_ATTEMPT;
    changes.push({ at, ...MILESTONES.calling, message, attempt, attempts, next_attempt_at });
    at += waited_ms;
  }
}

/** The life of a job that is ended at a time, whatever else was to come. */
export function cutLife(life: readonly Change[], at: number, error: JobError): Change[] {
  const lived = life.filter((change) => change.at <= at);
  const last = lived.at(-1);
  if (last === undefined) throw new Error('a life begins with the submit');
  const attempts = last.attempts?.map((attempt) =>
    attempt.outcome === undefined ? { ...attempt, ended_at: iso(at), outcome: 'cancelled' as const } : attempt,
  );
  return [...lived, failure(at, error, last, last.attempt, attempts)];
}

function failure(
  at: number,
  error: JobError,
  { progress_percent }: Pick<Milestone, 'progress_percent'>,
  attempt: number,
  attempts: JobAttempt[] | undefined,
): Change {
  const message = `${error.code}: ${error.message}`.slice(0, LONGEST_MESSAGE);
  const end = { at, state: 'failed' as const, progress_percent, message, attempt, error };
  return attempts === undefined ? end : { ...end, attempts };
}

function timeOfFailure(code: JobErrorCode, jobType: JobType, called: number, speed: number): number {
  const { timeoutMs, providerTimeoutMs } = JOB_POLICIES[jobType];
  if (code === 'provider_timeout') return Math.round(Math.min(providerTimeoutMs, LONGEST_CALL_MS) / speed);
  if (code === 'timed_out') return Math.round(Math.min(timeoutMs, LONGEST_CALL_MS) / speed);
  return called;
}

function wordsOf(code: JobErrorCode): string {
  const { title } = JOB_ERRORS[code];
  return `${title.charAt(0).toLowerCase()}${title.slice(1)}`;
}

/** In UTC with milliseconds and Z. */
export function iso(moment: number): string {
  return new Date(moment).toISOString();
}
