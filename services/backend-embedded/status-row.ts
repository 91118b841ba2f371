import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';

/** The part that a health check names for everything that stands beside the statuses. */
export const STATUS_PART = 'redis';

/** A stored status; null where no reader could understand it. */
export function decodeStatus(text: string): JobStatus | null {
  try {
    const status = parseJson(text);
    return tolerant.JobStatus(status) ? status : null;
  } catch (error) {
    if (error instanceof JsonRefused) return null;
    throw error;
  }
}
