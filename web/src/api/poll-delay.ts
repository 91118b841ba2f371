/** How often a job is looked at while all is well. */
export const POLL_INTERVAL_MS = 250;

const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 5000;

/**
 * Milliseconds until the next look: the interval while all is well, else doubling with each failure in a row up to a
 * cap, half of it random so that many tabs do not return together. Never sooner than the API asked for.
 */
export function pollDelay(
  failures: number,
  retryAfterMs = 0,
  random = Math.random(),
  intervalMs = POLL_INTERVAL_MS,
): number {
  if (failures === 0) return intervalMs;
  const full = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (failures - 1));
  return Math.max(retryAfterMs, full / 2 + (full / 2) * random);
}
