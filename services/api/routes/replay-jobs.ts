import { readSpan } from '@dtq/core/list-query.ts';
import { invalid, problem } from '@dtq/core/problem.ts';
import { replayJobs as replay } from '@dtq/core/replay-jobs.ts';
import { endOfRequest } from '../accept-submit.ts';
import { replayIds } from '../replay-ids.ts';
import type { Route } from '../route.ts';

/** As many as one request replays (specs/schemas/ReplayJobsRequest.json). */
const MOST = 1000;

/** What the search, and each job, adds to the time of the request, in milliseconds. */
const EXTRA_MS = 5000;
const EXTRA_MS_EACH = 10;

/** Submits failed jobs again, as new ones. */
export const replayJobs: Route<'replayJobs'> = async ({ body, header, caller, extendTime, log }, context) => {
  const { filter, limit = MOST, again = false, dry_run: dryRun = false } = body;
  const { since, until, faults } = readSpan(filter, '/filter');
  if (faults.length > 0) return invalid(faults);
  const { job_ids, job_type, error_code } = filter;
  const query = {
    ...(job_ids === undefined ? {} : { jobIds: job_ids.map((jobId) => jobId.toLowerCase()) }),
    ...(job_type === undefined ? {} : { jobType: job_type }),
    ...(error_code === undefined ? {} : { errorCode: error_code }),
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
  };
  const extraMs = EXTRA_MS + limit * EXTRA_MS_EACH;
  extendTime(extraMs);
  const end = endOfRequest(context, extraMs);
  const id = replayIds(context.config.idempotencySecret, caller, header['idempotency-key']);
  const { report, failure } = await replay(context, { filter: query, limit, again, dryRun, id, end }, log);
  if (failure !== null && report.replays.length === 0)
    return problem('not_accepted', {
      detail: 'No job was confirmed in time; those that were may be found by replay_of.',
    });
  return { status: dryRun ? 200 : 202, type: 'application/json', body: report, headers: {} };
};
