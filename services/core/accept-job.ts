import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobAccepted, JobMessage, JobPriority } from '@dtq/generated/schemas/types.ts';
import { byThen } from './by-then.ts';
import type { Clock } from './clock.ts';
import { Unavailable } from './errors.ts';
import { factsOf, submittedChange } from './job-facts.ts';
import type { Logger } from './log.ts';
import type { Backend, Capability } from './ports.ts';
import { scheduledJob } from './scheduled-job.ts';
import type { SubmitTimes } from './submit-times.ts';
import type { Telemetry } from './telemetry.ts';
import { activeSpan, traced } from './tracing.ts';

// The one way in. A job is accepted once it is durable where it waits: in the queue, or in the schedule until its time. What
// comes before that is harmless without it, what comes after it is a projection:
//
//   row of the expiry -> queue, or row of the run -> status
//
// A row of an expiry whose job was never accepted ends that job as `expired`: nobody was promised anything else, for whoever
// submitted it was told that nobody can say.

export interface AcceptParts extends Pick<Backend, 'queue' | 'statuses' | 'schedule'> {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** What goes along with a job that is submitted. */
export interface Submission extends SubmitTimes {
  readonly priority: JobPriority;
  readonly replay_of?: string | undefined;
}

/**
 * Accepts a job: resolves to the answer of its submit. Rejects with Unavailable where nobody can say whether it was accepted
 * by `end` (ms since 1970); with the same job_id it may be accepted again, as often as need be.
 */
export async function acceptJob(
  parts: AcceptParts,
  job: JobMessage,
  submission: Submission,
  end: number,
  log: Logger,
): Promise<JobAccepted> {
  const { job_id, job_type, trace_id: traceId } = job;
  const { priority } = submission;
  const attributes = { 'dtq.job_id': job_id, 'dtq.job_type': job_type, 'dtq.priority': priority };
  const { tracer, metrics } = parts.telemetry;
  const answer = await traced(tracer, { name: `accept ${job_type}`, kind: 'producer', traceId, attributes }, () =>
    accept(parts, job, submission, end, log),
  );
  metrics.accepted.inc({ job_type, priority });
  return answer;
}

async function accept(
  { queue, statuses, schedule, clock }: AcceptParts,
  job: JobMessage,
  { run_at, ...submission }: Submission,
  end: number,
  log: Logger,
): Promise<JobAccepted> {
  const envelope = { ...submission, traceparent: activeSpan()?.traceparent };
  const left = (): number => end - clock.now();
  // What is begun too late would only make the outcome of one more job unknown.
  if (left() <= 0) throw new Unavailable('kafka', 'was not asked, for the time of the request was over');
  const { job_id, job_type, submitted_at, trace_id } = job;
  if (envelope.expires_at !== undefined)
    await byThen(schedule.put(scheduledJob('expire', job, envelope.expires_at, envelope)), left(), 'mongodb');
  if (run_at === undefined) await byThen(queue.publish(job, envelope), left(), 'kafka');
  else {
    const waited_ms = Math.max(0, Date.parse(run_at) - Date.parse(submitted_at));
    await byThen(schedule.put(scheduledJob('run', job, run_at, { ...envelope, waited_ms })), left(), 'mongodb');
  }
  const queued = submittedChange(factsOf(job, envelope));
  const change = run_at === undefined ? queued : { ...queued, ...MILESTONES.scheduled, run_at };
  const { state, message } = run_at === undefined ? MILESTONES.queued : MILESTONES.scheduled;
  try {
    await byThen(statuses.advance(change), left(), 'redis');
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    log.warn({ job_id, job_type, err: error }, 'accepted, but its status could not be written');
  }
  log.info({ job_id, job_type, ...(run_at === undefined ? {} : { run_at }) }, 'accepted');
  return { job_id, trace_id, job_type, state, submitted_at, message };
}

/** Whether a backend takes jobs of other priorities than `normal`. */
export function takesPriorities(capabilities: readonly Capability[]): boolean {
  return capabilities.some(({ name, supported }) => name === 'priority-topics' && supported);
}
