import type { JobPosition } from '@dtq/generated/schemas/types.ts';
import { spanText } from '../time/time-text.ts';

/** Where a job stands in the queue, and no more about the time than anybody can know. */
export function positionText({ ahead, estimated_wait_ms }: JobPosition): string {
  if (ahead === null) return 'Its turn has come.';
  const place =
    ahead === 0
      ? 'It is the next one of its type.'
      : `${ahead} of its type ${ahead === 1 ? 'waits' : 'wait'} before it.`;
  if (estimated_wait_ms === null)
    return `${place} Nobody can say how long: none of its type was done in the last minutes.`;
  return `${place} At the pace of the last minutes it starts in about ${spanText(estimated_wait_ms)}.`;
}
