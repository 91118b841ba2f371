import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import { type Clock, systemClock } from './clock.ts';
import { answersWithin } from './health.ts';
import type { Metrics } from './metrics.ts';
import type { Backend } from './ports.ts';
import { PARTS } from './ports.ts';

/** A part that has not answered by then is down; below what a scrape waits for. In milliseconds. */
const CHECK_MS = 1500;

/** Those who scrape more often get what was found last, so that no scraper loads the stores; in milliseconds. */
const FRESH_MS = 2000;

interface Labelled {
  reset(): void;
}

/** Asks, at each scrape, how the whole system stands. What a part that is silent would have to say is missing then. */
export function collectSystem(metrics: Metrics, backend: Backend, clock: Clock = systemClock): void {
  let freshUntil = 0;
  metrics.collect(async () => {
    for (const { pool, used, limit } of backend.pools()) {
      metrics.poolUsed.set({ pool }, used);
      metrics.poolLimit.set({ pool }, limit);
    }
    if (performance.now() < freshUntil) return;
    freshUntil = performance.now() + FRESH_MS;
    await Promise.all([
      parts(metrics, backend),
      unlessSilent([metrics.workers], async () => {
        const workers = await backend.workers.list();
        return () => metrics.workers.set(workers.length);
      }),
      unlessSilent([metrics.waiting, metrics.scheduled, metrics.running, metrics.oldestWaiting], () =>
        openJobs(metrics, backend, clock),
      ),
      unlessSilent([metrics.scheduleRows, metrics.scheduleOverdue], async () => {
        const { rows, longestDueAt } = await backend.schedule.backlog();
        return () => {
          metrics.scheduleRows.set(rows);
          metrics.scheduleOverdue.set(secondsSince(longestDueAt, clock));
        };
      }),
      unlessSilent([metrics.lagMessages, metrics.lagSeconds], async () => {
        const lags = (await backend.lag?.()) ?? [];
        return () => {
          for (const { jobType: job_type, priority, messages, seconds } of lags) {
            metrics.lagMessages.set({ job_type, priority }, messages);
            metrics.lagSeconds.set({ job_type, priority }, seconds);
          }
        };
      }),
    ]);
  });
}

async function parts({ partUp }: Metrics, { checks }: Backend): Promise<void> {
  await Promise.all(
    PARTS.map(async (part) => partUp.set({ part }, (await answersWithin(CHECK_MS, checks[part])) ? 1 : 0)),
  );
}

async function openJobs(metrics: Metrics, { openJobs: index }: Backend, clock: Clock): Promise<() => void> {
  const found = await Promise.all(
    JOB_TYPE_VALUES.map(async (job_type) => {
      const [counts, oldest] = await Promise.all([index.counts(job_type), index.oldestQueued(job_type)]);
      return { job_type, counts, oldest };
    }),
  );
  return () => {
    for (const { job_type, counts, oldest } of found) {
      metrics.waiting.set({ job_type }, counts.queued);
      metrics.scheduled.set({ job_type }, counts.scheduled);
      metrics.running.set({ job_type }, counts.running);
      metrics.oldestWaiting.set({ job_type }, secondsSince(oldest, clock));
    }
  };
}

function secondsSince(at: number | null, clock: Clock): number {
  return at === null ? 0 : Math.max(0, (clock.now() - at) / 1000);
}

/** Sets gauges to what was found; where nothing was, they go: an old figure would be taken for a new one. */
async function unlessSilent(gauges: readonly Labelled[], find: () => Promise<() => void>): Promise<void> {
  try {
    const set = await find();
    set();
  } catch {
    // Which part is silent is told by dtq_part_up, and in the log by whoever needs it.
    for (const gauge of gauges) gauge.reset();
  }
}
