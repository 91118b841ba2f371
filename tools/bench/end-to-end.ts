import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import { pidOf } from '@dtq/infra/control.ts';
import type { BullmqJobsOptions } from './bare/bullmq-jobs.ts';
import type { SqliteJobsOptions } from './bare/sqlite-jobs.ts';
import { type Bench, type BenchContext, withRedis } from './bench.ts';
import { cpuMeasure } from './cpu.ts';
import type { EmbeddedJobsOptions } from './embedded-jobs.ts';
import { endToEndDistributed } from './end-to-end-distributed.ts';
import type { JobsResult } from './in-process.ts';
import type { Case, Report } from './report.ts';
import { alternate, type Measured, type Side } from './rounds.ts';

const [OURS, BULLMQ, BARE, LEANER, TELLING, FULLY, LOGGING] = [
  'dtq',
  'BullMQ',
  'bare',
  'bare, by undici',
  'BullMQ, with progress',
  'dtq, FULL',
  'dtq, with its log',
] as const;
const DONE = 'jobs a second, done';
const ACCEPTED = 'jobs a second, accepted';
const MEMORY = 'memory at the end, MiB';
const PROCESSES = ['process', 'API', 'worker', 'Redis', 'Kafka'] as const;
const [EMBEDDED, DISTRIBUTED] = ['embedded, one process', 'distributed, an API and a worker'] as const;

/** Submits at once: as many as a worker does jobs. */
const IN_FLIGHT = JOB_POLICIES.weather.concurrency;

/** Jobs submitted and done, from the first submit to the last end. */
export const endToEnd: Bench = {
  name: 'end-to-end',
  run: async (context) => {
    const cases = [await embedded(context)];
    if (context.hasServers) {
      const names = [OURS, BARE, LEANER, BULLMQ] as const;
      const options = { names, caseName: DISTRIBUTED, connections: IN_FLIGHT, measure: DONE };
      cases.push(await endToEndDistributed(context, options));
    }
    return report(cases);
  },
};

async function embedded({ scale, programs, say, hasServers }: BenchContext): Promise<Case> {
  const { wholeJobs: jobs, wholeWarmUpJobs: warmUpJobs } = scale;
  const options = { jobs, warmUpJobs, inFlight: IN_FLIGHT };
  const ours = (name: string, own: Pick<EmbeddedJobsOptions, 'synchronous'> & { isLogging?: boolean }): Side => ({
    name,
    measure: (round) => {
      say(`embedded, round ${round + 1}, ${name}`);
      return inFolder(async (folder) => {
        const { synchronous, isLogging = false } = own;
        const all: EmbeddedJobsOptions = {
          ...options,
          dataDir: path.join(folder, 'data'),
          synchronous,
          ...(isLogging ? { logFile: path.join(folder, 'log') } : {}),
        };
        return measured(await programs.run<JobsResult>('tools/bench/embedded-jobs.ts', {}, all));
      });
    },
  });
  const bare: Side = {
    name: BARE,
    measure: (round) => {
      say(`embedded, round ${round + 1}, ${BARE}`);
      return inFolder(async (folder) => {
        const all: SqliteJobsOptions = { ...options, file: path.join(folder, 'jobs.sqlite') };
        return measured(await programs.run<JobsResult>('tools/bench/bare/sqlite-jobs.ts', {}, all));
      });
    },
  };
  const bullmq = (name: string, tellsProgress: boolean): Side => ({
    name,
    measure: (round) => {
      say(`embedded, round ${round + 1}, ${name}`);
      const { concurrency } = JOB_POLICIES.weather;
      const all: BullmqJobsOptions = { ...options, concurrency, tellsProgress, serverPid: pidOf('redis') };
      return withRedis(async (environment) =>
        measured(await programs.run<JobsResult>('tools/bench/bare/bullmq-jobs.ts', environment, all)),
      );
    },
  });
  const sides = [
    ours(OURS, { synchronous: 'NORMAL' }),
    bare,
    ...(hasServers ? [bullmq(BULLMQ, false), bullmq(TELLING, true)] : []),
    ours(FULLY, { synchronous: 'FULL' }),
    ours(LOGGING, { synchronous: 'NORMAL', isLogging: true }),
  ];
  return { name: EMBEDDED, rounds: await alternate(sides, scale.rounds) };
}

/** Runs with a folder of its own, which goes afterwards. */
async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dtq-bench-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measured({ doneASecond, acceptedASecond, cpuUs, serverCpuUs, rssMiB }: JobsResult): Measured {
  return {
    [DONE]: doneASecond,
    [ACCEPTED]: acceptedASecond,
    [cpuMeasure('process')]: cpuUs,
    ...(serverCpuUs === undefined ? {} : { [cpuMeasure('Redis')]: serverCpuUs }),
    [MEMORY]: rssMiB,
  };
}

function report(cases: readonly Case[]): Report {
  return {
    name: 'end-to-end',
    title: 'End to end: submitted and done, with an instant provider',
    sides: [OURS, BULLMQ, BARE, LEANER, TELLING, FULLY, LOGGING],
    baselines: [BULLMQ, BARE, LEANER],
    measures: [
      { name: DONE, digits: 0 },
      { name: ACCEPTED, digits: 0 },
      ...PROCESSES.map((who) => ({ name: cpuMeasure(who), digits: 0 })),
      { name: MEMORY, digits: 0 },
    ],
    cases,
    marks: [
      { words: 'embedded: at least 1.2 times BullMQ', case: EMBEDDED, measure: DONE, ofSide: BULLMQ, atLeast: 1.2 },
      {
        words: 'distributed: at least 70 % of the bare drivers',
        case: DISTRIBUTED,
        measure: DONE,
        ofSide: BARE,
        atLeast: 0.7,
      },
    ],
    chart: { measures: [DONE] },
    notes: [
      `Embedded: one process submits (${IN_FLIGHT} at once) and does the jobs (${IN_FLIGHT} at once) by a function that answers at once; a fresh process and a fresh file each round, warmed up before.`,
      'dtq: the function behind `POST /v1/jobs` with its validation and its metrics, without HTTP; the queue, the statuses and the document of each job in one SQLite file, `journal_mode=WAL` and `synchronous=NORMAL`: what was accepted outlives `kill -9`, a power loss may take the last moments. FULL outlives that too.',
      'bare, embedded: one SQLite file with the same settings, which holds a queue, a status that every milestone writes and a document, and nothing else: no lists and their indexes, no counts, no validation, no history, no attempts.',
      'BullMQ: `queue.add` and a `Worker` over node-redis (ioredis was no quicker); job and result stay in Redis, whose file is flushed once a second (`appendfsync everysec`): it outlives `kill -9` too, and a power loss may take the last second.',
      'BullMQ, with progress: each job also tells 20, 50 and 80 % by `updateProgress`, as every job of dtq does.',
      'Distributed: 64 connections over HTTP to an API, a worker beside it, and the weather asked over HTTP from an instant provider, on all sides; from the first request to the last time in a document. bare as in `submit` and `completed`; BullMQ: Hono and `queue.add`, and a `Worker` with the same calls.',
      'bare, by undici: the same, its provider asked by `request` of undici, as ours asks it, and not by `fetch` of Node.',
      'dtq, with its log: the same with the two lines a job of level `info`, written to a file; BullMQ writes none, so the others do not either.',
    ],
  };
}
