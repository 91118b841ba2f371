import { timestamp } from '@dtq/core/clock.ts';
import { documentOf } from '@dtq/core/job-document.ts';
import type { NoJob } from '@dtq/core/job-message.ts';
import type { Logger } from '@dtq/core/log.ts';
import { lookUpJob } from '@dtq/core/look-up.ts';
import type { Delivery, OpenJobs, Outcome } from '@dtq/core/ports.ts';
import { wrongPlaces } from '@dtq/core/violations.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import type { WorkerParts } from './running-job.ts';
import { StatusWriter } from './status-writer.ts';
import { untilStored } from './until-stored.ts';

/**
 * Puts a message that is no job aside. Whoever waits for it is told, with a failed document and status, but only where the
 * message's key is its own job_id and no store knows that id, or only a status that another program wrote for a job that waits
 * (a sender does): a bad message must never fail another's good job.
 */
export async function refuse(
  delivery: Delivery,
  { reason, violations, job_id, trace_id }: NoJob,
  parts: Pick<WorkerParts, 'statuses' | 'results' | 'schedule' | 'clock'> & {
    readonly openJobs: Pick<OpenJobs, 'find'>;
  },
  log: Logger,
): Promise<Outcome> {
  const words = violations.length > 0 ? wrongPlaces(violations) : reason;
  log.warn({ reason: words, source: delivery.source }, 'a message is no job, and goes to the dead letters');
  if (job_id !== null && delivery.key?.toLowerCase() === job_id) {
    // The queue is not asked: what it holds under that id is this very message.
    const { statuses, results, schedule, openJobs, clock } = parts;
    const known = await lookUpJob({ statuses, results, schedule, openJobs, clock }, job_id);
    if (known.kind === 'unknown' || (known.kind === 'status' && isOfSender(known.status))) {
      const { jobType: job_type, priority, signal } = delivery;
      const document = documentOf(
        { job_id, job_type, trace_id: trace_id ?? undefined, priority },
        { output: null, error: { code: 'invalid_message', message: reason } },
        timestamp(clock),
      );
      const kept = await untilStored(() => results.insert(document), signal, log);
      if (kept === null) return { kind: 'again' };
      await new StatusWriter(parts, { job_id, trace_id: trace_id ?? undefined }, log, 0).finish(kept.stored);
    }
  }
  return { kind: 'bury', reason, violations, jobId: job_id, traceId: trace_id };
}

/** Whether a status is what a program that is none of ours writes when it sends a job; ours tell the type, and send no bad ones. */
function isOfSender({ state, job_type }: JobStatus): boolean {
  return state === 'queued' && job_type === undefined;
}

/** An index of the jobs in the queue that has none: what it says of a message that nobody reads may be of that very message. */
export const NO_INDEX: Pick<OpenJobs, 'find'> = { find: async () => null };

/** What is said of a message that is longer than is read: nothing but its key tells whose it is. */
export function tooLong({ key, value }: Delivery, maxBytes: number): NoJob {
  return {
    ok: false,
    reason: `the message is ${value.byteLength} bytes long, and at most ${maxBytes} are read`,
    violations: [],
    job_id: tolerant.JobId(key) ? key.toLowerCase() : null,
    trace_id: null,
  };
}
