import { isFinal } from '@dtq/generated/lifecycle.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { FinalState, JobResult, JobStatus, JobType, ScheduledJob } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { timestamp } from './clock.ts';
import { Unavailable } from './errors.ts';
import { CANCELLED, type DocumentedJob, documented, documentOf, finalStatus } from './job-document.ts';
import type { Logger } from './log.ts';
import { lookUpJob, type Stores } from './look-up.ts';
import type { Backend, OpenJob } from './ports.ts';
import { envelopeOfRow } from './scheduled-job.ts';

// The insert of the document is the arbiter between a cancel, an expiry and the job's own end (architecture.md, decision 10):
//
//   mark and signal -> document failed/cancelled -> final status -> rows of the schedule gone
//
// Whoever works on the job hears the signal, finds the mark at its next step, or finds the document at its end, and takes what
// stands. A message that still waits in the queue finds the final status, or where that has gone the document, and is skipped.

export interface CancelParts
  extends Pick<Backend, 'statuses' | 'results' | 'schedule' | 'openJobs' | 'cancels'>,
    Pick<Stores, 'queue' | 'clock'> {}

export type CancelOutcome =
  | { readonly kind: 'unknown' }
  /** It had ended before, or ended otherwise first. */
  | { readonly kind: 'final'; readonly state: FinalState }
  | { readonly kind: 'cancelled'; readonly result: JobResult };

/**
 * Ends a job that has not ended. Rejects with Unavailable where the document cannot be stored, or a store that must say
 * what the job is does not: nothing is promised then, though the job may end cancelled all the same.
 */
export async function cancelJob(parts: CancelParts, asked: string, log: Logger): Promise<CancelOutcome> {
  const known = await lookUpJob(parts, asked);
  if (known.kind === 'unknown') return { kind: 'unknown' };
  if (known.kind === 'result') return { kind: 'final', state: known.result.final_state };
  const { status } = known;
  if (isFinal(status.state)) return { kind: 'final', state: status.state };
  const { statuses, results, schedule, cancels, clock } = parts;
  const jobId = asked.toLowerCase();
  const at = timestamp(clock);
  // The newest first: of the attempts it knows most.
  const rows = [...(await schedule.find(jobId))].sort((a, b) => b.attempt - a.attempt);
  const job = await describe(jobId, status, rows, parts);
  await unlessSilent(() => cancels.request(jobId, at), log, 'a cancel could not be told to the workers');
  const { stored, inserted } = await results.insert(documentOf(job, { output: null, error: CANCELLED }, at));
  const { attempt = 1, progress_percent } = status;
  const end = finalStatus(stored, { attempt, progress_percent, at });
  await unlessSilent(() => statuses.advance(end), log, 'cancelled, but its status could not be written');
  const remove = async (): Promise<void> => {
    await Promise.all(rows.map(({ schedule_id }) => schedule.remove(schedule_id)));
  };
  await unlessSilent(remove, log, 'cancelled, but its rows still stand in the schedule');
  // A worker that heard of the cancel may have been first to say so: that is what was asked for.
  if (!inserted && stored.error?.code !== CANCELLED.code) return { kind: 'final', state: stored.final_state };
  log.info({ attempt }, 'cancelled');
  return { kind: 'cancelled', result: stored };
}

/** What can be said of the job in its document, from its status, its rows and its place in the index. */
async function describe(
  job_id: string,
  status: JobStatus,
  rows: readonly ScheduledJob[],
  { openJobs }: CancelParts,
): Promise<DocumentedJob> {
  const { attempts } = status;
  const [row] = rows;
  if (row !== undefined) return documented(row.message, envelopeOfRow(row), attempts ?? row.attempts);
  const open = status.job_type === undefined || status.submitted_at === undefined ? await openJobs.find(job_id) : null;
  const job_type = typeOf(status, open);
  const { input, trace_id, priority, replay_of } = status;
  return {
    job_id,
    job_type,
    // Another program may have written the status, and anything into it.
    input: strict.Payload[job_type](input) ? input : {},
    trace_id,
    submitted_at: status.submitted_at ?? submittedAtOf(open),
    priority,
    replay_of,
    attempts,
  };
}

function typeOf(status: JobStatus, open: OpenJob | null): JobType {
  const named = status.job_type ?? open?.job_type;
  const found = JOB_TYPE_VALUES.find((jobType) => jobType === named);
  // A document is of a type. A job whose status has gone comes back into the index; that of a newer program is its own matter.
  if (found === undefined) throw new Unavailable('redis', `nothing tells which type of job it is (${named ?? 'none'})`);
  return found;
}

function submittedAtOf(open: OpenJob | null): string | undefined {
  return open === null ? undefined : new Date(open.submittedAt).toISOString();
}

/** Does what the outcome does not depend on; a store that is silent is only noted. */
async function unlessSilent(step: () => Promise<unknown>, log: Logger, words: string): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    log.warn({ err: error }, words);
  }
}
