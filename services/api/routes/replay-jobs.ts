import { replayJobs as replay } from '@dtq/core/replay-jobs.ts';
import { momentOf } from '@dtq/core/submit-times.ts';
import type { Violation } from '@dtq/generated/schemas/types.ts';
import { endOfRequest } from '../accept-submit.ts';
import { invalid } from '../pages.ts';
import { problem } from '../problem.ts';
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
  const faults: Violation[] = [];
  const read = (name: 'since' | 'until'): { [N in typeof name]?: string } => {
    const text = filter[name];
    if (text === undefined) return {};
    const moment = momentOf(text);
    if (moment !== null) return { [name]: new Date(moment).toISOString() };
    faults.push({
      pointer: `/filter/${name}`,
      message: `must be a time that clocks have, not ${JSON.stringify(text)}`,
    });
    return {};
  };
  const { job_ids, job_type, error_code } = filter;
  const query = {
    ...(job_ids === undefined ? {} : { jobIds: job_ids.map((jobId) => jobId.toLowerCase()) }),
    ...(job_type === undefined ? {} : { jobType: job_type }),
    ...(error_code === undefined ? {} : { errorCode: error_code }),
    ...read('since'),
    ...read('until'),
  };
  if (faults.length > 0) return invalid(faults);
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
