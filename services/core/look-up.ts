import { isFinal, MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobResult, JobStatus, ScheduledJob } from '@dtq/generated/schemas/types.ts';
import { type Clock, timestamp } from './clock.ts';
import { Unavailable } from './errors.ts';
import { factsOf, type JobFacts } from './job-facts.ts';
import type { Place } from './lifecycle.ts';
import type { JobQueue, JobSchedule, OpenJob, OpenJobs, ResultStore, StatusChange, StatusStore } from './ports.ts';
import { envelopeOfRow, WAITING_FOR_NEXT_ATTEMPT } from './scheduled-job.ts';

/** What is known of a job: its document once it ended, else its live status, or nothing by any store. */
export type Known =
  | { readonly kind: 'result'; readonly result: JobResult; readonly status: JobStatus | null }
  | { readonly kind: 'status'; readonly status: JobStatus }
  | { readonly kind: 'unknown' };

export interface Stores {
  readonly statuses: Pick<StatusStore, 'get'>;
  readonly results: Pick<ResultStore, 'get'>;
  readonly schedule: Pick<JobSchedule, 'find'>;
  readonly openJobs: Pick<OpenJobs, 'find'>;
  /** Asked last, where it can tell whether it still holds a job. */
  readonly queue?: Pick<JobQueue, 'holds'>;
  readonly clock: Clock;
}

/** A live status this old may have missed the job's end, for instance while the status store was down. */
const DOUBTFUL_AFTER_MS = 10_000;

/**
 * Looks a job up (architecture.md, decision 4): status, result, schedule, index, queue. A final status is followed by its
 * document, unless `statusWillDo`: a final status tells of a document that is durable already. "Unknown" only where each
 * store has said so; a store that is silent but needed rejects with Unavailable.
 */
export async function lookUpJob(
  { statuses, results, schedule, openJobs, clock, queue }: Stores,
  asked: string,
  { statusWillDo = false } = {},
): Promise<Known> {
  // RFC 9562: a UUID is written in lower case and read in either.
  const jobId = asked.toLowerCase();
  const silent: Unavailable[] = [];
  const ask = async <T>(question: Promise<T>): Promise<T | null> => {
    try {
      return await question;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      silent.push(error);
      return null;
    }
  };
  const status = await ask(statuses.get(jobId));
  if (status !== null && (isFinal(status.state) ? statusWillDo : !isDoubtful(status, clock)))
    return { kind: 'status', status };
  const result = await ask(results.get(jobId));
  if (result !== null) return { kind: 'result', result, status };
  if (status !== null) return { kind: 'status', status };
  // A status may have vanished while the job still waits; whatever makes it wait then knows it (decision 4: never 404).
  const rows = (await ask(schedule.find(jobId))) ?? [];
  // Of an attempt that is on its way already the row may still stand.
  const [waiting] = rows.filter(({ kind }) => kind === 'run').sort((a, b) => b.attempt - a.attempt);
  if (waiting !== undefined) return { kind: 'status', status: statusOfRow(waiting, clock) };
  const open = await ask(openJobs.find(jobId));
  if (open !== null) return { kind: 'status', status: statusOfOpenJob(open) };
  // A row of an expiry comes before the job is in the queue, and stays until its time.
  const [expiry] = rows;
  if (expiry !== undefined) return { kind: 'status', status: statusOfRow(expiry, clock) };
  if (queue?.holds !== undefined && (await ask(queue.holds(jobId))) === true)
    return { kind: 'status', status: { job_id: jobId, ...MILESTONES.queued, updated_at: timestamp(clock) } };
  const [first] = silent;
  if (first !== undefined) throw first;
  return { kind: 'unknown' };
}

/** Whether a live status is so old that the job may have ended without it. */
export function isDoubtful(status: JobStatus, clock: Clock): boolean {
  return !(clock.now() - Date.parse(status.updated_at) < DOUBTFUL_AFTER_MS);
}

/** What the index tells of an open job: its status, or where that has gone, the first that it can have had in its place. */
export function statusOfOpenJob({ job_id, job_type, place, submittedAt, status }: OpenJob): JobStatus {
  const submitted_at = new Date(submittedAt).toISOString();
  return status ?? { job_id, job_type, submitted_at, ...FIRST_IN[place], updated_at: submitted_at };
}

const FIRST_IN = {
  scheduled: MILESTONES.scheduled,
  queued: MILESTONES.queued,
  running: MILESTONES.started,
} as const satisfies { readonly [P in Place]: object };

/** What can be said of a job of which only its row in the schedule is left. */
export function statusOfRow(row: ScheduledJob, clock: Clock): JobStatus & Pick<StatusChange, 'job_id'> {
  const { kind, message, attempt, attempts, due_at } = row;
  // Of the input the facts only say that it is an object.
  const facts = factsOf(message, envelopeOfRow(row)) as JobFacts & Pick<JobStatus, 'input'>;
  const at = { updated_at: attempts?.at(-1)?.ended_at ?? facts.submitted_at ?? timestamp(clock) };
  if (kind === 'expire') return { ...facts, attempt, ...MILESTONES.queued, ...at };
  if (attempt === 1) return { ...facts, attempt, ...MILESTONES.scheduled, ...at, run_at: due_at };
  const { state, progress_percent } = MILESTONES.calling;
  const wait = { state, progress_percent, message: WAITING_FOR_NEXT_ATTEMPT, next_attempt_at: due_at };
  return { ...facts, attempt: attempt - 1, ...wait, ...at, ...(attempts === undefined ? {} : { attempts }) };
}
