import { randomUUID } from 'node:crypto';
import { timestamp } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { invalid, problem } from '@dtq/core/problem.ts';
import { revive } from '@dtq/core/replay-dead-letter.ts';
import { acceptReplay } from '@dtq/core/replay-jobs.ts';
import { findStoredSubmit, isSameSubmit } from '@dtq/core/stored-submit.ts';
import { operationPath } from '@dtq/generated/rest/operations.ts';
import type { Replay } from '@dtq/generated/schemas/types.ts';
import { endOfRequest, notAccepted } from '../accept-submit.ts';
import { replayIds } from '../replay-ids.ts';
import type { Route } from '../route.ts';

/** Submits a message that could not be read again, as a new job with its own payload or a corrected one. */
export const replayDeadLetter: Route<'replayDeadLetter'> = async ({ path, body, header, caller, log }, context) => {
  const { dead_letter_id } = path;
  const end = endOfRequest(context);
  const { clock, config, deadLetters, replays } = context;
  const letter = await deadLetters.get(dead_letter_id);
  if (letter === null)
    return problem('dead_letter_not_found', { detail: `No dead letter has the id ${dead_letter_id}.` });
  const revived = revive(letter, body?.payload);
  if (!revived.ok) return invalid(revived.faults);
  const { job_type, payload, corrected } = revived;
  const key = header['idempotency-key'];
  const job_id =
    key === undefined ? randomUUID() : replayIds(config.idempotencySecret, caller, key).of(dead_letter_id, 0);
  let replay: Replay = {
    job_id,
    replay_of: dead_letter_id,
    kind: 'dead_letter',
    replayed_at: timestamp(clock),
    corrected,
  };
  if (key !== undefined) {
    const { stored } = await findStoredSubmit(context, job_id, (end - clock.now()) / 2);
    if (stored !== null && !isSameSubmit(stored, { job_type, payload })) {
      const message = `must be a new one for another payload, not ${JSON.stringify(key)}`;
      return invalid([{ pointer: '#/header/idempotency-key', message }]);
    }
    const made = (await replays.of([dead_letter_id])).find((one) => one.job_id === job_id);
    replay = made ?? replay;
    if (stored?.isAccepted && made !== undefined) return accepted(replay);
  }
  try {
    await acceptReplay(replay, { job_type, payload, priority: 'normal' }, context, end);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    log.warn({ err: error, job_id, replay_of: dead_letter_id }, 'a replay was not accepted, or nobody can say');
    return notAccepted(job_id);
  }
  return accepted(replay);
};

function accepted(replay: Replay) {
  const { job_id } = replay;
  return {
    status: 202 as const,
    type: 'application/json' as const,
    body: replay,
    headers: { Location: operationPath('getJobStatus', { job_id }) },
  };
}
