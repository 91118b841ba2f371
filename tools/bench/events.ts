import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Bench, type BenchContext, withSpace } from './bench.ts';
import { cpuMeasure } from './cpu.ts';
import type { EventOptions, EventResult } from './event-clients.ts';
import type { WriterKind } from './event-writer.ts';
import type { Case, Report } from './report.ts';
import { alternate, type Measured } from './rounds.ts';

const [OURS, BARE] = ['dtq', 'bare'] as const;
const [P50, P99, MEMORY] = ['p50, ms', 'p99, ms', 'server: memory, MiB'] as const;
const SERVER = cpuMeasure('server');

/** Who follows what: clients, jobs, changes of each, and the time between two writes in ms. */
interface Crowd extends Pick<EventOptions, 'clients' | 'jobs' | 'changes' | 'everyMs'> {
  readonly name: string;
}

const CROWDS: readonly Crowd[] = [
  { name: '200 clients of one job', clients: 200, jobs: 1, changes: 60, everyMs: 50 },
  { name: '1,000 clients of one job', clients: 1000, jobs: 1, changes: 30, everyMs: 200 },
  { name: '1,000 clients of 1,000 jobs', clients: 1000, jobs: 1000, changes: 3, everyMs: 2 },
];
const QUICK_CROWDS: readonly Crowd[] = [
  { name: '100 clients of one job', clients: 100, jobs: 1, changes: 10, everyMs: 50 },
  { name: '100 clients of 100 jobs', clients: 100, jobs: 100, changes: 2, everyMs: 5 },
];

/** How soon many clients of event streams hear of a change, and what it costs to tell them. */
export const events: Bench = {
  name: 'events',
  run: async (context) => {
    const { programs, hasServers } = context;
    try {
      if (!hasServers) return report(await embedded(context, []));
      return await withSpace((ours) =>
        withSpace(async (bare) => {
          const others = [await server(context, BARE, 'tools/bench/bare/events.ts', 'bare', bare.environment)];
          const cases = await embedded(context, others);
          const api = await server(context, OURS, 'services/api/main.ts', 'distributed', ours.environment);
          return report([...cases, ...(await measure(context, 'distributed', [api, ...others]))]);
        }),
      );
    } finally {
      await programs.endAll();
    }
  },
};

interface Server {
  readonly name: string;
  readonly api: string;
  readonly pid: number | undefined;
  readonly writer: WriterKind;
  readonly environment: Readonly<Record<string, string>>;
}

async function server(
  { programs }: BenchContext,
  name: string,
  main: string,
  kind: 'distributed' | 'bare',
  environment: Server['environment'],
): Promise<Server> {
  const { said, pid } = await programs.start(main, environment, /"url":"(http[^"]+)"/);
  return { name, api: said, pid, writer: { kind }, environment };
}

async function embedded(context: BenchContext, others: readonly Server[]): Promise<Case[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dtq-bench-'));
  const environment = { DTQ_DATA_DIR: path.join(folder, 'data') };
  const program = await context.programs.start('tools/bench/embedded-events.ts', environment, /"served":"([^"]+)"/);
  try {
    const [api = '', door = ''] = program.said.split(' ');
    const ours = { name: OURS, api, pid: program.pid, writer: { kind: 'embedded', door }, environment: {} } as const;
    return await measure(context, 'embedded', [ours, ...others]);
  } finally {
    await program.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(context: BenchContext, backend: string, servers: readonly Server[]): Promise<Case[]> {
  const { programs, scale, say, isQuick } = context;
  const run = ({ api, pid, writer, environment }: Server, { name: _, ...crowd }: Crowd): Promise<EventResult> =>
    programs.run('tools/bench/event-clients.ts', environment, { api, writer, serverPid: pid, ...crowd });
  const crowds = isQuick ? QUICK_CROWDS : CROWDS;
  const [warmUp] = crowds;
  say(`${backend}: warm-up`);
  if (warmUp !== undefined) for (const server of servers) await run(server, warmUp);
  const cases: Case[] = [];
  for (const crowd of crowds) {
    const name = `${backend}, ${crowd.name}`;
    say(name);
    const sides = servers.map((server) => ({
      name: server.name,
      measure: async (): Promise<Measured> => {
        const { p50, p99, serverCpuUs, serverMiB } = await run(server, crowd);
        return {
          ...{ [P50]: p50, [P99]: p99 },
          ...(serverCpuUs === undefined ? {} : { [SERVER]: serverCpuUs }),
          ...(serverMiB === undefined ? {} : { [MEMORY]: serverMiB }),
        };
      },
    }));
    cases.push({ name, rounds: await alternate(sides, scale.rounds) });
  }
  return cases;
}

function report(cases: readonly Case[]): Report {
  return {
    name: 'events',
    title: 'Event streams: GET /v1/jobs/{job_id}/events',
    sides: [OURS, BARE],
    measures: [
      { name: P50, digits: 1 },
      { name: P99, digits: 1 },
      { name: SERVER, digits: 0 },
      { name: MEMORY, digits: 0 },
    ],
    cases,
    chart: { measures: [P50, SERVER] },
    notes: [
      'Each time is from before a status is written to a client having read the event; the CPU is that of the server for each event sent. All clients and the writer are one process, the server another.',
      'dtq: the API as it is started; statuses are written through the guard, by the status store. On the embedded backend they come by one HTTP request more, for the file has one owner.',
      'bare: node:http and one `SUBSCRIBE` a job, one text for all who listen; who writes does `HSET`, `EXPIRE` and `PUBLISH`. No order is held, nothing that was missed is told later, no client is ever too slow.',
    ],
  };
}
