import type { JobAttempt, JobMessage, ScheduledJob } from '@dtq/generated/schemas/types.ts';
import { type Envelope, PLAIN } from './envelope.ts';
import { MOST_ATTEMPTS } from './job-document.ts';
import { normalized } from './job-facts.ts';

/** What the status of a job says between two attempts. */
export const WAITING_FOR_NEXT_ATTEMPT = 'waiting for its next attempt';

export type ScheduleKind = ScheduledJob['kind'];

/** The id of a job's row of a kind: it has one of each at most. */
export function scheduleId(jobId: string, kind: ScheduleKind): string {
  return `${jobId}:${kind}`;
}

/** A row for a job. `dueAt` is RFC 3339. What the envelope leaves out is as of a plain submit. */
export function scheduledJob(
  kind: ScheduleKind,
  message: JobMessage,
  dueAt: string,
  envelope: Partial<Envelope> = {},
  attempts: readonly JobAttempt[] = [],
): ScheduledJob {
  const { priority, attempt, waited_ms, expires_at, replay_of, traceparent } = { ...PLAIN, ...envelope };
  const row = {
    schedule_id: scheduleId(message.job_id, kind),
    kind,
    due_at: normalized(dueAt),
    job_id: message.job_id,
    job_type: message.job_type,
    message,
    priority,
    attempt,
    ...(waited_ms > 0 ? { waited_ms: Math.round(waited_ms) } : {}),
    ...(expires_at === undefined ? {} : { expires_at }),
    ...(replay_of === undefined ? {} : { replay_of }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(attempts.length === 0 ? {} : { attempts: attempts.slice(-MOST_ATTEMPTS) }),
  };
  // Row and message are of one type; the compiler only sees two unions.
  return row as ScheduledJob;
}

/** The envelope that a row was made with. */
export function envelopeOfRow(row: ScheduledJob): Envelope {
  const { priority, attempt, waited_ms = PLAIN.waited_ms, expires_at, replay_of, traceparent } = row;
  return { priority, attempt, waited_ms, expires_at, replay_of, traceparent };
}
