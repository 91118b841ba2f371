import type { SystemReport } from '@dtq/generated/schemas/types.ts';

/** What was seen at one moment: jobs that waited, by type. */
export interface Sample {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly queued: ReadonlyMap<string, number>;
}

/** A quarter of an hour at a look every two seconds. */
const SAMPLES_AT_MOST = 450;

/** The samples with one more report; the oldest fall off. A report without types, or the same one again, adds nothing. */
export function withSample(samples: readonly Sample[], { time, types }: SystemReport): readonly Sample[] {
  const at = Date.parse(time);
  if (types === null || at <= (samples.at(-1)?.at ?? Number.NEGATIVE_INFINITY)) return samples;
  const queued = new Map(types.map((type) => [type.job_type, type.queued]));
  return [...samples.slice(-(SAMPLES_AT_MOST - 1)), { at, queued }];
}

/** Columns for a chart: the times in seconds, and for each type what waited. */
export function columnsOf(samples: readonly Sample[], types: readonly string[]): readonly (readonly number[])[] {
  return [
    samples.map(({ at }) => at / 1000),
    ...types.map((type) => samples.map(({ queued }) => queued.get(type) ?? 0)),
  ];
}
