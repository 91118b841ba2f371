import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@dtq/testkit/free-port.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { type Bench, type BenchContext, withSpace } from './bench.ts';
import { cpuMs, memoryMiB } from './cpu.ts';
import { endedJob } from './ended-job.ts';
import type { Case, Report } from './report.ts';
import { alternate, type Measured } from './rounds.ts';

const [OURS, BARE] = ['dtq', 'bare'] as const;
const [READY, DONE, CPU, MEMORY] = [
  'ready, ms',
  'first job done, ms',
  'CPU until ready, ms',
  'memory then, MiB',
] as const;
const START_MS = 60_000;

type Environment = Readonly<Record<string, string>>;

/** How long a program takes from its start until it is ready, and until the first job is done. */
export const start: Bench = {
  name: 'start',
  run: async (context) => {
    const { programs } = context;
    const { said } = await programs.start('tools/bench/provider.ts', {}, /"url":"(http[^"]+)"/);
    const urls = {
      PROVIDER_MODE: 'live',
      WEATHER_GEOCODING_URL: `${said}/search`,
      WEATHER_FORECAST_URL: `${said}/forecast`,
    };
    try {
      const cases = [await standalone(context, urls)];
      if (context.hasServers) cases.push(...(await distributed(context, urls)));
      return report(cases);
    } finally {
      await programs.endAll();
    }
  },
};

/** The page is served too, and the file made, in a folder that is new. */
async function standalone(context: BenchContext, urls: Environment): Promise<Case> {
  const ours = async (): Promise<Measured> => {
    const folder = mkdtempSync(path.join(tmpdir(), 'dtq-bench-'));
    try {
      const environment = { ...urls, DTQ_DATA_DIR: path.join(folder, 'data') };
      return await starting(context, 'services/standalone/main.ts', 'API_ADDR', environment, endedJob);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  return await compared(context, 'standalone, a new file', ours);
}

async function distributed(context: BenchContext, urls: Environment): Promise<Case[]> {
  return await withSpace(async ({ environment }) => {
    const all = { ...environment, ...urls };
    const api = () => starting(context, 'services/api/main.ts', 'API_ADDR', all);
    const worker = () => starting(context, 'services/worker/main.ts', 'WORKER_HEALTH_ADDR', all);
    return [await compared(context, 'API', api), await compared(context, 'worker', worker)];
  });
}

async function compared(context: BenchContext, name: string, ours: () => Promise<Measured>): Promise<Case> {
  context.say(name);
  const bare = () => starting(context, 'tools/bench/bare/hono.ts', 'PORT', {});
  const sides = [
    { name: OURS, measure: ours },
    { name: BARE, measure: bare },
  ];
  // Once for nothing: the first start reads every file from the disk.
  await alternate(sides, 1);
  return { name, rounds: await alternate(sides, context.scale.rounds) };
}

/** Starts a program that listens where a variable says, and asks it until it is ready; then it does `more`. */
async function starting(
  { programs }: BenchContext,
  main: string,
  variable: string,
  environment: Environment,
  more?: (url: string) => Promise<unknown>,
): Promise<Measured> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const began = performance.now();
  const address = variable === 'PORT' ? String(port) : `127.0.0.1:${port}`;
  // What it says is not waited for.
  const program = await programs.start(main, { ...environment, [variable]: address }, /()/);
  try {
    await eventually(`${main} is ready`, async () => (await fetch(`${url}/readyz`)).status === 200, START_MS);
    const ready = performance.now() - began;
    const [cpu, memory] = [cpuMs(program.pid), memoryMiB(program.pid)];
    await more?.(url);
    return {
      [READY]: ready,
      ...(more === undefined ? {} : { [DONE]: performance.now() - began }),
      ...(cpu === undefined ? {} : { [CPU]: cpu }),
      ...(memory === undefined ? {} : { [MEMORY]: memory }),
    };
  } finally {
    await program.end();
  }
}

function report(cases: readonly Case[]): Report {
  return {
    name: 'start',
    title: 'Start: from the start of the process',
    sides: [OURS, BARE],
    measures: [
      { name: READY, digits: 0 },
      { name: DONE, digits: 0 },
      { name: CPU, digits: 0 },
      { name: MEMORY, digits: 0 },
    ],
    cases,
    chart: { measures: [READY, MEMORY] },
    notes: [
      'Ready is the first 200 on `/readyz`: the backend is open, and a worker takes jobs. The first job is then submitted over HTTP and waited for; its provider is instant.',
      'bare: a Hono server with one route, and nothing behind it. What is above it is what our programs load and connect to.',
    ],
  };
}
