import type { FailureGroup } from '@dtq/generated/schemas/types.ts';
import { dayAndTime } from '../time/time-text.ts';

/** How far back failures are shown. Times are in milliseconds. */
export const RANGES = {
  '24h': { words: 'Last 24 hours', spanMs: 86_400_000, bucketMs: 3_600_000, bucket: 'an hour' },
  '7d': { words: 'Last 7 days', spanMs: 604_800_000, bucketMs: 21_600_000, bucket: '6 hours' },
  '30d': { words: 'Last 30 days', spanMs: 2_592_000_000, bucketMs: 86_400_000, bucket: 'a day' },
} as const;

export type Range = keyof typeof RANGES;

/** The range that a query names; a day where it names none. */
export function rangeOf(search: string): Range {
  const named = new URLSearchParams(search).get('last');
  return named !== null && Object.hasOwn(RANGES, named) ? (named as Range) : '24h';
}

const HOUR = 3_600_000;

/** When the last failure of a group was, which is kept to the hour. */
export function lastText(lastAt: string, now: number): string {
  const from = Date.parse(lastAt);
  return now - from < HOUR ? 'last in this hour' : `last from ${dayAndTime(lastAt).slice(0, -3)}`;
}

/** One bar of a chart: the time that it begins at, in milliseconds since 1970, and what it counts. */
export interface Bar {
  readonly from: number;
  readonly count: number;
}

/** The hours of a group gathered into the bars of a range, the oldest first; those without a failure count 0. */
export function barsOf(series: FailureGroup['series'], range: Range, now: number): readonly Bar[] {
  const { spanMs, bucketMs } = RANGES[range];
  const last = Math.floor(now / bucketMs) * bucketMs;
  const length = Math.round(spanMs / bucketMs) + 1;
  const first = last - (length - 1) * bucketMs;
  const counts = new Array<number>(length).fill(0);
  for (const { at, count } of series) {
    const index = Math.floor((Date.parse(at) - first) / bucketMs);
    // An hour at the edge of the range belongs to its first bar.
    const place = Math.min(Math.max(index, 0), length - 1);
    counts[place] = (counts[place] ?? 0) + count;
  }
  return counts.map((count, index) => ({ from: first + index * bucketMs, count }));
}
