import { cancelJob as cancel } from '@dtq/core/cancel-job.ts';
import { jobNotFound, problem } from '@dtq/core/problem.ts';
import type { Route } from '../route.ts';

/** Ends a job that has not ended; it is cancelled once its document says so. */
export const cancelJob: Route<'cancelJob'> = async ({ path: { job_id }, log }, context) => {
  const outcome = await cancel(context, job_id, log.child({ job_id }));
  if (outcome.kind === 'unknown') return jobNotFound(job_id);
  if (outcome.kind === 'final') {
    const { state } = outcome;
    return problem('job_already_final', { job_id, state, detail: `The job ${job_id} has ${state} already.` });
  }
  const { result } = outcome;
  const message = result.error?.message ?? '';
  return {
    status: 202,
    type: 'application/json',
    body: { job_id: result.job_id, state: 'failed', error_code: 'cancelled', message },
    headers: {},
  };
};
