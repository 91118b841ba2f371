import { isFinal, MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobResult, JobStatus } from '@dtq/generated/schemas/types.ts';
import { type Clock, timestamp } from './clock.ts';
import { Unavailable } from './errors.ts';
import type { JobQueue, ResultStore, StatusStore } from './ports.ts';

/** What is known of a job: its document once it ended, else its live status, or nothing by any store. */
export type Known =
  | { readonly kind: 'result'; readonly result: JobResult; readonly status: JobStatus | null }
  | { readonly kind: 'status'; readonly status: JobStatus }
  | { readonly kind: 'unknown' };

export interface Stores {
  readonly statuses: Pick<StatusStore, 'get'>;
  readonly results: Pick<ResultStore, 'get'>;
  /** Asked last, where it can tell whether it still holds a job. */
  readonly queue?: Pick<JobQueue, 'holds'>;
  readonly clock: Clock;
}

/** A live status this old may have missed the job's end, for instance while the status store was down. */
const DOUBTFUL_AFTER_MS = 10_000;

/**
 * Looks a job up (architecture.md, decision 4): status, then result, then queue. A final status is followed by its document,
 * unless `statusWillDo`: a final status tells of a document that is durable already. "Unknown" only where each store has said so; a store
 * that is silent but needed rejects with Unavailable.
 */
export async function lookUpJob(
  { statuses, results, clock, queue }: Stores,
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
  // A status may have outlived its time while the job still waits; the queue then knows it (decision 4: never 404).
  if (queue?.holds !== undefined && (await ask(queue.holds(jobId))) === true)
    return { kind: 'status', status: forgotten(jobId, clock) };
  const [first] = silent;
  if (first !== undefined) throw first;
  return { kind: 'unknown' };
}

function isDoubtful(status: JobStatus, clock: Clock): boolean {
  return !(clock.now() - Date.parse(status.updated_at) < DOUBTFUL_AFTER_MS);
}

/** What can be said of a job whose status has gone while the queue still holds it. */
function forgotten(job_id: string, clock: Clock): JobStatus {
  const { state, progress_percent, message } = MILESTONES.queued;
  return { job_id, state, progress_percent, message, updated_at: timestamp(clock) };
}
