import { documentOf as toDocument } from '@dtq/core/job-document.ts';
import { inputWithin } from '@dtq/core/job-facts.ts';
import { known } from '@dtq/core/known.ts';
import { isFinal } from '@dtq/generated/lifecycle.ts';
import type {
  Job,
  JobPriority,
  JobResult,
  JobState,
  JobStatus,
  JobSummary,
  JobType,
} from '@dtq/generated/schemas/types.ts';
import { type Change, iso } from './life.ts';

/** A job with its whole life. Times are in milliseconds since 1970. */
export interface MockJob {
  readonly job_id: string;
  readonly trace_id: string;
  readonly job_type: JobType;
  readonly payload: object;
  readonly priority: JobPriority;
  readonly submittedAt: number;
  readonly expiresAt: number | undefined;
  readonly replay_of: string | undefined;
  /** What it answers where it completes. */
  readonly output: object;
  /** Every change, in order; cut short where it is cancelled. */
  life: readonly Change[];
  /** Told when its life is cut short. */
  readonly listeners: Set<() => void>;
}

/** The bounds of the contract (specs/schemas/JobStatus.json, JobSummary.json); of an input in bytes of JSON. */
const MOST_HISTORY = 64;
const LONGEST_INPUT = 4096;
const LONGEST_LISTED_INPUT = 1024;

/** How many changes there have been. */
export function lived(job: MockJob, now: number): number {
  const next = job.life.findIndex(({ at }) => at > now);
  return next === -1 ? job.life.length : Math.max(1, next);
}

/** The last change there was. */
export function lastChange(job: MockJob, now: number): Change {
  const change = job.life[lived(job, now) - 1];
  if (change === undefined) throw new Error(`the job ${job.job_id} has no life`);
  return change;
}

/** When something changes next; null where nothing does any more. */
export function nextChangeAt(job: MockJob, now: number): number | null {
  return job.life[lived(job, now)]?.at ?? null;
}

export function stateOf(job: MockJob, now: number): JobState {
  return lastChange(job, now).state;
}

/** Whether it waits for its time; such a job is `queued` to everybody else. */
export function isScheduled(job: MockJob, now: number): boolean {
  return lastChange(job, now).run_at !== undefined;
}

/** The status after so many changes; without its history, where it is one of a stream. */
export function statusAfter(job: MockJob, sequence: number, { withHistory = true } = {}): JobStatus {
  const changes = job.life.slice(0, sequence);
  const change = changes.at(-1);
  if (change === undefined) throw new Error(`the job ${job.job_id} has no change ${sequence}`);
  const { job_id, trace_id, job_type, payload, priority, submittedAt, expiresAt, replay_of } = job;
  const { at, state, progress_percent, message, attempt, run_at, next_attempt_at, attempts, error } = change;
  const history = changes.slice(-MOST_HISTORY).map((one, index) => ({
    sequence: Math.max(0, sequence - MOST_HISTORY) + index + 1,
    attempt: one.attempt,
    state: one.state,
    progress_percent: one.progress_percent,
    at: iso(one.at),
  }));
  return known({
    job_id,
    trace_id,
    job_type,
    state,
    progress_percent,
    message,
    updated_at: iso(at),
    submitted_at: iso(submittedAt),
    attempt,
    sequence,
    input: inputWithin(payload, LONGEST_INPUT),
    priority,
    run_at,
    expires_at: expiresAt === undefined ? undefined : iso(expiresAt),
    next_attempt_at,
    replay_of,
    attempts,
    error_code: error?.code,
    error_message: error?.message,
    history: withHistory ? history : undefined,
  }) as JobStatus;
}

/** The durable document; null while the job has not ended. */
export function documentOf(job: MockJob, now: number): JobResult | null {
  const { at, state, attempts, error } = lastChange(job, now);
  if (!isFinal(state)) return null;
  const { payload, output, submittedAt } = job;
  // Whoever could not read a message cannot say what it asks for.
  const input = error?.code === 'invalid_message' ? {} : payload;
  const end = error === undefined ? { output, error: null } : { output: null, error };
  return toDocument({ ...job, input, submitted_at: iso(submittedAt), attempts }, end, iso(at));
}

/** What GET /v1/jobs/{job_id} answers. */
export function jobNow(job: MockJob, now: number): Job {
  return documentOf(job, now) ?? statusAfter(job, lived(job, now));
}

export function summaryOf(job: MockJob, now: number): JobSummary {
  const { job_id, job_type, state, progress_percent, message, updated_at, ...rest } = statusAfter(job, lived(job, now));
  const { submitted_at, attempt, priority, run_at, expires_at, next_attempt_at, replay_of, trace_id } = rest;
  return known({
    job_id,
    job_type,
    state,
    progress_percent,
    message,
    submitted_at,
    started_at: rest.attempts?.[0]?.started_at,
    completed_at: isFinal(state) ? updated_at : undefined,
    updated_at,
    attempt,
    priority,
    run_at,
    expires_at: isFinal(state) ? undefined : expires_at,
    next_attempt_at,
    replay_of,
    error_code: rest.error_code,
    trace_id,
    input: inputWithin(job.payload, LONGEST_LISTED_INPUT),
  }) as JobSummary;
}
