import type { JobMessage, JobResult, JobType, ScheduledJob } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import type { Validator } from '@dtq/generated/validators/validator.ts';

// The kit is told the job type when it runs; to the compiler the validator of any type is then one of the union.

export function jobResult(jobType: JobType): Validator<JobResult> {
  return strict.JobResult[jobType] as Validator<JobResult>;
}

export function jobMessage(jobType: JobType): Validator<JobMessage> {
  return strict.JobMessage[jobType] as Validator<JobMessage>;
}

export function scheduledJob(jobType: JobType): Validator<ScheduledJob> {
  return strict.ScheduledJob[jobType] as Validator<ScheduledJob>;
}
