import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type {
  AttemptOutcome,
  JobAttempt,
  JobError,
  JobMessage,
  JobPriority,
  JobResult,
} from '@dtq/generated/schemas/types.ts';
import { cut } from './cut.ts';
import type { Envelope } from './envelope.ts';
import { normalized } from './job-facts.ts';
import { known } from './known.ts';
import type { StatusChange } from './ports.ts';

/** The specs' bounds (specs/schemas/JobError.json, JobStatus.json, CompletedJobResult.json). */
const LONGEST_ERROR = 1000;
const LONGEST_WORDS = 500;
export const MOST_ATTEMPTS = 20;

/** What a document tells of a job beside how it ended: the facts of its submit (job-facts.ts), and its attempts. */
export interface DocumentedJob {
  readonly job_id: string;
  readonly job_type: string;
  /** `{}` where it is left out: nobody could read it. */
  readonly input?: object | undefined;
  readonly trace_id?: string | undefined;
  readonly submitted_at?: string | undefined;
  readonly priority?: JobPriority | undefined;
  readonly replay_of?: string | undefined;
  /** None for a job that was never started. */
  readonly attempts?: readonly JobAttempt[] | undefined;
}

export type JobEnd =
  | { readonly output: object; readonly error: null }
  | { readonly output: null; readonly error: JobError };

/** Why a job ends whose cancel was asked for, by whomever it is ended. */
export const CANCELLED = { code: 'cancelled', message: 'its cancel was asked for' } as const satisfies JobError;

/** Why a job ends that nobody has started before a time. */
export function expired(expires_at: string): JobError {
  return { code: 'expired', message: `nobody started it before ${expires_at}` };
}

/** What a message and its envelope tell of a job, for its document. */
export function documented(
  { payload, ...job }: JobMessage,
  { priority, replay_of }: Pick<Envelope, 'priority' | 'replay_of'>,
  attempts: readonly JobAttempt[] = [],
): DocumentedJob {
  return { ...job, input: payload, priority, replay_of, attempts };
}

/** The attempts of a job whose last one has just ended. */
export function endAttempt(
  attempts: readonly JobAttempt[],
  end: { readonly ended_at: string; readonly outcome: AttemptOutcome; readonly error?: JobError | null },
): readonly JobAttempt[] {
  const { error, ...rest } = end;
  return attempts.map((one, index) =>
    index === attempts.length - 1 ? { ...one, ...rest, ...(error == null ? {} : { error: shortened(error) }) } : one,
  );
}

/**
 * The durable document of a job that ended at `at`. It started with the first attempt that is known, and at its end where
 * there is none. An attempt that still runs is ended with it, as `cancelled`: the job ended without it.
 */
export function documentOf(job: DocumentedJob, { output, error }: JobEnd, at: string): JobResult {
  const { job_id, job_type, input = {}, trace_id, submitted_at, priority, replay_of, attempts = [] } = job;
  const document = {
    schema_version: '1.0',
    job_id,
    job_type,
    input,
    output,
    final_state: error === null ? 'completed' : 'failed',
    started_at: attempts[0]?.started_at ?? at,
    completed_at: at,
    error: error === null ? null : shortened(error),
    ...known({
      trace_id,
      submitted_at: submitted_at === undefined ? undefined : normalized(submitted_at),
      priority,
      replay_of,
    }),
    ...(attempts.length === 0
      ? {}
      : {
          attempts: attempts
            .slice(-MOST_ATTEMPTS)
            .map((one) => (one.outcome === undefined ? { ...one, ended_at: at, outcome: 'cancelled' } : one)),
        }),
  };
  // Type, input and output belong together, as whoever made them has checked; the compiler only sees three unions.
  return document as JobResult;
}

/**
 * The final status of a job, as its document has it, with what that tells of the job, for its status may have gone; to be
 * written once the document is durable. A failure keeps the progress that the job had reached, in percent.
 */
export function finalStatus(
  { job_id, trace_id, error, attempts, job_type, submitted_at, priority, replay_of }: JobResult,
  {
    attempt,
    progress_percent,
    at,
  }: { readonly attempt: number; readonly progress_percent: number; readonly at: string },
): StatusChange {
  const facts = { job_type, ...known({ submitted_at, priority, replay_of, attempts }) };
  const ids = { job_id, trace_id, ...facts, attempt, updated_at: at };
  if (error === null) return { ...ids, ...MILESTONES.completed };
  return {
    ...ids,
    state: 'failed',
    progress_percent,
    message: cut(`${error.code}: ${error.message}`, LONGEST_WORDS),
    error_code: error.code,
    error_message: error.message,
  };
}

/** With a message that the schema takes and every store can hold. */
function shortened({ code, message }: JobError): JobError {
  return { code, message: cut(message.toWellFormed(), LONGEST_ERROR) };
}
