import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDistributedBackend } from '@dtq/backend-distributed/backend.ts';
import type { FreshSpace } from '@dtq/backend-distributed/test/stack.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import { operationPath } from '@dtq/generated/rest/operations.ts';
import { pidOf } from '@dtq/infra/control.ts';
import { type Bench, type BenchContext, withSpace } from './bench.ts';
import { cpuMeasure } from './cpu.ts';
import { endedJob } from './ended-job.ts';
import { LOAD_MEASURES, load } from './load.ts';
import type { Case, Report } from './report.ts';
import { alternate, type Measured } from './rounds.ts';

const [OURS, BARE] = ['dtq', 'bare'] as const;
const IN_FLIGHT = [1, 32] as const;
const KINDS = ['running', 'completed'] as const;
type Kind = (typeof KINDS)[number];

/** How long an answer over the progress channel takes: HTTP, question, responder, status store, and back. */
export const status: Bench = {
  name: 'status',
  run: async (context) => {
    try {
      if (!context.hasServers) return report(await embedded(context, []));
      return await withSpace((ours) =>
        withSpace(({ environment }) => {
          // The same hashes on both sides.
          const bare = { ...environment, REDIS_DB: ours.environment['REDIS_DB'] ?? '' };
          return withJobs(ours, async (jobs) => report(await measure(context, ours.environment, bare, jobs)));
        }),
      );
    } finally {
      await context.programs.endAll();
    }
  },
};

/** Asks for a job that is of a kind, again and again. */
interface Asked {
  readonly name: string;
  readonly ask: (kind: Kind, connections: number, seconds: number) => Promise<Measured>;
}

async function withJobs<T>(space: FreshSpace, work: (jobs: Backend) => Promise<T>): Promise<T> {
  const jobs = await openDistributedBackend({ config: space.config('api'), role: 'api', log: silentLogger() });
  try {
    return await work(jobs);
  } finally {
    await jobs.close();
  }
}

async function measure(
  context: BenchContext,
  ours: FreshSpace['environment'],
  bare: FreshSpace['environment'],
  jobs: Backend,
): Promise<Case[]> {
  const mains = [
    { name: OURS, api: 'services/api/main.ts', worker: 'services/worker/main.ts', environment: ours },
    { name: BARE, api: 'tools/bench/bare/api.ts', worker: 'tools/bench/bare/responder.ts', environment: bare },
  ];
  const sides: Asked[] = [];
  for (const { name, api, worker, environment } of mains) {
    const { pid } = await context.programs.start(worker, environment, /("url":"none"|joined its group)/);
    const { said, pid: apiPid } = await context.programs.start(api, environment, /"url":"(http[^"]+)"/);
    const processes = { API: apiPid, worker: pid, Redis: pidOf('redis') };
    const ask: Asked['ask'] = async (kind, connections, seconds) => {
      const path = operationPath('getJobStatus', { job_id: await makeJob(jobs, kind) });
      return await load({ url: `${said}${path}`, method: 'GET', connections, seconds, processes });
    };
    sides.push({ name, ask });
  }
  const cases = await compare(context, 'distributed', KINDS, sides);
  return [...cases, ...(await embedded(context, sides.slice(1)))];
}

/** The API, the worker and the question in one process, beside what is given. */
async function embedded(context: BenchContext, others: readonly Asked[]): Promise<Case[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dtq-bench-'));
  const environment = { DTQ_DATA_DIR: path.join(folder, 'data'), PROVIDER_MODE: 'sandbox' };
  try {
    const { said, pid } = await context.programs.start(
      'services/standalone/main.ts',
      environment,
      /"url":"(http[^"]+)"/,
    );
    const url = `${said}${operationPath('getJobStatus', { job_id: await endedJob(said) })}`;
    const ask: Asked['ask'] = (_, connections, seconds) =>
      load({ url, method: 'GET', connections, seconds, processes: { API: pid } });
    return await compare(context, 'embedded', ['completed'], [{ name: OURS, ask }, ...others]);
  } finally {
    await context.programs.endAll();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compare(
  { say, scale }: BenchContext,
  backend: string,
  kinds: readonly Kind[],
  sides: readonly Asked[],
): Promise<Case[]> {
  say(`${backend}: warm-up`);
  for (const { ask } of sides) await ask(kinds[0] ?? 'completed', 32, scale.warmUpSeconds);
  const cases: Case[] = [];
  for (const kind of kinds) {
    for (const connections of IN_FLIGHT) {
      const name = caseOf(backend, kind, connections);
      say(name);
      const measured = sides.map(({ name: side, ask }) => ({
        name: side,
        measure: () => ask(kind, connections, scale.seconds),
      }));
      cases.push({ name, rounds: await alternate(measured, scale.rounds) });
    }
  }
  return cases;
}

function report(cases: readonly Case[]): Report {
  const held = [...KINDS.map((kind) => ['distributed', kind] as const), ['embedded', 'completed'] as const];
  return {
    name: 'status',
    title: 'Status: GET /v1/jobs/{job_id}/status, asked of a worker',
    sides: [OURS, BARE],
    measures: [
      { name: LOAD_MEASURES.p50, digits: 2 },
      { name: LOAD_MEASURES.p99, digits: 2 },
      { name: LOAD_MEASURES.rate, digits: 0 },
      ...['API', 'worker', 'Redis'].map((who) => ({ name: cpuMeasure(who), digits: 0 })),
    ],
    cases,
    marks: held.flatMap(([backend, kind]) =>
      IN_FLIGHT.map((connections) => ({
        words: `${caseOf(backend, kind, connections)}: at least 70 % of the bare rate`,
        case: caseOf(backend, kind, connections),
        measure: LOAD_MEASURES.rate,
        ofSide: BARE,
        atLeast: 0.7,
      })),
    ),
    chart: { measures: [LOAD_MEASURES.rate, LOAD_MEASURES.p50] },
    notes: [
      'dtq: one API and one worker as they are started; embedded, both in one process over one file. bare: a Hono route, an RPC of rabbitmq-client (unconfirmed, direct reply-to), and a responder with one `HGETALL` of the same hash, as two processes.',
      'A worker asks the result store too where a job has ended, or where its status is older than 10 s; bare never does.',
    ],
  };
}

function caseOf(backend: string, kind: Kind, connections: number): string {
  return `${backend}, a job that is ${kind}, ${connections} in flight`;
}

/** A job of which only the stores know, with a status that is fresh: what is older is doubted, and then costs more. */
async function makeJob({ statuses, results }: Backend, kind: Kind): Promise<string> {
  const [job_id, trace_id, at] = [randomUUID(), randomUUID(), new Date().toISOString()];
  const change = { job_id, trace_id, attempt: 1, updated_at: at };
  await statuses.advance({ ...change, ...MILESTONES.started });
  if (kind === 'running') return job_id;
  await results.insert({
    schema_version: '1.0',
    job_id,
    job_type: 'weather',
    input: { city: 'Austin', units: 'metric' },
    output: { temperature: 21.5, condition: 'partly cloudy', humidity_pct: 40, wind_kph: 11.2 },
    final_state: 'completed',
    error: null,
    started_at: at,
    completed_at: at,
    trace_id,
  });
  await statuses.advance({ ...change, ...MILESTONES.completed });
  return job_id;
}
