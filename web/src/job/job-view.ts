import type { Job, JobError, JobResult, JobState, JobStatus, Problem } from '@dtq/generated/schemas/types.ts';
import { JOB_RESULTS_FIELD } from '@dtq/generated/storage/job-results.ts';
import type { Outcome } from '../api/outcome.ts';

/** What the page knows of the job that it watches. */
export interface JobView {
  readonly jobId: string;
  /** The live status that was seen last; kept when the result comes, for its history. */
  readonly status: JobStatus | null;
  readonly result: JobResult | null;
  /** Why nothing newer is known just now; the page goes on asking. */
  readonly trouble: 'unreachable' | Problem | null;
  /** Why the page no longer asks. */
  readonly refusal: Problem | null;
}

/** A job of which nothing is known yet. */
export function unknownJob(jobId: string): JobView {
  return { jobId, status: null, result: null, trouble: null, refusal: null };
}

/** The view after one more answer. */
export function advance(view: JobView, outcome: Outcome<Job>): JobView {
  if (outcome.kind === 'unreachable') return { ...view, trouble: 'unreachable' };
  if (outcome.kind === 'problem') {
    return isRefusal(outcome.problem)
      ? { ...view, refusal: outcome.problem, trouble: null }
      : { ...view, trouble: outcome.problem };
  }
  const { data } = outcome;
  return isResult(data) ? { ...view, result: data, trouble: null } : { ...view, status: data, trouble: null };
}

/** Whether nothing that the page could ask would tell more. */
export function isSettled(view: JobView): boolean {
  return view.result !== null || view.refusal !== null;
}

/** The state of the job, or null while it is unknown. */
export function stateOf(view: JobView): JobState | null {
  return view.result?.final_state ?? view.status?.state ?? null;
}

/** How far the job is or came, or null where that was never seen. */
export function percentOf(view: JobView): number | null {
  return view.result?.final_state === 'completed' ? 100 : (view.status?.progress_percent ?? null);
}

/** Why the job failed, or null where it did not. */
export function errorOf(view: JobView): JobError | null {
  if (view.result) return view.result.error;
  if (view.status?.state !== 'failed') return null;
  return { code: view.status.error_code ?? 'unknown', message: view.status.error_message ?? view.status.message };
}

function isResult(job: Job): job is JobResult {
  return JOB_RESULTS_FIELD.final_state in job;
}

/** A client error stays what it is however often one asks; these two only mean "later". */
function isRefusal({ status }: Problem): boolean {
  return status < 500 && status !== 408 && status !== 429;
}
