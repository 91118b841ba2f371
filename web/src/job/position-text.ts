import type { JobPosition, SystemReport } from '@dtq/generated/schemas/types.ts';
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

/** Why a job waits though its turn may be near: nobody does its type, or its provider is out; null where nothing is known. */
export function whyWaitsText({ workers }: Pick<SystemReport, 'workers'>, jobType: string): string | null {
  if (workers === null) return null;
  const able = workers.filter(({ job_types }) => job_types.includes(jobType));
  if (able.length === 0) return 'No worker that does this type is alive. It waits, and is not lost.';
  if (able.every(({ paused }) => paused.includes(jobType)))
    return 'Its provider is out, so no worker takes jobs of this type until it answers again.';
  return null;
}
