import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobMessage } from '@dtq/generated/schemas/types.ts';
import type { Envelope } from './envelope.ts';
import { known } from './known.ts';
import type { StatusChange } from './ports.ts';

/** A longer input is kept by the queue and the document alone; in bytes of JSON (specs/schemas/JobStatus.json). */
const LONGEST_INPUT = 4096;

export type JobFacts = Pick<
  StatusChange,
  'job_id' | 'trace_id' | 'job_type' | 'submitted_at' | 'input' | 'priority' | 'expires_at' | 'replay_of'
>;

/** What a job's status tells of it from its submit. */
export function factsOf(
  { job_id, trace_id, job_type, submitted_at, payload }: JobMessage,
  { priority, expires_at, replay_of }: Pick<Envelope, 'priority' | 'expires_at' | 'replay_of'>,
): JobFacts & { readonly submitted_at: string } {
  return {
    job_id,
    trace_id,
    job_type,
    submitted_at: normalized(submitted_at),
    ...known({ input: inputWithin(payload, LONGEST_INPUT) }),
    priority,
    ...known({ expires_at, replay_of }),
  };
}

/** The change that a submit makes first, of a job that may start at once. */
export function submittedChange(facts: JobFacts & { readonly submitted_at: string }): StatusChange {
  return { ...facts, attempt: 1, ...MILESTONES.queued, updated_at: facts.submitted_at };
}

/** An input whose JSON has at most so many bytes; undefined for a longer one. */
export function inputWithin<T extends object>(input: T, mostBytes: number): T | undefined {
  return Buffer.byteLength(JSON.stringify(input)) > mostBytes ? undefined : input;
}

/** As `Date` writes a time that has no leap second; most times are ours already, and need not be read and written anew. */
const OURS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d\.\d{3}Z$/;

/** A time as we write it, in UTC with milliseconds and Z, so that text and time have one order. */
export function normalized(time: string): string {
  return OURS.test(time) ? time : new Date(millisecondsOf(time)).toISOString();
}

/** A time of RFC 3339 in ms since 1970; NaN for what is none. */
export function millisecondsOf(time: string | undefined): number {
  // RFC 3339 knows leap seconds, as 23:59:60; no clock here does, and Date takes none.
  return time === undefined ? Number.NaN : Date.parse(time.replace(/:60(?=[.Zz+-])/, ':59'));
}
