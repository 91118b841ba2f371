import type { Output, Payload } from '@dtq/generated/jobs/index.ts';
import type {
  CompletedJobResultByJobType,
  FailedJobResultByJobType,
  JobAccepted,
  JobPriority,
  JobResultByJobType,
  JobStatus,
  JobStatusEvent,
  JobType,
} from '@dtq/generated/schemas/types.ts';

/** The durable document of a job that completed; `output` is what it made. */
export type CompletedJob<T extends JobType = JobType> = CompletedJobResultByJobType[T];

/** The durable document of a job that failed; `error` says why. */
export type FailedJob<T extends JobType = JobType> = FailedJobResultByJobType[T];

/** The durable document of a job that ended, told by `final_state`. */
export type EndedJob<T extends JobType = JobType> = JobResultByJobType[T];

/** A job as it is known now: its durable document once it ended, else its live status. `hasEnded` tells them apart. */
export type Job<T extends JobType = JobType> = EndedJob<T> | JobStatus;

/** A job that dtq accepted: it will end, completed or failed. */
export type SubmittedJob<T extends JobType = JobType> = JobAccepted & { readonly job_type: T };

/**
 * Names a job: its id, or anything that has it, such as what a submit or a list gave. The type of the job, where it is known,
 * decides the type of the result; `client.wait<'weather'>(id)` says it for a bare id.
 */
export type JobRef<T extends JobType = JobType> =
  | string
  | { readonly job_id: string; readonly job_type: T }
  | { readonly job_id: string; readonly job_type?: string };

/** What happens to a job: each change of its status, and its durable document as the last. */
export type JobChange<T extends JobType = JobType> =
  | JobStatusEvent
  | { readonly event: 'result'; readonly id: 'end'; readonly data: EndedJob<T> };

/** When and how a job is to be done. */
export interface JobOptions {
  /** `normal` unless said otherwise. Not every backend knows others: `system()` tells. */
  readonly priority?: JobPriority | undefined;
  /** Not before this time, at most 30 days ahead; not together with `delay`. */
  readonly runAt?: Date | string | undefined;
  /** Not before so long from now: milliseconds, or a text such as `10m`; not together with `runAt`. */
  readonly delay?: number | string | undefined;
  /** The job fails with the code `expired` where nobody has started it by then. */
  readonly expiresAt?: Date | string | undefined;
}

/** One of many jobs to submit. */
export type NewJob<T extends JobType = JobType> = {
  readonly [Type in T]: { readonly type: Type; readonly payload: Payload<Type> } & JobOptions;
}[T];

export type { JobType, Output, Payload };
