import type { FreshSpace } from '@dtq/backend-distributed/test/stack.ts';
import { pidOf } from '@dtq/infra/control.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { Queue } from 'bullmq';
import { BULLMQ_QUEUE } from './bare/bullmq.ts';
import { connectRedis } from './bare/drivers.ts';
import { type BenchContext, withSpace } from './bench.ts';
import { withCpu } from './cpu.ts';
import { endsOf, untilDone } from './jobs.ts';
import { runLoad } from './load.ts';
import type { Case } from './report.ts';
import { alternate, type Measured, type Side } from './rounds.ts';

const BODY = JSON.stringify({ job_type: 'weather', payload: { city: 'Austin', units: 'metric' } });
const DONE_MS = 120_000;

/** An API and a worker, each a process, with names of their own on the servers. */
interface Pair {
  readonly name: string;
  readonly api: string;
  readonly worker: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Waits until so many jobs in all have ended; gives when the last one did, in ms since 1970. */
  readonly lastEnd: (jobs: number) => Promise<number>;
}

export interface PairOptions {
  /** Of the sides: ours, the bare drivers, the same with the HTTP client that ours has, BullMQ. */
  readonly names: readonly [ours: string, bare: string, leaner: string, bullmq: string];
  readonly caseName: string;
  readonly connections: number;
  /** Names the measure of the rate, from the first submit to the last end. */
  readonly measure: string;
}

/** Jobs that go over HTTP to an API, and from there through the servers to a worker. */
export async function endToEndDistributed(context: BenchContext, options: PairOptions): Promise<Case> {
  const { programs } = context;
  const provider = await programs.start('tools/bench/provider.ts', {}, /"url":"(http[^"]+)"/);
  const urls = {
    PROVIDER_MODE: 'live',
    WEATHER_GEOCODING_URL: `${provider.said}/search`,
    WEATHER_FORECAST_URL: `${provider.said}/forecast`,
  };
  const by = { ...urls, BARE_HTTP: 'request' };
  const [ours, bare, leaner, bullmq] = options.names;
  try {
    return await withSpace((one) =>
      withSpace((two) =>
        withSpace((three) =>
          withSpace((four) =>
            measure(context, options, [
              inKafka(ours, 'services/api/main.ts', 'services/worker/main.ts', one, urls, '-weather'),
              inKafka(bare, 'tools/bench/bare/api.ts', 'tools/bench/bare/worker.ts', two, urls, ''),
              inKafka(leaner, 'tools/bench/bare/api.ts', 'tools/bench/bare/worker.ts', three, by, ''),
              inBullmq(bullmq, four, urls),
            ]).finally(() => programs.endAll()),
          ),
        ),
      ),
    );
  } finally {
    await programs.endAll();
  }
}

async function measure(
  { programs, say, scale }: BenchContext,
  { caseName, connections, measure: rate }: PairOptions,
  pairs: readonly Pair[],
): Promise<Case> {
  const sides: Side[] = [];
  for (const { name, api, worker, environment, lastEnd } of pairs) {
    say(`distributed: ${name} starts`);
    const { pid: workerPid } = await programs.start(worker, environment, /("url"|takes jobs)/);
    const { said, pid } = await programs.start(api, environment, /"url":"(http[^"]+)"/);
    const processes = { API: pid, worker: workerPid, Redis: pidOf('redis'), Kafka: pidOf('kafka') };
    let submitted = 0;
    const go = async (jobs: number): Promise<Measured> => {
      const { value, cpu } = await withCpu(processes, async () => {
        const load = {
          url: `${said}/v1/jobs`,
          method: 'POST',
          body: BODY,
          connections,
          seconds: 0,
          amount: jobs,
        } as const;
        const { beganAt } = await runLoad(load);
        submitted += jobs;
        return { value: (jobs * 1000) / ((await lastEnd(submitted)) - beganAt), done: jobs };
      });
      return { [rate]: value, ...cpu };
    };
    await go(scale.warmUpJobs);
    sides.push({
      name,
      measure: (round) => {
        say(`distributed, round ${round + 1}, ${name}`);
        return go(scale.jobs);
      },
    });
  }
  return { name: caseName, rounds: await alternate(sides, scale.rounds) };
}

function inKafka(
  name: string,
  api: string,
  worker: string,
  space: FreshSpace,
  urls: Pair['environment'],
  suffix: string,
): Pair {
  const config = space.config('worker');
  return {
    ...{ name, api, worker, environment: { ...space.environment, ...urls } },
    lastEnd: async (jobs) => {
      await untilDone(config, `${config.kafka.groupId}${suffix}`, jobs);
      return (await endsOf(config, jobs)).ends.at(-1) ?? 0;
    },
  };
}

function inBullmq(name: string, space: FreshSpace, urls: Pair['environment']): Pair {
  return {
    ...{ name, api: 'tools/bench/bare/bullmq-api.ts', worker: 'tools/bench/bare/bullmq-worker.ts' },
    environment: { ...space.environment, ...urls },
    lastEnd: async (jobs) => {
      const connection = await connectRedis(space.config('api'));
      const queue = new Queue(BULLMQ_QUEUE, { connection });
      try {
        const ended = async () => {
          const { completed = 0, failed = 0 } = await queue.getJobCounts('completed', 'failed');
          if (failed > 0) throw new Error(`${failed} of BullMQ's jobs failed`);
          return completed >= jobs;
        };
        await eventually(`BullMQ has done ${jobs} jobs`, ended, DONE_MS);
        const [last] = await queue.getCompleted(0, 0);
        return last?.finishedOn ?? 0;
      } finally {
        await queue.close();
        // It leaves alone what it was given.
        connection.destroy();
      }
    },
  };
}
