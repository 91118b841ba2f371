import { timestamp } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { factsOf, normalized } from '@dtq/core/job-facts.ts';
import type { Begun } from '@dtq/core/ports.ts';
import { isFinal, MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import type { BegunAttempt, JobOutcome, RunningJob, WorkerParts } from './running-job.ts';
import { untilStored } from './until-stored.ts';

// What is found before an attempt is made, from the cheapest question to the dearest:
//
//   the envelope: it is too late to start it                 -> expired, unless somebody has started it
//   the status:   final                                      -> done
//                 waits for a later attempt                  -> done: the message is a repeat
//                 queued, first attempt, no cancel mark      -> start
//                 anything else, or silent                   -> ask the result store: a document -> done
//                 with a cancel mark, without a document     -> cancelled

export type Beginning =
  | { readonly kind: 'begun'; readonly attempt: BegunAttempt }
  /** Nobody has started it in time. */
  | { readonly kind: 'expired'; readonly expiresAt: string }
  | { readonly kind: 'cancelled'; readonly attempt: BegunAttempt }
  /** There is nothing to do. */
  | { readonly kind: JobOutcome };

/** Begins an attempt, unless the job has ended, must not be started any more, or waits for another attempt. */
export async function beginJob(running: RunningJob, parts: WorkerParts): Promise<Beginning> {
  const { job, envelope, status, cancel, signal, log } = running;
  const { clock, results } = parts;
  const { expires_at } = envelope;
  const isLate =
    expires_at !== undefined && envelope.attempt === 1 && Date.parse(normalized(expires_at)) <= clock.now();
  const late = isLate ? await statusOf(job.job_id, parts) : undefined;
  // A message that comes again after its worker was lost is of a job that was started in time.
  if (isLate && (late == null || late.state === 'queued')) return { kind: 'expired', expiresAt: expires_at };

  const begun = await begin(running, parts);
  const { attempt: number, attempts, previous } = begun;
  status.attempt = number;
  status.progress = MILESTONES.started.progress_percent;
  if (previous !== null && isFinal(previous.state)) return { kind: 'done' };
  if (begun.isStale) {
    log.info({ attempt: envelope.attempt }, 'a repeat of an attempt that has ended; the next one waits for its time');
    return { kind: 'done' };
  }
  const attempt = { number, attempts };
  const isMarked = previous?.cancel_requested_at !== undefined;
  if (previous !== null && number === 1 && !isMarked) return { kind: 'begun', attempt };

  const asked = await untilStored(async () => ({ document: await results.get(job.job_id) }), signal, log);
  if (asked === null) return { kind: 'again' };
  if (asked.document !== null) {
    await status.finish(asked.document);
    return { kind: 'done' };
  }
  // Whoever marked it could not store its end, or is about to: it is ended here, and the first document stands.
  if (isMarked) cancel.cancel();
  return isMarked ? { kind: 'cancelled', attempt } : { kind: 'begun', attempt };
}

/** Begins in the status; where its store is silent the message alone tells which attempt it is. */
async function begin({ job, envelope }: RunningJob, parts: WorkerParts): Promise<Begun> {
  const { statuses, worker, clock } = parts;
  const { attempt, waited_ms } = envelope;
  const updated_at = timestamp(clock);
  try {
    const start = { ...factsOf(job, envelope), ...MILESTONES.started, updated_at, attempt, worker, waited_ms };
    return await statuses.begin(start);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    const attempts = [{ number: attempt, worker, waited_ms, started_at: updated_at }];
    return { applied: false, previous: null, attempt, attempts, isStale: false };
  }
}

async function statusOf(jobId: string, { statuses }: WorkerParts): Promise<JobStatus | null> {
  try {
    return await statuses.get(jobId);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return null;
  }
}
