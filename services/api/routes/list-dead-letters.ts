import { decodeCursor, encodeCursor } from '@dtq/core/cursor.ts';
import { cursorFault, DEFAULT_LIMIT, readSpan } from '@dtq/core/list-query.ts';
import type { DeadLetterQuery } from '@dtq/core/ports.ts';
import { invalid } from '@dtq/core/problem.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import type { Route } from '../route.ts';

/** A page of the messages that could not be read. */
export const listDeadLetters: Route<'listDeadLetters'> = async ({ query }, { deadLetters }) => {
  const { job_type: jobType, limit = DEFAULT_LIMIT, cursor } = query;
  const { since, until, faults } = readSpan(query);
  const after = cursor === undefined ? null : readPlace(cursor);
  if (after === undefined || faults.length > 0)
    return invalid([...faults, ...(after === undefined ? [cursorFault(String(cursor))] : [])]);
  const found = await deadLetters.list({
    limit: limit + 1,
    ...(jobType === undefined ? {} : { jobType }),
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    ...(after === null ? {} : { after }),
  });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const hasMore = found.length > limit && last !== undefined;
  const next_cursor = hasMore ? encodeCursor([Date.parse(last.buried_at), last.dead_letter_id]) : null;
  return { status: 200, type: 'application/json', body: { dead_letters: page, next_cursor }, headers: {} };
};

/** Undefined for a cursor that no page has given. A time in ms is short enough for the longest id beside it. */
function readPlace(cursor: string): DeadLetterQuery['after'] | undefined {
  const [at, dead_letter_id, ...rest] = decodeCursor(cursor) ?? [];
  if (rest.length > 0 || !strict.DeadLetterId(dead_letter_id) || !Number.isInteger(at)) return undefined;
  const buried = new Date(at as number);
  return Number.isNaN(buried.getTime()) ? undefined : { buried_at: buried.toISOString(), dead_letter_id };
}
