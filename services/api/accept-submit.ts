import { acceptJob } from '@dtq/core/accept-job.ts';
import { timestamp } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import { type ProblemAnswer, problem } from '@dtq/core/problem.ts';
import type { SubmitTimes } from '@dtq/core/submit-times.ts';
import { operationPath, type RequestBody, type Response } from '@dtq/generated/rest/operations.ts';
import type { JobAccepted, JobMessage } from '@dtq/generated/schemas/types.ts';
import type { ApiContext } from './route.ts';

/** What is left of a request's time for the answer itself, in milliseconds. */
const ANSWER_MARGIN_MS = 150;
const MOST_OF_TIME = 1 / 4;

export type SubmitAnswer = Response<'submitJob'>;
export type SubmitBody = RequestBody<'submitJob'>;

/** One job to submit; its body has passed its type's own schema. */
export interface SubmitRequest {
  readonly body: SubmitBody;
  /** The Idempotency-Key, where there is one. */
  readonly key: string | undefined;
  readonly traceId: string;
  /** Who submits: the name of its key; empty where no key is wanted. */
  readonly caller: string;
  readonly log: Logger;
  /** By when the answer must be made, in ms since 1970. */
  readonly end: number;
}

/** By when a request that comes now must be done, in ms since 1970; `extraMs` is what it has beside every request's time. */
export function endOfRequest({ clock, config }: Pick<ApiContext, 'clock' | 'config'>, extraMs = 0): number {
  const { requestTimeoutMs } = config;
  return clock.now() + requestTimeoutMs + extraMs - Math.min(ANSWER_MARGIN_MS, requestTimeoutMs * MOST_OF_TIME);
}

/** Accepts the job of a submit under an id. */
export async function acceptSubmit(
  { body, traceId, log, end }: SubmitRequest,
  job_id: string,
  times: SubmitTimes,
  context: ApiContext,
): Promise<SubmitAnswer> {
  const { job_type, payload, priority = 'normal' } = body;
  const job = {
    schema_version: '1.0',
    job_id,
    job_type,
    payload,
    submitted_at: timestamp(context.clock),
    trace_id: traceId,
  };
  try {
    // Its type's own schema has said that type and payload belong together; the compiler only sees two unions.
    return accepted(await acceptJob(context, job as JobMessage, { ...times, priority }, end, log));
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    log.warn({ job_id, job_type, err: error }, 'not accepted, or nobody can say');
    return notAccepted(job_id);
  }
}

/** Null where the job may wait for a worker; the problem to answer where too many do. One that is to run later does not wait yet. */
export async function roomFor(
  { job_type }: SubmitBody,
  { run_at }: SubmitTimes,
  { backlog }: ApiContext,
): Promise<ProblemAnswer<'backlog_full'> | null> {
  return run_at === undefined ? backlog.enter(job_type) : null;
}

/** The answer to a submit whose job is accepted. */
export function accepted(body: JobAccepted): SubmitAnswer {
  const { job_id } = body;
  return {
    status: 202,
    type: 'application/json',
    body,
    headers: { Location: operationPath('getJobStatus', { job_id }) },
  };
}

/** The answer where nobody can say whether the job is accepted. */
export function notAccepted(job_id: string): ProblemAnswer<'not_accepted'> {
  return problem('not_accepted', {
    job_id,
    detail: 'The queue did not confirm the job in time. It may have been accepted all the same: ask for its job_id.',
  });
}
