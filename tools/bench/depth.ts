import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Bench, BenchContext } from './bench.ts';
import { type DepthOfServers, depthOfServers } from './depth-distributed.ts';
import type { DepthOptions, DepthResult } from './depth-process.ts';
import type { Case, Report } from './report.ts';
import type { Measured } from './rounds.ts';

const [OURS, SHALLOW] = ['dtq', 'dtq, the fewest'] as const;
const MEASURES = {
  submitUs: 'submit: µs each',
  submitCpuUs: 'submit: CPU, µs each',
  doneUs: 'done: µs each',
  doneCpuUs: 'done: CPU, µs each',
  memoryMiB: 'memory, MiB',
  fileMiB: 'file, MiB',
  redisMiB: 'Redis: memory, MiB',
} as const satisfies { readonly [K in keyof (DepthResult & DepthOfServers)]: string };

const DEPTHS = [10_000, 100_000, 1_000_000] as const;
const QUICK_DEPTHS = [2000, 6000] as const;

/** The test server holds the statuses of no more: `REDIS_MAXMEMORY` (infra/stack.ts). */
const MOST_ON_SERVERS = 100_000;

/** Flat: at the deepest at most so many times what it is at the shallowest. */
const FLAT = 1.2;

/** What one more job costs, and how much memory is taken, however many wait. */
export const depth: Bench = {
  name: 'depth',
  run: async (context) => {
    const depths: readonly number[] = context.isQuick ? QUICK_DEPTHS : DEPTHS;
    const cases = await embedded(context, depths);
    const onServers = depths.filter((waiting) => waiting <= MOST_ON_SERVERS);
    if (context.hasServers) cases.push(...(await distributed(context, onServers)));
    return report(cases, [
      ['embedded', depths],
      ['distributed', onServers],
    ]);
  },
};

async function embedded({ programs, say, scale, isQuick }: BenchContext, depths: readonly number[]): Promise<Case[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dtq-bench-'));
  const run = <T>(options: Omit<DepthOptions, 'dataDir'>): Promise<T> =>
    programs.run('tools/bench/depth-process.ts', {}, { ...options, dataDir: path.join(folder, 'data') }, (words) =>
      say(`embedded: ${words}`),
    );
  const cases: Case[] = [];
  try {
    for (const waiting of depths) {
      const name = caseOf('embedded', waiting);
      const rounds: Measured[] = [];
      for (let round = 1; round <= scale.rounds; round += 1) {
        // What the last round has done is filled up again.
        await run({ waiting, measured: 0 });
        say(`${name}, round ${round}`);
        rounds.push(measuredOf(await run<DepthResult>({ waiting, measured: jobsOf(isQuick) })));
      }
      cases.push({ name, rounds: { [OURS]: rounds, [SHALLOW]: cases[0]?.rounds[OURS] ?? rounds } });
    }
    return cases;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function distributed(context: BenchContext, depths: readonly number[]): Promise<Case[]> {
  const all = new Map<number, Measured[]>(depths.map((waiting) => [waiting, []]));
  await depthOfServers(context, depths, jobsOf(context.isQuick), (waiting, result) =>
    all.get(waiting)?.push(measuredOf(result)),
  );
  const [first = []] = all.values();
  return [...all].map(([waiting, rounds]) => ({
    name: caseOf('distributed', waiting),
    rounds: { [OURS]: rounds, [SHALLOW]: first },
  }));
}

/** Jobs of one measurement. */
function jobsOf(isQuick: boolean): number {
  return isQuick ? 300 : 2000;
}

function measuredOf(result: DepthResult | DepthOfServers): Measured {
  return Object.fromEntries(
    Object.entries(result).map(([key, value]) => [MEASURES[key as keyof typeof MEASURES], value as number]),
  );
}

function caseOf(backend: string, waiting: number): string {
  return `${backend}, ${waiting.toLocaleString('en')} wait`;
}

function report(
  cases: readonly Case[],
  depths: readonly (readonly [backend: string, depths: readonly number[]])[],
): Report {
  const flat = [MEASURES.submitCpuUs, MEASURES.doneCpuUs, MEASURES.memoryMiB];
  return {
    name: 'depth',
    title: 'Depth: one more job, and many that wait',
    sides: [OURS, SHALLOW],
    measures: Object.values(MEASURES).map((name) => ({ name, digits: 0 })),
    cases,
    marks: depths.flatMap(([backend, all]) => {
      const [shallow, deep] = [all[0] ?? 0, all.at(-1) ?? 0];
      const words = `at ${deep.toLocaleString('en')} at most ${FLAT} times what it is at ${shallow.toLocaleString('en')}`;
      const [deepest, fewest] = [caseOf(backend, deep), caseOf(backend, shallow)];
      return flat.map((measure) => ({
        ...{ words: `${backend}, ${measure}: ${words}`, case: deepest, measure, ofCase: fewest, atMost: FLAT },
      }));
    }),
    chart: { measures: flat, sides: [OURS] },
    notes: [
      'Embedded: a process opens the file in which so many jobs wait, submits some more (64 at once, without HTTP) and then does as many with an instant provider; the first of both only warm up. The memory is that of the process after it, which has done nothing else.',
      'Distributed: so many jobs wait in Kafka, with their statuses in Redis; then an API accepts some more (64 connections), and a worker does as many; the first half of each only warms up. Another worker has read all that waits for the index of open jobs before. The CPU and the memory are those of the API, and of the worker. The test server holds the statuses of no more than 100,000.',
      'The baseline is the same at the fewest that wait.',
    ],
  };
}
