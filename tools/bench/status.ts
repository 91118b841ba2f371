import { randomUUID } from 'node:crypto';
import { openDistributedBackend } from '@dtq/backend-distributed/backend.ts';
import type { FreshSpace } from '@dtq/backend-distributed/test/stack.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import { operationPath } from '@dtq/generated/rest/operations.ts';
import { pidOf } from '@dtq/infra/control.ts';
import { type Bench, type BenchContext, withSpace } from './bench.ts';
import { cpuMeasure } from './cpu.ts';
import { LOAD_MEASURES, load } from './load.ts';
import type { Case, Report } from './report.ts';
import { alternate } from './rounds.ts';

const [OURS, BARE] = ['dtq', 'bare'] as const;
const IN_FLIGHT = [1, 32] as const;
const KINDS = ['running', 'completed'] as const;
type Kind = (typeof KINDS)[number];

/** How long an answer over the progress channel takes: HTTP, question, responder, status store, and back. */
export const status: Bench = {
  name: 'status',
  run: (context) =>
    withSpace((ours) =>
      withSpace((bare) =>
        withJobs(ours, (jobs) => measure(context, ours, bare, jobs).finally(() => context.programs.endAll())),
      ),
    ),
};

async function withJobs<T>(space: FreshSpace, work: (jobs: Backend) => Promise<T>): Promise<T> {
  const jobs = await openDistributedBackend({ config: space.config('api'), role: 'api', log: silentLogger() });
  try {
    return await work(jobs);
  } finally {
    await jobs.close();
  }
}

async function measure(
  { scale, programs, say }: BenchContext,
  ours: FreshSpace,
  bare: FreshSpace,
  jobs: Backend,
): Promise<Report> {
  const servers = { Redis: pidOf('redis') };
  const mains = [
    { name: OURS, api: 'services/api/main.ts', worker: 'services/worker/main.ts', ...ours },
    { name: BARE, api: 'tools/bench/bare/api.ts', worker: 'tools/bench/bare/responder.ts', ...bare },
  ];
  const sides: { name: string; api: string; processes: Readonly<Record<string, number | undefined>> }[] = [];
  for (const { name, api, worker, environment } of mains) {
    const { pid } = await programs.start(worker, environment, /("url":"none"|joined its group)/);
    const { said, pid: apiPid } = await programs.start(api, environment, /"url":"(http[^"]+)"/);
    sides.push({ name, api: said, processes: { API: apiPid, worker: pid, ...servers } });
  }
  const ask = async ({ api, processes }: (typeof sides)[number], kind: Kind, connections: number, seconds: number) => {
    const path = operationPath('getJobStatus', { job_id: await makeJob(jobs, kind) });
    return await load({ url: `${api}${path}`, method: 'GET', connections, seconds, processes });
  };
  say('warm-up');
  for (const side of sides) await ask(side, 'running', 32, scale.warmUpSeconds);
  const cases: Case[] = [];
  for (const kind of KINDS) {
    for (const connections of IN_FLIGHT) {
      const name = caseOf(kind, connections);
      say(name);
      const measured = sides.map((side) => ({
        name: side.name,
        measure: () => ask(side, kind, connections, scale.seconds),
      }));
      cases.push({ name, rounds: await alternate(measured, scale.rounds) });
    }
  }
  return {
    name: 'status',
    title: 'Status: GET /v1/jobs/{job_id}/status, asked over RabbitMQ',
    sides: [OURS, BARE],
    measures: [
      { name: LOAD_MEASURES.p50, digits: 2 },
      { name: LOAD_MEASURES.p99, digits: 2 },
      { name: LOAD_MEASURES.rate, digits: 0 },
      ...['API', 'worker', ...Object.keys(servers)].map((who) => ({ name: cpuMeasure(who), digits: 0 })),
    ],
    cases,
    marks: KINDS.flatMap((kind) =>
      IN_FLIGHT.map((connections) => ({
        words: `${caseOf(kind, connections)}: at least 70 % of the bare rate`,
        case: caseOf(kind, connections),
        measure: LOAD_MEASURES.rate,
        ofSide: BARE,
        atLeast: 0.7,
      })),
    ),
    chart: { measures: [LOAD_MEASURES.rate, LOAD_MEASURES.p50] },
    notes: [
      'dtq: one API and one worker as they are started. bare: a Hono route, an RPC of rabbitmq-client (unconfirmed, direct reply-to), and a responder with one `HGETALL`, as two processes.',
      'A worker asks the result store too where a job has ended, or where its status is older than 10 s; bare never does.',
    ],
  };
}

function caseOf(kind: Kind, connections: number): string {
  return `a job that is ${kind}, ${connections} in flight`;
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
