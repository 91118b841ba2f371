import { STATS_HOURS_TTL_MS } from '@dtq/generated/storage/stats-hours.ts';
import { STATS_MINUTES_TTL_MS } from '@dtq/generated/storage/stats-minutes.ts';

/** What the counters of what ended are kept by: how long each one spans, and how long it is kept; in milliseconds. */
export const RESOLUTIONS = {
  minute: { spanMs: 60_000, keptMs: STATS_MINUTES_TTL_MS },
  hour: { spanMs: 3_600_000, keptMs: STATS_HOURS_TTL_MS },
} as const;

export type Resolution = keyof typeof RESOLUTIONS;

/** When the minute or hour of a time began; in ms since 1970. */
export function startOf(resolution: Resolution, at: number): number {
  const { spanMs } = RESOLUTIONS[resolution];
  return Math.floor(at / spanMs) * spanMs;
}
