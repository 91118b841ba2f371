import type { DistributedConfig } from '@dtq/backend-distributed/config.ts';
import type { FreshSpace } from '@dtq/backend-distributed/test/stack.ts';
import { pidOf } from '@dtq/infra/control.ts';
import { type BenchContext, withSpace } from './bench.ts';
import { memoryMiB, withCpu } from './cpu.ts';
import { committed, preload, untilDone } from './jobs.ts';
import { runLoad } from './load.ts';
import type { Measured } from './rounds.ts';

const BODY = JSON.stringify({ job_type: 'weather', payload: { city: 'Austin', units: 'metric' } });
const CONNECTIONS = 64;

/** Longer than a run: what waits must keep its status. */
const STATUS_TTL = '6h';

/** Reading all that waits, once, and doing the jobs of the measurement. */
const CATCH_UP_MS = 600_000;

export interface DepthOfServers {
  readonly submitUs: number;
  readonly submitCpuUs: number;
  readonly doneUs: number;
  readonly doneCpuUs: number;
  /** Of the worker, and of Redis with all that waits. */
  readonly memoryMiB: number;
  readonly redisMiB: number;
}

/** Measures at each depth in turn, in one space, so many rounds; calls back with each. */
export async function depthOfServers(
  context: BenchContext,
  depths: readonly number[],
  jobs: number,
  found: (waiting: number, result: DepthOfServers) => void,
): Promise<void> {
  const { programs, scale, say } = context;
  const provider = await programs.start('tools/bench/provider.ts', {}, /"url":"(http[^"]+)"/);
  const urls = {
    PROVIDER_MODE: 'live',
    WEATHER_GEOCODING_URL: `${provider.said}/search`,
    WEATHER_FORECAST_URL: `${provider.said}/forecast`,
    STATUS_TTL,
  };
  try {
    await withSpace(async (space) => {
      const config = space.config('worker', { STATUS_TTL });
      const environment = { ...space.environment, ...urls };
      let submitted = 0;
      for (const waiting of depths) {
        for (let round = 1; round <= scale.rounds; round += 1) {
          const missing = waiting - (submitted - (await committed(config, groupOf(config))));
          const tell = (done: number) =>
            say(`distributed: ${done.toLocaleString('en')} of ${missing.toLocaleString('en')} more wait`);
          await preload({ config: (role) => space.config(role, { STATUS_TTL }) }, Math.max(0, missing), tell);
          submitted += Math.max(0, missing);
          say(`distributed, ${waiting.toLocaleString('en')} wait, round ${round}`);
          await indexing(context, environment, config, submitted);
          const submits = await submitting(context, environment, jobs);
          submitted += 2 * jobs;
          found(waiting, { ...submits, ...(await doing(context, environment, config, jobs, submitted)) });
        }
      }
    });
  } finally {
    await programs.endAll();
  }
}

/** The first half only warms up. */
async function submitting(
  { programs }: BenchContext,
  environment: FreshSpace['environment'],
  jobs: number,
): Promise<Pick<DepthOfServers, 'submitUs' | 'submitCpuUs'>> {
  const api = await programs.start('services/api/main.ts', environment, /"url":"(http[^"]+)"/);
  const load = {
    url: `${api.said}/v1/jobs`,
    method: 'POST',
    body: BODY,
    connections: CONNECTIONS,
    seconds: 0,
  } as const;
  await runLoad({ ...load, amount: jobs });
  const { value, cpu } = await withCpu({ api: api.pid }, async () => {
    return { value: await runLoad({ ...load, amount: jobs }), done: jobs };
  });
  await api.end();
  return { submitUs: 1e6 / value.rate, submitCpuUs: onlyOf(cpu) };
}

/** Lets a worker that does other jobs read all that waits for the index of open jobs: that is done once for each job. */
async function indexing(
  { programs }: BenchContext,
  environment: FreshSpace['environment'],
  config: DistributedConfig,
  submitted: number,
): Promise<void> {
  const other = { ...environment, WORKER_JOB_TYPES: 'quote' };
  const worker = await programs.start('services/worker/main.ts', other, /("url"|takes jobs)/);
  await untilDone(config, `${config.kafka.groupId}-index`, submitted, CATCH_UP_MS);
  await worker.end();
}

async function doing(
  { programs }: BenchContext,
  environment: FreshSpace['environment'],
  config: DistributedConfig,
  jobs: number,
  submitted: number,
): Promise<Pick<DepthOfServers, 'doneUs' | 'doneCpuUs' | 'memoryMiB' | 'redisMiB'>> {
  const group = groupOf(config);
  const before = await committed(config, group);
  const worker = await programs.start('services/worker/main.ts', environment, /("url"|takes jobs)/);
  await untilDone(config, `${config.kafka.groupId}-index`, submitted, CATCH_UP_MS);
  const first = Math.max(await committed(config, group), before + 1);
  await untilDone(config, group, first, CATCH_UP_MS);
  if (first + jobs > submitted)
    throw new Error(`of ${submitted} jobs only ${submitted - first} were left to be measured`);
  const began = performance.now();
  const { value: took, cpu } = await withCpu({ worker: worker.pid }, async () => {
    const done = (await untilDone(config, group, first + jobs, CATCH_UP_MS)) - first;
    return { value: ((performance.now() - began) * 1000) / done, done };
  });
  const memory = memoryMiB(worker.pid) ?? 0;
  await worker.end();
  return { doneUs: took, doneCpuUs: onlyOf(cpu), memoryMiB: memory, redisMiB: memoryMiB(pidOf('redis')) ?? 0 };
}

function groupOf({ kafka }: DistributedConfig): string {
  return `${kafka.groupId}-weather`;
}

function onlyOf(cpu: Measured): number {
  return Object.values(cpu)[0] ?? 0;
}
