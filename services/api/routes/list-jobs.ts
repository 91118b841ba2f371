import { decodeCursor, encodeCursor } from '@dtq/core/cursor.ts';
import { countJobs, listJobs as listPage, type Position } from '@dtq/core/list-jobs.ts';
import { cursorFault, DEFAULT_LIMIT, readSpan } from '@dtq/core/list-query.ts';
import { invalid } from '@dtq/core/problem.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import type { Route } from '../route.ts';

/** A page of the jobs, open and ended, that match every filter. Needs no worker. */
export const listJobs: Route<'listJobs'> = async ({ query, log }, context) => {
  const { job_type: jobType, state, trace_id, error_code: errorCode, limit = DEFAULT_LIMIT, cursor } = query;
  const { since, until, faults } = readSpan(query);
  const after = cursor === undefined ? null : readPosition(cursor);
  if (after === undefined || faults.length > 0)
    return invalid([...faults, ...(after === undefined ? [cursorFault(String(cursor))] : [])]);
  const filter = { jobType, state, traceId: trace_id, errorCode, since, until };
  const [page, counts] = await Promise.all([
    listPage(context, filter, { after, limit }, log),
    countJobs(context, jobType),
  ]);
  const next_cursor = page.next === null ? null : encodeCursor(partsOf(page.next));
  return { status: 200, type: 'application/json', body: { jobs: [...page.jobs], next_cursor, counts }, headers: {} };
};

function partsOf(position: Position): readonly (string | number)[] {
  const { submittedAt, job_id } = position;
  return submittedAt === null ? [position.completed_at, job_id] : [submittedAt, job_id];
}

/** Undefined for a cursor that `partsOf` did not make. */
function readPosition(cursor: string): Position | undefined {
  const [at, job_id, ...rest] = decodeCursor(cursor) ?? [];
  if (rest.length > 0 || !strict.JobId(job_id)) return undefined;
  if (strict.Timestamp(at)) return { submittedAt: null, completed_at: at, job_id };
  return isMoment(at) ? { submittedAt: at, job_id } : undefined;
}

/** Whether a Date can stand for it. */
function isMoment(value: unknown): value is number {
  return Number.isInteger(value) && !Number.isNaN(new Date(value as number).getTime());
}
