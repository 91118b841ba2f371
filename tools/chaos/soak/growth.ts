import type { Sample } from './sample.ts';

// Whether a process grows. Two moments are compared in which it has nothing to do: after the warm-up, and after the load, each
// behind a garbage collection. Then a figure does not depend on what happens to be under way, and what is left over is left
// over. Between them the slope of the heap under load is told of processes that lived long enough; no slope fails anything,
// for over two minutes it says more of the machine than of a leak.

const MIB = 2 ** 20;

/** What a process may hold beyond what it held after its warm-up. */
export interface Allowance {
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly handles: number;
  readonly fds: number;
}

/**
 * Heap: code and caches that a longer run warms up further, measured at 2 to 5 MiB. Memory of the process: Node keeps what a
 * burst once took. Handles and files: connections that a pool made while a process was away.
 */
export const ALLOWANCE: Allowance = { heapBytes: 12 * MIB, rssBytes: 160 * MIB, handles: 12, fds: 12 };

/** The most that any process of a kind held at the first moment. */
export function mostOf(samples: readonly Sample[]): Sample {
  return foldOf(samples, Math.max);
}

/** The least that a process held while it had nothing to do: what was on its way out does not count. */
export function leastOf(samples: readonly Sample[]): Sample {
  return foldOf(samples, Math.min);
}

function foldOf(samples: readonly Sample[], fold: (...values: number[]) => number): Sample {
  const most = (value: (sample: Sample) => number): number => fold(...samples.map(value));
  const kinds = new Set(samples.flatMap(({ handles }) => Object.keys(handles)));
  return {
    at: most(({ at }) => at),
    heap_bytes: most(({ heap_bytes }) => heap_bytes),
    rss_bytes: most(({ rss_bytes }) => rss_bytes),
    handles: Object.fromEntries([...kinds].map((kind) => [kind, most(({ handles }) => handles[kind] ?? 0)])),
    fds: most(({ fds }) => fds),
  };
}

/** A line for each figure of a process that is above what it may be, given what its kind held before the load. */
export function leftOver(before: Sample, now: Sample, allowance: Allowance = ALLOWANCE): string[] {
  const figures: readonly (readonly [name: string, was: number, is: number, most: number, unit: number])[] = [
    ['heap, MiB', before.heap_bytes, now.heap_bytes, allowance.heapBytes, MIB],
    ['memory of the process, MiB', before.rss_bytes, now.rss_bytes, allowance.rssBytes, MIB],
    ['handles', countOf(before), countOf(now), allowance.handles, 1],
    ['open files', before.fds, now.fds, allowance.fds, 1],
  ];
  return figures.flatMap(([name, was, is, most, unit]) =>
    is - was > most ? [`${name}: ${(was / unit).toFixed(1)} before, ${(is / unit).toFixed(1)} now`] : [],
  );
}

export function countOf({ handles }: Sample): number {
  return Object.values(handles).reduce((sum, count) => sum + count, 0);
}

/**
 * What a figure grows by in a minute: the median of the slopes between all pairs of samples (Theil and Sen), which one sample
 * out of the way does not move. Null for fewer than three samples.
 */
export function slopeOf(samples: readonly Sample[], value: (sample: Sample) => number): number | null {
  const slopes = samples.flatMap((one, index) =>
    samples.slice(index + 1).map((other) => ((value(other) - value(one)) * 60_000) / (other.at - one.at)),
  );
  if (samples.length < 3) return null;
  const sorted = slopes.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
