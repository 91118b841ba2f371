import { problem } from '@dtq/core/problem.ts';
import type { Route } from '../route.ts';

/** As many replays as a report holds (specs/schemas/DeadLetterReport.json). */
const MOST_REPLAYS = 100;

/** One message that could not be read, as it stood, and the jobs that were made from it. */
export const getDeadLetter: Route<'getDeadLetter'> = async ({ path: { dead_letter_id } }, { deadLetters, replays }) => {
  const [dead_letter, made] = await Promise.all([deadLetters.get(dead_letter_id), replays.of([dead_letter_id])]);
  if (dead_letter === null)
    return problem('dead_letter_not_found', { detail: `No dead letter has the id ${dead_letter_id}.` });
  const body = { dead_letter, replays: made.slice(0, MOST_REPLAYS) };
  return { status: 200, type: 'application/json', body, headers: {} };
};
