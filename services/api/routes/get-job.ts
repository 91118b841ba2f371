import { lookUpJob } from '@dtq/core/look-up.ts';
import { problem } from '../problem.ts';
import type { Route } from '../route.ts';

/** The document of a job that ended, else its live status. Needs no worker. */
export const getJob: Route<'getJob'> = async ({ path: { job_id } }, context) => {
  const known = await lookUpJob(context, job_id);
  if (known.kind === 'unknown') return problem('job_not_found', { job_id, detail: `No job has the id ${job_id}.` });
  const body = known.kind === 'result' ? known.result : known.status;
  return { status: 200, type: 'application/json', body, headers: {} };
};
