import type {
  PartReport,
  SystemReport,
  ThroughputPoint,
  TypeReport,
  WorkerReport,
} from '@dtq/generated/schemas/types.ts';

const PART_WORDS: { readonly [P in PartReport['part']]: string } = {
  kafka: 'Queue',
  redis: 'Live status',
  rabbitmq: 'Progress channel',
  mongodb: 'Results',
};

/** What a part does, whoever plays it. */
export function partWord(part: PartReport['part']): string {
  return PART_WORDS[part];
}

/** The system in one sentence, and how bad that is. */
export function systemText({ parts, workers, types }: SystemReport): {
  readonly words: string;
  readonly is: 'well' | 'limping' | 'ill';
} {
  const silent = parts.filter(({ ok }) => !ok).map(({ part }) => partWord(part).toLowerCase());
  if (silent.length > 0) return { words: `No answer from: ${silent.join(', ')}.`, is: 'ill' };
  if (workers?.length === 0) {
    const waiting = types?.reduce((sum, { queued }) => sum + queued, 0) ?? 0;
    return { words: `No worker is alive${waiting > 0 ? `, and ${waiting} jobs wait` : ''}.`, is: 'ill' };
  }
  const paused = [...new Set(workers?.flatMap((worker) => worker.paused))];
  if (paused.length > 0) return { words: `Paused, for the provider is out: ${paused.join(', ')}.`, is: 'limping' };
  return { words: 'Every part answers.', is: 'well' };
}

/** What ended in the last full minute, and in all of the time that the points cover. */
export function throughputTotals(points: readonly ThroughputPoint[]) {
  const sum = (of: readonly ThroughputPoint[], what: 'completed' | 'failed') =>
    of.reduce((total, point) => total + point[what], 0);
  // The last point is the minute that has not ended yet.
  const minute = points.at(-2);
  return {
    minute: minute === undefined ? 0 : minute.completed + minute.failed,
    completed: sum(points, 'completed'),
    failed: sum(points, 'failed'),
  };
}

/** How busy a worker is, from 0 to 1. */
export function loadOf({ running_count, concurrency }: WorkerReport): number {
  return concurrency === 0 ? 0 : Math.min(1, running_count / concurrency);
}

/** The place of a latency on a scale from a millisecond to ten minutes, from 0 to 1; each tenfold is as wide as any other. */
export function latencyPlace(ms: number): number {
  const most = Math.log10(600_000);
  return Math.min(1, Math.max(0, Math.log10(Math.max(1, ms)) / most));
}

/** How long the job that waits longest has waited, in milliseconds; null where none waits. */
export function oldestWaitMs({ oldest_queued_at }: TypeReport, now: number): number | null {
  return oldest_queued_at === null ? null : Math.max(0, now - Date.parse(oldest_queued_at));
}
