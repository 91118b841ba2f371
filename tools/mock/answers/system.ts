import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import { isFinal } from '@dtq/generated/lifecycle.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type {
  HealthChecks,
  JobType,
  Latency,
  SystemReport,
  ThroughputPoint,
  TypeReport,
  WorkerReport,
} from '@dtq/generated/schemas/types.ts';
import { isScheduled, lastChange, type MockJob } from '../job.ts';
import { iso } from '../life.ts';
import type { Answer, Mock } from '../request.ts';
import { WORKERS } from '../store.ts';

const MINUTE_MS = 60_000;
const MINUTES = 60;

/** At most so many jobs of a worker are told (specs/schemas/WorkerReport.json). */
const MOST_RUNNING = 50;

/** Upper bounds of the latencies, in milliseconds: 1, 2, 5, 10 and so on. */
const BOUNDS = Array.from({ length: 28 }, (_, index) => ((index % 3) ** 2 + 1) * 10 ** Math.floor(index / 3));

const CHECKS: HealthChecks = { kafka: true, redis: true, rabbitmq: true, mongodb: true };

/** What a job is now, told once for all that is counted of it. */
interface Now {
  readonly job: MockJob;
  readonly change: ReturnType<typeof lastChange>;
}

export const getSystem: Answer<'getSystem'> = (_request, mock) => {
  const now = mock.now();
  const jobs = mock.store.jobs(now).map((job): Now => ({ job, change: lastChange(job, now) }));
  const body: SystemReport = {
    time: iso(now),
    backend: 'mock',
    // No part is there to be asked; lifelike is a few milliseconds.
    parts: (Object.keys(CHECKS) as (keyof HealthChecks)[]).map((part, index) => ({ part, ok: true, ms: 1 + index })),
    capabilities: [
      { name: 'priority-topics', supported: true, reason: 'a mock has no topics; jobs of all priorities are taken' },
    ],
    workers: WORKERS.map((worker) => reportWorker(worker, jobs, mock)),
    types: JOB_TYPE_VALUES.map((jobType) => reportType(jobType, jobs)),
    throughput: throughput(jobs, now),
  };
  return { status: 200, type: 'application/json', body, headers: {} };
};

export const getHealth: Answer<'getHealth'> = (_request, { now }) => {
  const body = { status: 'ok', checks: CHECKS, time: iso(now()) } as const;
  return { status: 200, type: 'application/json', body, headers: {} };
};

export const getLiveness: Answer<'getLiveness'> = (_request, { now }) => {
  return { status: 200, type: 'application/json', body: { status: 'ok', time: iso(now()) }, headers: {} };
};

export const getReadiness: Answer<'getReadiness'> = (_request, { now }) => {
  return { status: 200, type: 'application/json', body: { status: 'ready', time: iso(now()) }, headers: {} };
};

function reportWorker(worker: string, jobs: readonly Now[], { startedAt, now }: Mock): WorkerReport {
  const running = jobs.flatMap(({ job, change }) => {
    const attempt = change.attempts?.at(-1);
    if (attempt?.worker !== worker || attempt.outcome !== undefined) return [];
    return [{ job_id: job.job_id, job_type: job.job_type, attempt: attempt.number, since: attempt.started_at }];
  });
  const places = JOB_TYPE_VALUES.map((jobType) => JOB_POLICIES[jobType].concurrency);
  return {
    worker,
    started_at: iso(startedAt),
    seen_at: iso(now()),
    job_types: [...JOB_TYPE_VALUES],
    running: running.sort((a, b) => (a.since < b.since ? -1 : 1)).slice(0, MOST_RUNNING),
    running_count: running.length,
    concurrency: Math.ceil(places.reduce((sum, count) => sum + count, 0) / WORKERS.length),
    paused: [],
  };
}

function reportType(jobType: JobType, jobs: readonly Now[]): TypeReport {
  const own = jobs.filter(({ job }) => job.job_type === jobType);
  const count = (is: (one: Now) => boolean): number => own.filter(is).length;
  const scheduled = ({ job, change }: Now): boolean => isScheduled(job, change.at);
  const queued = own.filter((one) => one.change.state === 'queued' && !scheduled(one));
  const oldest = queued.at(-1);
  const attempts = own.flatMap(({ job, change }) => {
    const [first, last] = [change.attempts?.[0], change.attempts?.at(-1)];
    if (!isFinal(change.state) || first === undefined || last === undefined) return [];
    const ready = Math.max(job.submittedAt, ...job.life.filter(({ state }) => state === 'queued').map(({ at }) => at));
    return [{ wait: Date.parse(first.started_at) - ready, run: change.at - Date.parse(last.started_at) }];
  });
  return {
    job_type: jobType,
    scheduled: count((one) => one.change.state === 'queued' && scheduled(one)),
    queued: queued.length,
    running: count(({ change }) => change.state === 'running'),
    completed: count(({ change }) => change.state === 'completed'),
    failed: count(({ change }) => change.state === 'failed'),
    oldest_queued_at: oldest === undefined ? null : iso(oldest.job.submittedAt),
    wait_ms: latencyOf(attempts.map(({ wait }) => wait)),
    run_ms: latencyOf(attempts.map(({ run }) => run)),
  };
}

function latencyOf(times: readonly number[]): Latency {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (part: number): number | null => {
    const time = sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
    return time === undefined ? null : (BOUNDS.find((bound) => time <= bound) ?? Math.ceil(time));
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function throughput(jobs: readonly Now[], now: number): ThroughputPoint[] {
  const first = Math.floor(now / MINUTE_MS) * MINUTE_MS - (MINUTES - 1) * MINUTE_MS;
  const points = Array.from({ length: MINUTES }, (_, index) => {
    return { at: iso(first + index * MINUTE_MS), completed: 0, failed: 0 };
  });
  for (const { change } of jobs) {
    const point = points[Math.floor((change.at - first) / MINUTE_MS)];
    if (point !== undefined && (change.state === 'completed' || change.state === 'failed')) point[change.state] += 1;
  }
  return points;
}
