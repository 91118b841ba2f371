import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Bench, BenchContext } from './bench.ts';
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
} as const satisfies { readonly [K in keyof DepthResult]: string };

const DEPTHS = [10_000, 100_000, 1_000_000] as const;
const QUICK_DEPTHS = [1000, 10_000] as const;

/** Flat: at the deepest at most so many times what it is at the shallowest. */
const FLAT = 1.2;

/** What one more job costs, and how much memory is taken, however many wait. */
export const depth: Bench = {
  name: 'depth',
  run: async (context) => {
    const depths: readonly number[] = context.isQuick ? QUICK_DEPTHS : DEPTHS;
    return report(await embedded(context, depths), depths);
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
        rounds.push(measuredOf(await run<DepthResult>({ waiting, measured: isQuick ? 500 : 3000 })));
      }
      cases.push({ name, rounds: { [OURS]: rounds, [SHALLOW]: cases[0]?.rounds[OURS] ?? rounds } });
    }
    return cases;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measuredOf(result: DepthResult): Measured {
  const names = Object.entries(MEASURES) as [keyof DepthResult, string][];
  return Object.fromEntries(names.map(([key, name]) => [name, result[key]]));
}

function caseOf(backend: string, waiting: number): string {
  return `${backend}, ${waiting.toLocaleString('en')} wait`;
}

function report(cases: readonly Case[], depths: readonly number[]): Report {
  const [shallow, deep] = [depths[0] ?? 0, depths.at(-1) ?? 0];
  const flat = [MEASURES.submitCpuUs, MEASURES.doneCpuUs, MEASURES.memoryMiB];
  return {
    name: 'depth',
    title: 'Depth: one more job, and many that wait',
    sides: [OURS, SHALLOW],
    measures: Object.values(MEASURES).map((name) => ({ name, digits: 0 })),
    cases,
    marks: flat.map((measure) => ({
      words: `${measure}: at ${deep.toLocaleString('en')} at most ${FLAT} times what it is at ${shallow.toLocaleString('en')}`,
      case: caseOf('embedded', deep),
      measure,
      ofCase: caseOf('embedded', shallow),
      atMost: FLAT,
    })),
    chart: { measures: flat, sides: [OURS] },
    notes: [
      'Embedded: a process opens the file in which so many jobs wait, submits some more (64 at once, without HTTP) and then does as many with an instant provider; the first of both only warm up. The memory is that of the process after it, which has done nothing else.',
      'The baseline is the same at the fewest that wait.',
    ],
  };
}
