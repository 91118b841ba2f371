export { JOB_TYPE_VALUES as JOB_TYPES } from '@dtq/generated/schemas/enums.ts';
export type {
  DeadLetterList,
  DeadLetterReport,
  DeadLetterSummary,
  FailureReport,
  Health,
  JobAttempt,
  JobCancelled,
  JobError,
  JobErrorCode,
  JobList,
  JobPosition,
  JobPriority,
  JobState,
  JobStatus,
  JobSummary,
  KnownProgressReply,
  Problem,
  ProblemCode,
  Replay,
  ReplayReport,
  SystemReport,
  Violation,
} from '@dtq/generated/schemas/types.ts';
export { VERSION } from '@dtq/generated/sdk/tables.ts';
export type { KeySource } from './api-key.ts';
export type { Submission } from './batch.ts';
export {
  type Client,
  createClient,
  type JobFilter,
  type RunOptions,
  type Submissions,
  type SubmitOptions,
} from './client.ts';
export {
  DeadlineError,
  DtqError,
  InvalidMessageError,
  isJobErrorCode,
  isProblem,
  JobFailedError,
  ProblemError,
  UnexpectedAnswerError,
  UnreachableError,
} from './errors.ts';
export { hasEnded } from './jobs.ts';
export type {
  DeadLetterFilter,
  DeadLetters,
  Operators,
  PageOptions,
  ReplayOptions,
  ReplayWhich,
} from './operators.ts';
export type { CallOptions, ClientOptions, HeaderSource, KeyedCallOptions } from './options.ts';
export type {
  CompletedJob,
  EndedJob,
  FailedJob,
  Job,
  JobChange,
  JobOptions,
  JobRef,
  JobType,
  NewJob,
  Output,
  Payload,
  SubmittedJob,
} from './types.ts';
export type { WatchOptions } from './watch.ts';
