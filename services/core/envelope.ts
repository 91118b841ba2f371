import { JOB_MESSAGE_HEADERS_FIXED, JOB_MESSAGE_HEADERS as NAME } from '@dtq/generated/messaging/headers.ts';
import type { JobMessageHeaders, JobPriority } from '@dtq/generated/schemas/types.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';

/** What goes along with a job through the queue beside its message, whose schema other programs may have closed. */
export interface Envelope {
  readonly priority: JobPriority;
  /** The attempt that begins with the message, from 1. */
  readonly attempt: number;
  /** How long the job was made to wait before it, in milliseconds. */
  readonly waited_ms: number;
  /** Whoever would start the job later fails it instead. RFC 3339. */
  readonly expires_at?: string | undefined;
  readonly replay_of?: string | undefined;
  /** W3C trace context of whoever submitted. */
  readonly traceparent?: string | undefined;
}

/** No record takes a longer wait (specs/schemas/JobAttempt.json): 30 days, in milliseconds. */
const LONGEST_WAIT_MS = 2_592_000_000;

/** The envelope of a job that was submitted without more. */
export const PLAIN: Envelope = { priority: 'normal', attempt: 1, waited_ms: 0 };

/** An envelope as headers; the priority is told by the topic. */
export function headersOf(envelope: Partial<Envelope>): JobMessageHeaders & Record<string, string> {
  const { attempt, waited_ms, expires_at, replay_of, traceparent } = { ...PLAIN, ...envelope };
  return {
    ...JOB_MESSAGE_HEADERS_FIXED,
    ...(attempt > 1 ? { [NAME.dtqAttempt]: String(attempt) } : {}),
    ...(waited_ms > 0 ? { [NAME.dtqWaitedMs]: String(Math.round(waited_ms)) } : {}),
    ...(expires_at === undefined ? {} : { [NAME.dtqExpiresAt]: expires_at }),
    ...(replay_of === undefined ? {} : { [NAME.dtqReplayOf]: replay_of }),
    ...(traceparent === undefined ? {} : { [NAME.traceparent]: traceparent }),
  };
}

/** The envelope of a message. A header that breaks the contract counts as missing: the job itself may be good. */
export function envelopeOf(headers: Readonly<Record<string, string>>, priority: JobPriority): Envelope {
  const read = (name: keyof JobMessageHeaders): string | undefined => {
    const value = headers[name];
    return value !== undefined && tolerant.JobMessageHeaders({ [name]: value }) ? value : undefined;
  };
  return {
    priority,
    attempt: Number(read(NAME.dtqAttempt) ?? PLAIN.attempt),
    waited_ms: Math.min(LONGEST_WAIT_MS, Number(read(NAME.dtqWaitedMs) ?? PLAIN.waited_ms)),
    expires_at: read(NAME.dtqExpiresAt),
    replay_of: read(NAME.dtqReplayOf),
    traceparent: read(NAME.traceparent),
  };
}
