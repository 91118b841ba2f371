import { backoffMs } from '@dtq/core/retry.ts';
import { JOB_ERRORS } from '@dtq/generated/errors.ts';
import type { JobPolicy } from '@dtq/generated/jobs/index.ts';
import type { JobErrorCode } from '@dtq/generated/schemas/types.ts';

/**
 * So many attempts more than its policy has may be begun for a job whose workers are lost. Good jobs lose a few of theirs to
 * deployments and to shares of the queue that move; one that kills whoever takes it must end some time.
 */
export const MORE_LOST_ATTEMPTS = 5;

export interface Failure {
  readonly code: JobErrorCode;
  readonly message: string;
  /** What the provider asks to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * The wait before the attempt that follows a failure, in milliseconds; null where none does, for it was the last one or
 * another can do no better. Attempts that were lost count. The wait is full jitter (retry.ts), or what the provider asks for
 * if that is longer, up to the policy's cap: who asks for more is asked again then. `closedMs` is how long nobody calls the
 * provider because it is down (circuit.ts); the jitter comes on top, so that those that waited do not come all at once.
 */
export function nextAttemptMs(
  { code, retryAfterMs = 0 }: Failure,
  attempt: number,
  { attempts, retry }: Pick<JobPolicy, 'attempts' | 'retry'>,
  closedMs = 0,
): number | null {
  if (!JOB_ERRORS[code].retryable || attempt >= attempts) return null;
  const jitterMs = backoffMs(retry, attempt);
  return Math.min(retry.capMs, Math.max(retryAfterMs, jitterMs, closedMs > 0 ? closedMs + jitterMs : 0));
}

/** Whether a job has had so many attempts that its workers must have been lost with it again and again. */
export function isHopeless(attempt: number, { attempts }: Pick<JobPolicy, 'attempts'>): boolean {
  return attempt > attempts + MORE_LOST_ATTEMPTS;
}
