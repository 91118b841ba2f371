import { readSpan } from '@dtq/core/list-query.ts';
import { invalid } from '@dtq/core/problem.ts';
import { reportFailures } from '@dtq/core/system-report.ts';
import type { Route } from '../route.ts';

const DAY_MS = 24 * 3_600_000;

/** The counters of an hour are kept a little longer (core/resolutions.ts). */
const OLDEST_MS = 30 * DAY_MS;

/** What failed, by type and code, from the counters of each hour. */
export const listFailures: Route<'listFailures'> = async ({ query }, { stats, clock }) => {
  const { since = clock.now() - DAY_MS, faults } = readSpan(query);
  if (faults.length > 0) return invalid(faults);
  if (since < clock.now() - OLDEST_MS)
    return invalid([{ pointer: '#/query/since', message: `must be at most 30 days ago, not ${query.since}` }]);
  const body = await reportFailures(stats, since, query.job_type);
  return { status: 200, type: 'application/json', body, headers: {} };
};
