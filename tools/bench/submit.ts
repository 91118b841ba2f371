import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pidOf } from '@dtq/infra/control.ts';
import { type Bench, type BenchContext, withRedis, withSpace } from './bench.ts';
import { cpuMeasure } from './cpu.ts';
import { LOAD_MEASURES, load } from './load.ts';
import type { Case, Report } from './report.ts';
import { alternate, type Side } from './rounds.ts';

const CONNECTIONS = [1, 64, 200] as const;
const QUICK_CONNECTIONS = [1, 64] as const;
const BODY = JSON.stringify({ job_type: 'weather', payload: { city: 'Austin', units: 'metric' } });
const [OURS, BARE, BULLMQ, NAIVE, FULLY] = ['dtq', 'bare', 'BullMQ', 'bare, one send a job', 'dtq, FULL'] as const;

/** Of what some thousands are accepted a second Redis has room for some seconds. */
const STATUS_TTL = '10s';

// One is what nobody should do; the other keeps in Redis all that it accepts, which has no room for every round.
const ONCE: readonly string[] = [NAIVE, BULLMQ];

/** How many jobs an API accepts a second, and how long a caller waits for it. */
export const submit: Bench = {
  name: 'submit',
  run: async (context) => {
    const cases = await embedded(context);
    if (context.hasServers) cases.push(...(await distributed(context)));
    return report(cases);
  },
};

interface Main {
  readonly name: string;
  readonly main: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The servers that it uses, whose time on a core is told beside. */
  readonly servers: readonly ('Redis' | 'Kafka')[];
}

/** Ours accepts and does no such job meanwhile: its worker is told to do others alone. */
async function embedded(context: BenchContext): Promise<Case[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dtq-bench-'));
  const ours = (name: string, synchronous: string): Main => ({
    name,
    main: 'services/standalone/main.ts',
    environment: {
      DTQ_DATA_DIR: path.join(folder, synchronous),
      SQLITE_SYNCHRONOUS: synchronous,
      WORKER_JOB_TYPES: 'quote',
      PROVIDER_MODE: 'sandbox',
    },
    servers: [],
  });
  const [normal, full] = [ours(OURS, 'NORMAL'), ours(FULLY, 'FULL')];
  try {
    if (!context.hasServers) return await measure(context, 'embedded', [normal, full]);
    return await withRedis((environment) => measure(context, 'embedded', [normal, bullmq(environment), full]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function distributed(context: BenchContext): Promise<Case[]> {
  const servers = ['Redis', 'Kafka'] as const;
  const bareApi = 'tools/bench/bare/api.ts';
  return await withRedis((redis) =>
    withSpace((ours) =>
      withSpace(({ environment }) => {
        const bare = { ...environment, STATUS_TTL };
        return measure(context, 'distributed', [
          { name: OURS, main: 'services/api/main.ts', environment: { ...ours.environment, STATUS_TTL }, servers },
          { name: BARE, main: bareApi, environment: bare, servers },
          bullmq(redis),
          { name: NAIVE, main: bareApi, environment: { ...bare, BARE_SEND: 'each' }, servers },
        ]);
      }),
    ),
  );
}

function bullmq(environment: Main['environment']): Main {
  return { name: BULLMQ, main: 'tools/bench/bare/bullmq-api.ts', environment, servers: ['Redis'] };
}

async function measure(
  { scale, programs, say, isQuick }: BenchContext,
  backend: string,
  mains: readonly Main[],
): Promise<Case[]> {
  const sides: { name: string; ask: (connections: number, seconds: number) => ReturnType<typeof load> }[] = [];
  try {
    for (const { name, main, environment, servers } of mains) {
      const { said, pid } = await programs.start(main, environment, /"url":"(http[^"]+)"/);
      const url = `${said}/v1/jobs`;
      const pids = { Redis: pidOf('redis'), Kafka: pidOf('kafka') };
      const processes = { API: pid, ...Object.fromEntries(servers.map((who) => [who, pids[who]])) };
      const ask = (connections: number, seconds: number) =>
        load({ url, method: 'POST', body: BODY, connections, seconds, processes });
      sides.push({ name, ask });
    }
    say(`${backend}: warm-up`);
    for (const { ask } of sides) await ask(64, scale.warmUpSeconds);
    const cases: Case[] = [];
    for (const connections of isQuick ? QUICK_CONNECTIONS : CONNECTIONS) {
      const name = caseOf(backend, connections);
      say(name);
      const measured: Side[] = sides.map((side) => ({
        name: side.name,
        measure: async (round) =>
          ONCE.includes(side.name) && round > 0 ? {} : await side.ask(connections, scale.seconds),
      }));
      cases.push({ name, rounds: await alternate(measured, scale.rounds) });
    }
    return cases;
  } finally {
    await programs.endAll();
  }
}

function caseOf(backend: string, connections: number): string {
  return `${backend}, ${connections === 1 ? '1 connection' : `${connections} connections`}`;
}

function report(cases: readonly Case[]): Report {
  return {
    name: 'submit',
    title: 'Submit: POST /v1/jobs',
    sides: [OURS, BARE, BULLMQ, NAIVE, FULLY],
    baselines: [BARE, BULLMQ],
    measures: [
      { name: LOAD_MEASURES.rate, digits: 0 },
      { name: LOAD_MEASURES.p50, digits: 1 },
      { name: LOAD_MEASURES.p99, digits: 1 },
      ...['API', 'Redis', 'Kafka'].map((who) => ({ name: cpuMeasure(who), digits: 0 })),
    ],
    cases,
    marks: [64, 200].flatMap((connections) => {
      const held = caseOf('distributed', connections);
      const against = { case: held, ofSide: BARE };
      return [
        { words: `${held}: at least 85 % of the bare rate`, measure: LOAD_MEASURES.rate, atLeast: 0.85, ...against },
        { words: `${held}: p50 at most 1.25 times the bare`, measure: LOAD_MEASURES.p50, atMost: 1.25, ...against },
      ];
    }),
    chart: { measures: [LOAD_MEASURES.rate, cpuMeasure('API')] },
    notes: [
      'dtq: the API as it is started, with its log at `info` into a file; on the embedded backend with `SQLITE_SYNCHRONOUS` `NORMAL` (an accepted job survives `kill -9`) and `FULL` (a power loss too), while nobody does the jobs.',
      'bare: Hono, kafkajs (`acks=all`, what waits while two batches are under way goes out as the next), then `HSET` and `EXPIRE`; it validates nothing, has no deadlines and no log. With one send a job it was measured in the first round only.',
      'BullMQ: Hono and `queue.add` over node-redis on the same Redis, whose file is flushed once a second (`appendfsync everysec`); measured in the first round only, for nothing takes its jobs out of Redis again.',
      'The load (autocannon, keep-alive) is a process of its own; it, the API and all servers share the cores.',
    ],
  };
}
