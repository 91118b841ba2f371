import { lookUpJob } from '@dtq/core/look-up.ts';
import { jobNotFound } from '@dtq/core/problem.ts';
import { positionOf } from '@dtq/core/system-report.ts';
import type { Route } from '../route.ts';

/** How many wait before a job; null for one that waits for no worker. */
export const getJobPosition: Route<'getJobPosition'> = async ({ path: { job_id } }, context) => {
  const known = await lookUpJob(context, job_id, { statusWillDo: true });
  if (known.kind === 'unknown') return jobNotFound(job_id);
  const jobType = known.kind === 'status' ? known.status.job_type : known.result.job_type;
  const body = await positionOf(context, job_id.toLowerCase(), jobType);
  return { status: 200, type: 'application/json', body, headers: {} };
};
