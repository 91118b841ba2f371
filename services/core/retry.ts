import type { JobPolicy } from '@dtq/generated/jobs/index.ts';
import { sleep } from './clock.ts';

/**
 * The longest wait for an attempt inside a worker, in milliseconds (architecture.md, decision 11): it holds the job's seat
 * and its place in the queue, and a worker that stops may have to wait for it.
 */
export const LONGEST_SEATED_WAIT_MS = 5000;

/**
 * The longest that one delivery of a job may take, in milliseconds: all its attempts, and the waits that a worker makes between
 * them. Whoever takes a longer one for one that hangs must ask the result store, for which a job waits without limit.
 */
export function longestDeliveryMs({ attempts, timeoutMs }: Pick<JobPolicy, 'attempts' | 'timeoutMs'>): number {
  return attempts * (timeoutMs + LONGEST_SEATED_WAIT_MS);
}

export interface RetryPolicy {
  /** Calls in all, the first included. */
  readonly attempts: number;
  readonly baseMs: number;
  readonly capMs: number;
}

export interface Retryable {
  /** Whether another call may do better. */
  readonly again: boolean;
  /** What the other side asks us to wait, in milliseconds (`Retry-After`). */
  readonly afterMs?: number;
}

/**
 * The wait before call number `call + 1`, in milliseconds: full jitter, a random part of base doubled with each call and
 * capped. Spreads the calls of many jobs better than equal or decorrelated jitter does (AWS Architecture Blog, 2015).
 */
export function backoffMs(
  { baseMs, capMs }: Pick<RetryPolicy, 'baseMs' | 'capMs'>,
  call: number,
  random: () => number = Math.random,
): number {
  return Math.round(random() * Math.min(capMs, baseMs * 2 ** (call - 1)));
}

/**
 * Calls until a call resolves, cannot do better, or was the last one; rejects with the last call's error. A wait that the
 * other side asks for is kept if it is within the cap; a longer one ends the calls. Rejects at once when the signal aborts.
 */
export async function retry<T>(
  policy: RetryPolicy,
  signal: AbortSignal,
  call: (number: number) => Promise<T>,
  judge: (error: unknown) => Retryable,
): Promise<T> {
  for (let number = 1; ; number += 1) {
    try {
      return await call(number);
    } catch (error) {
      signal.throwIfAborted();
      const { again, afterMs } = judge(error);
      if (!again || number >= policy.attempts || (afterMs ?? 0) > policy.capMs) throw error;
      await sleep(Math.max(afterMs ?? 0, backoffMs(policy, number)), signal);
    }
  }
}
