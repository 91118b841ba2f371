import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobResult, JobSummary } from '@dtq/generated/schemas/types.ts';
import { inputWithin } from './job-facts.ts';
import { known } from './known.ts';
import { statusOfOpenJob } from './look-up.ts';
import type { OpenJob } from './ports.ts';

/** A longer input is not shown in a list; in bytes of JSON (specs/schemas/JobSummary.json). */
const LONGEST_INPUT = 1024;

/** An open job in a list. */
export function summaryOfOpenJob(job: OpenJob): JobSummary {
  const { state, progress_percent, message, updated_at, ...status } = statusOfOpenJob(job);
  const { attempt, priority, run_at, expires_at, next_attempt_at, replay_of, trace_id, attempts, input } = status;
  return {
    job_id: job.job_id,
    job_type: job.job_type,
    state,
    progress_percent,
    message,
    submitted_at: new Date(job.submittedAt).toISOString(),
    updated_at,
    ...known({ input: shortInput(input), started_at: attempts?.[0]?.started_at, attempt, priority }),
    ...known({ run_at, expires_at, next_attempt_at, replay_of, trace_id }),
  };
}

/** A job that ended in a list. Its document does not say how far a failed one had come. */
export function summaryOfResult(result: JobResult): JobSummary {
  const { job_id, job_type, final_state, error, started_at, completed_at } = result;
  const { submitted_at, attempts, priority, replay_of, trace_id, input } = result;
  const { progress_percent, message } =
    error === null ? MILESTONES.completed : { progress_percent: 0, message: error.message };
  return {
    job_id,
    job_type,
    state: final_state,
    progress_percent,
    message,
    started_at,
    completed_at,
    updated_at: completed_at,
    ...known({ input: shortInput(input), submitted_at, attempt: attempts?.at(-1)?.number, priority }),
    ...known({ replay_of, error_code: error?.code, trace_id }),
  };
}

/** An input that a list has room for; none of a job whose input nobody could read. */
function shortInput(input: object | undefined): JobSummary['input'] {
  if (input === undefined || Object.keys(input).length === 0) return undefined;
  return inputWithin(input, LONGEST_INPUT) as JobSummary['input'];
}
