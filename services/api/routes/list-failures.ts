import { reportFailures } from '@dtq/core/system-report.ts';
import { problem } from '../problem.ts';
import type { Route } from '../route.ts';

const DAY_MS = 24 * 3_600_000;

/** The counters of an hour are kept a little longer (ports.ts). */
const OLDEST_MS = 30 * DAY_MS;

/** What failed, by type and code, from the counters of each hour. */
export const listFailures: Route<'listFailures'> = async ({ query }, { stats, clock }) => {
  const since = query.since === undefined ? clock.now() - DAY_MS : Date.parse(query.since);
  if (since < clock.now() - OLDEST_MS) {
    const message = `must be at most 30 days ago, not ${query.since}`;
    return problem('invalid_request', { detail: '1 violation', violations: [{ pointer: '#/query/since', message }] });
  }
  const body = await reportFailures(stats, since, query.job_type);
  return { status: 200, type: 'application/json', body, headers: {} };
};
