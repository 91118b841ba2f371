import type { JobPriority, JobResult, JobStatus, ScheduledJob } from '@dtq/generated/schemas/types.ts';
import { byThen } from './by-then.ts';
import type { Clock } from './clock.ts';
import { Unavailable } from './errors.ts';
import { known } from './known.ts';
import type { Backend, Part } from './ports.ts';
import { canonical } from './submit-id.ts';

export interface StoredSubmitParts extends Pick<Backend, 'statuses' | 'results' | 'schedule'> {
  readonly clock: Clock;
}

/** What the stores still know of how a job was submitted. */
export interface StoredSubmit {
  /** Whether the job is certainly accepted: a row of an expiry alone comes before that. */
  readonly isAccepted: boolean;
  readonly trace_id?: string | undefined;
  readonly submitted_at?: string | undefined;
  readonly job_type?: string | undefined;
  /** Undefined where nobody could read it, or keeps it. */
  readonly payload?: object | undefined;
  readonly priority?: JobPriority | undefined;
}

/**
 * Looks for a job that an earlier submit with the same key has made: its document, its row in the schedule, or its status.
 * `silent` is the store that did not answer within `ms`, if any: what is not found then may be there all the same.
 */
export async function findStoredSubmit(
  { statuses, results, schedule }: StoredSubmitParts,
  jobId: string,
  ms: number,
): Promise<{ readonly stored: StoredSubmit | null; readonly silent: Unavailable | null }> {
  let silent: Unavailable | null = null;
  const ask = async <T>(question: Promise<T>, part: Part): Promise<T | null> => {
    try {
      return await byThen(question, ms, part);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      silent = error;
      return null;
    }
  };
  const [rows, result, status] = await Promise.all([
    ask(schedule.find(jobId), 'mongodb'),
    ask(results.get(jobId), 'mongodb'),
    ask(statuses.get(jobId), 'redis'),
  ]);
  const [row] = rows ?? [];
  const isAccepted = result !== null || status !== null || (rows ?? []).some(({ kind }) => kind === 'run');
  if (!isAccepted && row === undefined) return { stored: null, silent };
  const known = { ...ofStatus(status), ...ofResult(result), ...ofRow(row) };
  return { stored: { ...known, isAccepted }, silent };
}

/** Whether a body asks for what the stored job does, as far as anybody still knows. */
export function isSameSubmit(
  { job_type, payload, priority }: StoredSubmit,
  body: { readonly job_type: string; readonly payload: object; readonly priority?: JobPriority | undefined },
): boolean {
  if (job_type !== undefined && job_type !== body.job_type) return false;
  if (priority !== undefined && priority !== (body.priority ?? 'normal')) return false;
  return payload === undefined || canonical(payload) === canonical(body.payload);
}

function ofRow(row: ScheduledJob | undefined): Partial<StoredSubmit> {
  if (row === undefined) return {};
  const { trace_id, submitted_at, job_type, payload } = row.message;
  return { trace_id, submitted_at, job_type, payload, priority: row.priority };
}

function ofResult(result: JobResult | null): Partial<StoredSubmit> {
  if (result === null) return {};
  const { job_type, input, submitted_at, trace_id, priority, final_state } = result;
  // With a failed job an empty one may also stand for an input that could not be read.
  const payload = final_state === 'failed' && Object.keys(input).length === 0 ? undefined : input;
  return known({ job_type, payload, submitted_at, trace_id, priority });
}

function ofStatus(status: JobStatus | null): Partial<StoredSubmit> {
  if (status === null) return {};
  const { job_type, input, submitted_at, trace_id, priority } = status;
  return known({ job_type, payload: input, submitted_at, trace_id, priority });
}
