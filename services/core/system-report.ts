import type {
  FailureReport,
  JobPosition,
  PartReport,
  SystemReport,
  ThroughputPoint,
  TypeReport,
} from '@dtq/generated/schemas/types.ts';
import { type Clock, timestamp } from './clock.ts';
import { Unavailable } from './errors.ts';
import { answersWithin } from './health.ts';
import { OUTCOME_COMPLETED } from './outcomes.ts';
import type { Backend, OpenJobs, Stats } from './ports.ts';
import { PARTS } from './ports.ts';
import { RESOLUTIONS, startOf } from './resolutions.ts';
import { latencyOf, readField } from './stats.ts';

const { minute, hour } = RESOLUTIONS;

/** What an estimate looks back on, in minutes: long enough for a few jobs, short enough to follow a change. */
const ESTIMATE_MINUTES = 5;

type Parts = Pick<Backend, 'name' | 'checks' | 'capabilities' | 'workers' | 'stats' | 'openJobs' | 'results'> & {
  readonly clock: Clock;
  readonly jobTypes: readonly string[];
};

/** How dtq is; what a silent store would have to say is null. `checkMs` bounds each part's answer. */
export async function reportSystem(parts: Parts, checkMs: number): Promise<SystemReport> {
  const { name, capabilities, workers, stats, clock } = parts;
  const since = startOf('minute', clock.now() - hour.spanMs) + minute.spanMs;
  const [checked, alive, minutes] = await Promise.all([
    Promise.all(PARTS.map((part) => checkPart(part, parts.checks[part], checkMs))),
    unlessSilent(workers.list()),
    unlessSilent(stats.read('minute', since)),
  ]);
  const types = minutes === null ? null : await unlessSilent(reportTypes(parts, minutes));
  return {
    time: timestamp(clock),
    backend: name,
    parts: checked,
    capabilities: capabilities.map(({ name: of, supported, reason }) => ({ name: of, supported, reason })),
    workers: alive === null ? null : [...alive],
    types,
    throughput: minutes === null ? null : throughput(minutes, since, clock.now()),
  };
}

async function checkPart(part: PartReport['part'], check: () => Promise<void>, ms: number): Promise<PartReport> {
  const began = performance.now();
  const ok = await answersWithin(ms, check);
  return { part, ok, ms: Math.round(performance.now() - began) };
}

async function unlessSilent<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Unavailable) return null;
    throw error;
  }
}

type Points = Awaited<ReturnType<Stats['read']>>;

async function reportTypes({ openJobs, results, jobTypes }: Parts, minutes: Points): Promise<TypeReport[]> {
  const histograms = new Map<string, Map<number, number>>();
  for (const { field, count } of fields(minutes)) {
    const read = readField(field);
    if (read === null || (read.kind !== 'wait' && read.kind !== 'run')) continue;
    const key = `${read.jobType}|${read.kind}`;
    const histogram = histograms.get(key) ?? new Map<number, number>();
    histogram.set(Number(read.value), (histogram.get(Number(read.value)) ?? 0) + count);
    histograms.set(key, histogram);
  }
  return Promise.all(
    jobTypes.map(async (jobType) => {
      const [open, ended, oldest] = await Promise.all([
        openJobs.counts(jobType),
        results.counts(jobType),
        openJobs.oldestQueued(jobType),
      ]);
      return {
        job_type: jobType,
        ...open,
        ...ended,
        oldest_queued_at: oldest === null ? null : new Date(oldest).toISOString(),
        wait_ms: latencyOf(histograms.get(`${jobType}|wait`) ?? new Map()),
        run_ms: latencyOf(histograms.get(`${jobType}|run`) ?? new Map()),
      };
    }),
  );
}

function* fields(points: Points): Generator<{ readonly at: number; readonly field: string; readonly count: number }> {
  for (const { at, counts } of points) for (const [field, count] of Object.entries(counts)) yield { at, field, count };
}

/** A point for each minute, those without an end too. */
function throughput(points: Points, since: number, now: number): ThroughputPoint[] {
  const byMinute = new Map(points.map(({ at, counts }) => [at, counts]));
  const all: ThroughputPoint[] = [];
  for (let at = since; at <= now; at += minute.spanMs) {
    let [completed, failed] = [0, 0];
    for (const [field, count] of Object.entries(byMinute.get(at) ?? {})) {
      const read = readField(field);
      if (read?.kind !== 'ended') continue;
      if (read.value === OUTCOME_COMPLETED) completed += count;
      else failed += count;
    }
    all.push({ at: new Date(at).toISOString(), completed, failed });
  }
  return all;
}

/** Failed jobs by type and code since a time, in ms since 1970; in whole hours, the largest group first. */
export async function reportFailures(
  stats: Pick<Stats, 'read'>,
  since: number,
  jobType: string | undefined,
): Promise<FailureReport> {
  const from = startOf('hour', since);
  const groups = new Map<string, FailureReport['groups'][number]>();
  for (const { at, field, count } of fields(await stats.read('hour', from))) {
    const read = readField(field);
    if (read?.kind !== 'ended' || read.value === OUTCOME_COMPLETED) continue;
    if (jobType !== undefined && read.jobType !== jobType) continue;
    const began = new Date(at).toISOString();
    const group = groups.get(field) ?? {
      job_type: read.jobType,
      error_code: read.value,
      count: 0,
      last_at: began,
      series: [],
    };
    group.count += count;
    group.last_at = began;
    group.series.push({ at: began, count });
    groups.set(field, group);
  }
  const sorted = [...groups.values()].sort((a, b) => b.count - a.count || (a.error_code < b.error_code ? -1 : 1));
  return { since: new Date(from).toISOString(), groups: sorted };
}

/** How many wait before a job, and for how long about, by what of its type ended in the last minutes. */
export async function positionOf(
  { openJobs, stats, clock }: { readonly openJobs: OpenJobs; readonly stats: Stats; readonly clock: Clock },
  jobId: string,
  jobType: string | undefined,
): Promise<JobPosition> {
  const ahead = await openJobs.ahead(jobId);
  if (ahead === null || jobType === undefined) return { job_id: jobId, ahead, estimated_wait_ms: null };
  const perMs = await endedPerMs({ stats, clock }, jobType);
  return { job_id: jobId, ahead, estimated_wait_ms: perMs === 0 ? null : Math.round((ahead + 1) / perMs) };
}

/** How many jobs of a type end in a millisecond, by those of the last minutes; 0 where none did, and where nobody can say. */
export async function endedPerMs(
  { stats, clock }: { readonly stats: Pick<Stats, 'read'>; readonly clock: Clock },
  jobType: string,
): Promise<number> {
  const since = clock.now() - ESTIMATE_MINUTES * minute.spanMs;
  const points = await unlessSilent(stats.read('minute', startOf('minute', since)));
  let ended = 0;
  for (const { field, count } of fields(points ?? [])) {
    const read = readField(field);
    if (read?.kind === 'ended' && read.jobType === jobType) ended += count;
  }
  return ended / (ESTIMATE_MINUTES * minute.spanMs);
}
