import type { JobResult, Latency } from '@dtq/generated/schemas/types.ts';
import type { Clock } from './clock.ts';
import { Unavailable } from './errors.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { OUTCOME_COMPLETED } from './outcomes.ts';
import type { ResultStore, Stats } from './ports.ts';

// What ended, counted where it ends: by the one who inserted the document, so that nothing counts twice. Fields are those of
// specs/storage.yaml (stats_minutes): JOB_TYPE|ended|OUTCOME, JOB_TYPE|wait|BUCKET, JOB_TYPE|run|BUCKET.

/** Upper bounds of the latency histograms' buckets, in milliseconds: 1, 2, 5, 10 and so on to a month, and what is longer. */
const BUCKETS_MS: readonly number[] = [...decades(1, 1_000_000_000)];

const FLUSH_EVERY_MS = 1000;

/** Fields that wait for a store that is silent; more are forgotten, for these are a projection. */
const MOST_WAITING = 10_000;

/** The counters that a job's end adds one to. */
export function fieldsOf(result: JobResult): string[] {
  const { job_type } = result;
  const { outcome, waitMs, runMs } = endOf(result);
  const fields = [`${job_type}|ended|${outcome}`];
  if (waitMs !== null) fields.push(`${job_type}|wait|${bucketOf(waitMs)}`);
  if (runMs !== null) fields.push(`${job_type}|run|${bucketOf(runMs)}`);
  return fields;
}

/** How a job ended, and how long it waited for its first attempt and its last one took; null for what it never did. */
function endOf({ error, submitted_at, started_at, completed_at, attempts }: JobResult): {
  readonly outcome: string;
  readonly waitMs: number | null;
  readonly runMs: number | null;
} {
  const [first] = attempts ?? [];
  const last = attempts?.at(-1);
  return {
    outcome: error === null ? OUTCOME_COMPLETED : error.code,
    waitMs:
      submitted_at === undefined || first === undefined
        ? null
        : Date.parse(first.started_at) - Date.parse(submitted_at) - (first.waited_ms ?? 0),
    runMs:
      last === undefined && started_at === completed_at
        ? null
        : Date.parse(completed_at) - Date.parse(last?.started_at ?? started_at),
  };
}

/** The upper bound of the bucket of a time; what is over the last one is in the last one. */
function bucketOf(ms: number): number {
  return BUCKETS_MS.find((bound) => ms <= bound) ?? (BUCKETS_MS.at(-1) as number);
}

function* decades(from: number, to: number): Generator<number> {
  for (let decade = from; decade < to; decade *= 10) yield* [decade, 2 * decade, 5 * decade];
  yield to;
}

/** What a field says; null for one of another kind. */
export function readField(
  field: string,
): { readonly jobType: string; readonly kind: string; readonly value: string } | null {
  const [jobType, kind, value, ...more] = field.split('|');
  if (jobType === undefined || kind === undefined || value === undefined || more.length > 0) return null;
  return { jobType, kind, value };
}

/** Percentiles of a histogram: bucket -> how many. */
export function latencyOf(histogram: ReadonlyMap<number, number>): Latency {
  const buckets = [...histogram].sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  const at = (part: number): number | null => {
    let seen = 0;
    for (const [bound, count] of buckets) {
      seen += count;
      if (total > 0 && seen >= part * total) return bound;
    }
    return null;
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

export interface RecorderOptions {
  readonly stats: Stats;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of the same, by this process alone. */
  readonly metrics?: Pick<Metrics, 'ended' | 'wait' | 'run'>;
}

/** Gathers what ended and adds it to the store once a second. */
export class StatsRecorder {
  readonly #options: RecorderOptions;
  #waiting = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #isSilent = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Counts a job whose document was just inserted. */
  ended(result: JobResult): void {
    this.#count(result);
    for (const field of fieldsOf(result)) {
      const before = this.#waiting.get(field);
      if (before === undefined && this.#waiting.size >= MOST_WAITING) continue;
      this.#waiting.set(field, (before ?? 0) + 1);
    }
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_EVERY_MS).unref();
  }

  #count(result: JobResult): void {
    const { metrics } = this.#options;
    if (metrics === undefined) return;
    const { job_type } = result;
    const { outcome, waitMs, runMs } = endOf(result);
    metrics.ended.inc({ job_type, outcome });
    if (waitMs !== null) metrics.wait.observe({ job_type }, Math.max(0, waitMs) / 1000);
    if (runMs !== null) metrics.run.observe({ job_type }, Math.max(0, runMs) / 1000);
  }

  /** Adds what has been gathered. Never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    const counts = this.#waiting;
    this.#waiting = new Map();
    const { stats, clock, log } = this.#options;
    try {
      await stats.add(clock.now(), Object.fromEntries(counts));
      this.#isSilent = false;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      // It may have been added all the same: a figure that is missing is better than one that counts twice.
      if (!this.#isSilent) log.warn({ err: error }, 'what ended could not be counted');
      this.#isSilent = true;
    }
  }

  /** A result store that counts what is inserted through it. */
  counting(results: ResultStore): ResultStore {
    return {
      insert: async (result) => {
        const answer = await results.insert(result);
        if (answer.inserted) this.ended(result);
        return answer;
      },
      get: (jobId) => results.get(jobId),
      list: (query) => results.list(query),
      counts: (jobType) => results.counts(jobType),
    };
  }
}
