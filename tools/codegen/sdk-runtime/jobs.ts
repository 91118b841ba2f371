import type { Payload } from '@dtq/generated/jobs/index.ts';
import type { Job as AnyJob, SubmitJobRequest } from '@dtq/generated/schemas/types.ts';
import type { EndedJob, Job, JobOptions, JobRef, JobType } from './types.ts';

/**
 * The id of a job, however it is named.
 *
 * @internal
 */
export function idOf(job: JobRef): string {
  return typeof job === 'string' ? job : job.job_id;
}

/** Whether a job has ended, and what is known of it is its durable document. */
export function hasEnded<T extends JobType>(job: Job<T>): job is EndedJob<T> {
  return ('final_state' satisfies keyof Extract<AnyJob, { final_state: unknown }>) in job;
}

/**
 * A moment as the contract writes it. Throws RangeError for a date that is none.
 *
 * @internal
 */
export function timestamp(moment: Date | string): string {
  return typeof moment === 'string' ? moment : moment.toISOString();
}

/**
 * The body of a submit.
 *
 * @internal
 */
export function requestOf<T extends JobType>(type: T, payload: Payload<T>, options: JobOptions): SubmitJobRequest {
  const { priority, runAt, delay, expiresAt } = options;
  const body = {
    job_type: type,
    payload,
    ...(priority === undefined ? {} : { priority }),
    ...(runAt === undefined ? {} : { run_at: timestamp(runAt) }),
    ...(delay === undefined ? {} : { delay: typeof delay === 'number' ? `${Math.round(delay)}ms` : delay }),
    ...(expiresAt === undefined ? {} : { expires_at: timestamp(expiresAt) }),
  } satisfies { [Field in keyof SubmitJobRequest]: unknown };
  // The compiler does not follow that a type and its payload belong together; the arguments' types hold it.
  return body as SubmitJobRequest;
}

/**
 * A key of 128 random bits. Not crypto.randomUUID, which browsers lack on pages without TLS.
 *
 * @internal
 */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
