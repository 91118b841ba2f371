import type { ReplayIds } from '@dtq/core/replay-jobs.ts';
import { submitIdOf } from '@dtq/core/submit-id.ts';
import { CALLER } from './submit-with-key.ts';

/**
 * With a key each source has one new job, however often the request is repeated. Without one the next replay of a source has
 * one, so that of requests at the same time no two make a job each. A key has no line break, and so is never the other.
 */
export function replayIds(secret: string, key: string | undefined): ReplayIds {
  return {
    of: (source, before) =>
      submitIdOf(secret, CALLER, key === undefined ? `${source}\n${before}` : `${key}\n${source}`).job_id,
    isOfRequest: key !== undefined,
  };
}
