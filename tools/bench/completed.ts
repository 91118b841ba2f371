import { pidOf } from '@dtq/infra/control.ts';
import { type Bench, type BenchContext, withSpace } from './bench.ts';
import { cpuMeasure, withCpu } from './cpu.ts';
import { endsOf, preload, untilDone } from './jobs.ts';
import type { Case, Report } from './report.ts';
import { alternate, type Measured, type Rounds } from './rounds.ts';

const [OURS, BARE] = ['dtq', 'bare'] as const;
const WARM = 'jobs a second, warm';
const WHOLE = 'jobs a second, from the first start';
const PROVIDERS = [
  { name: 'an instant provider', delayMs: 0 },
  { name: 'a provider of 50 ms', delayMs: 50 },
] as const;

/** How many jobs one worker does a second, from the queue to the last write. */
export const completed: Bench = { name: 'completed', needsServers: true, run: measure };

async function measure(context: BenchContext): Promise<Report> {
  const cases: Case[] = [];
  for (const { name, delayMs } of PROVIDERS) {
    const environment = { PROVIDER_DELAY_MS: String(delayMs) };
    const provider = await context.programs.start('tools/bench/provider.ts', environment, /"url":"(http[^"]+)"/);
    cases.push({ name, rounds: await rounds(context, provider.said, name) });
    await provider.end();
  }
  const { jobs, warmUpJobs } = context.scale;
  return {
    name: 'completed',
    title: 'Completed jobs: one worker',
    sides: [OURS, BARE],
    measures: [
      { name: WARM, digits: 0 },
      { name: WHOLE, digits: 0 },
      ...['worker', 'Redis'].map((who) => ({ name: cpuMeasure(who), digits: 0 })),
    ],
    cases,
    marks: [
      {
        words: 'at least 500 jobs a second with a provider of 50 ms',
        case: PROVIDERS[1].name,
        measure: WARM,
        atLeast: 500,
      },
    ],
    chart: { measures: [WARM, cpuMeasure('worker')] },
    notes: [
      `Each round: ${jobs} jobs wait in the queue with their statuses, then a worker is started. The first rate leaves out the first ${warmUpJobs} that end, in which the process warms up; both come from the times in the documents.`,
      'Both sides do the same jobs from the same topic, as two consumer groups with databases of their own, 64 at once.',
      'bare: kafkajs (`eachBatch`, one commit a batch), two `fetch` calls, four times `HSET` and `EXPIRE`, one document in an unordered `insertMany` of what waits; no guard, no validation, no deadlines, no log.',
      'The weather is two calls to the provider, one after the other: with 50 ms each and 64 at once no worker can do more than 640 a second.',
    ],
  };
}

/** A round is a space of its own, in which both do the same jobs. */
async function rounds({ scale, programs, say }: BenchContext, provider: string, name: string): Promise<Rounds> {
  const urls = {
    PROVIDER_MODE: 'live',
    WEATHER_GEOCODING_URL: `${provider}/search`,
    WEATHER_FORECAST_URL: `${provider}/forecast`,
  };
  const all: Record<string, Measured[]> = { [OURS]: [], [BARE]: [] };
  for (let round = 1; round <= scale.rounds; round += 1) {
    say(`${name}, round ${round}`);
    const found = await withSpace((ours) =>
      withSpace(async (fresh) => {
        const topics = { KAFKA_TOPIC_TEMPLATE: ours.environment['KAFKA_TOPIC_TEMPLATE'] ?? '' };
        const bare = { environment: { ...fresh.environment, ...topics }, config: fresh.config('worker', topics) };
        await preload(ours, scale.jobs);
        const workers = [
          { name: OURS, main: 'services/worker/main.ts', ...ours, config: ours.config('worker'), suffix: '-weather' },
          { name: BARE, main: 'tools/bench/bare/worker.ts', ...bare, suffix: '' },
        ];
        const sides = workers.map(({ name: side, main, environment, config, suffix }) => ({
          name: side,
          measure: async () => {
            const worker = await programs.start(main, { ...environment, ...urls }, /("url"|takes jobs)/);
            const processes = { worker: worker.pid, Redis: pidOf('redis') };
            const { cpu } = await withCpu(processes, async () => {
              await untilDone(config, `${config.kafka.groupId}${suffix}`, scale.jobs);
              return { value: null, done: scale.jobs };
            });
            await worker.end();
            return { ...ratesOf(await endsOf(config, scale.jobs), scale.warmUpJobs), ...cpu };
          },
        }));
        return await alternate(sides, 1);
      }),
    );
    for (const side of [OURS, BARE]) all[side]?.push(...(found[side] ?? []));
  }
  return all;
}

function ratesOf({ firstStart, ends }: { firstStart: number; ends: readonly number[] }, warmUp: number): Measured {
  const [last, warm] = [ends.at(-1) ?? 0, ends[warmUp - 1] ?? 0];
  return {
    [WARM]: ((ends.length - warmUp) * 1000) / (last - warm),
    [WHOLE]: (ends.length * 1000) / (last - firstStart),
  };
}
