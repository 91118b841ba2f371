import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readApiConfig } from '@dtq/api/config.ts';
import { openDistributedBackend } from '@dtq/backend-distributed/backend.ts';
import { openEmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { DATA_FILE } from '@dtq/backend-embedded/database.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobResult } from '@dtq/generated/schemas/types.ts';
import { appOver, readConfig } from '@dtq/testkit/app-over.ts';
import { MongoClient } from 'mongodb';
import { type Bench, type BenchContext, withSpace } from './bench.ts';
import type { Case, Report } from './report.ts';
import { alternate, type Measured } from './rounds.ts';
import { percentile } from './statistics.ts';

const [OURS, BARE] = ['dtq', 'bare'] as const;

/** The documents behind the lists: on the file, and on the test servers, which sort slowly (README of backend-distributed). */
const EMBEDDED_SIZES = [10_000, 200_000] as const;
const DISTRIBUTED_SIZE = 5000;

/** Jobs that have not ended, beside the documents. */
const OPEN_JOBS = 500;

const SEEDED_AT_ONCE = 500;
const PAGE = 50;

/** The n-th job was submitted so long after the one before, in milliseconds. */
const APART_MS = 1000;
const SINCE = Date.parse('2026-01-01T00:00:00.000Z');

type Ask = () => Promise<unknown>;

/** How long a page of a list takes, with a filter or without, on the file and on the servers. */
export const list: Bench = {
  name: 'list',
  run: async (context) => {
    const cases: Case[] = [];
    for (const size of EMBEDDED_SIZES) cases.push(...(await embedded(context, size)));
    if (context.hasServers) cases.push(...(await distributed(context)));
    return report(cases);
  },
};

async function embedded({ scale, say }: BenchContext, size: number): Promise<Case[]> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'dtq-bench-'));
  const backend = await openEmbeddedBackend({ dataDir, log: silentLogger() });
  try {
    say(`embedded: ${size} jobs are made`);
    await seed(backend, size);
    const file = new DatabaseSync(path.join(dataDir, DATA_FILE), { readOnly: true });
    const bare = (where: string): Ask => {
      const query = file.prepare(
        `SELECT document FROM job_results WHERE ${where} ORDER BY listed_at DESC, job_id DESC LIMIT ${PAGE}`,
      );
      return async () => query.all().map((row) => JSON.parse(String(row['document'])));
    };
    const cases = await measureAll(`embedded, ${size.toLocaleString('en')} jobs`, askerOf(backend), size, scale, say, {
      'the newest': bare('is_submitted = 1'),
      'one type': bare(`job_type = 'quote' AND is_submitted = 1`),
      'failed ones': bare(`final_state = 'failed' AND is_submitted = 1`),
      'one error': bare(`error_code = 'provider_timeout' AND is_submitted = 1`),
      'deep inside': bare(`is_submitted = 1 AND listed_at < ${SINCE + (size / 2) * APART_MS}`),
    });
    file.close();
    return cases;
  } finally {
    await backend.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function distributed({ scale, say }: BenchContext): Promise<Case[]> {
  return withSpace(async (space) => {
    const config = space.config('api');
    const backend = await openDistributedBackend({ config, role: 'api', log: silentLogger() });
    const client = new MongoClient(config.mongodb.uri);
    try {
      say(`distributed: ${DISTRIBUTED_SIZE} jobs are made`);
      await seed(backend, DISTRIBUTED_SIZE);
      const documents = client.db(config.mongodb.database).collection(config.mongodb.collection);
      const bare = (filter: object): Ask => {
        return () => documents.find(filter).sort({ submitted_at: -1, job_id: -1 }).limit(PAGE).toArray();
      };
      const middle = new Date(SINCE + (DISTRIBUTED_SIZE / 2) * APART_MS).toISOString();
      const name = `distributed, ${DISTRIBUTED_SIZE.toLocaleString('en')} jobs`;
      return await measureAll(name, askerOf(backend), DISTRIBUTED_SIZE, scale, say, {
        'the newest': bare({}),
        'one type': bare({ job_type: 'quote' }),
        'failed ones': bare({ final_state: 'failed' }),
        'one error': bare({ 'error.code': 'provider_timeout' }),
        'deep inside': bare({ submitted_at: { $lt: middle } }),
      });
    } finally {
      await client.close();
      await backend.close();
    }
  });
}

async function measureAll(
  name: string,
  app: ReturnType<typeof askerOf>,
  size: number,
  scale: BenchContext['scale'],
  say: (words: string) => void,
  bare: Readonly<Record<string, Ask>>,
): Promise<Case[]> {
  const until = encodeURIComponent(new Date(SINCE + (size / 2) * APART_MS).toISOString());
  const queries: Readonly<Record<string, string>> = {
    'the newest': '',
    'one type': '&job_type=quote',
    'failed ones': '&state=failed',
    'one error': '&error_code=provider_timeout',
    'deep inside': `&until=${until}`,
  };
  const cases: Case[] = [];
  for (const [kind, query] of Object.entries(queries)) {
    say(`${name}: ${kind}`);
    const ours: Ask = async () => {
      const answer = await app(`/v1/jobs?limit=${PAGE}${query}`);
      const { jobs } = (await answer.json()) as { jobs?: unknown[] };
      if (jobs?.length !== PAGE) throw new Error(`${answer.status}: ${jobs?.length ?? 'no'} jobs, not ${PAGE}`);
    };
    const ask = bare[kind] as Ask;
    const sides = [
      { name: OURS, measure: () => timed(ours, scale.seconds) },
      { name: BARE, measure: () => timed(ask, scale.seconds) },
    ];
    cases.push({ name: `${name}, ${kind}`, rounds: await alternate(sides, scale.rounds) });
  }
  return cases;
}

/** One after the other for so long; at least a few, for the slowest need more than that. */
async function timed(ask: Ask, seconds: number): Promise<Measured> {
  await ask();
  const times: number[] = [];
  const end = performance.now() + seconds * 500;
  while (performance.now() < end || times.length < 5) {
    const began = performance.now();
    await ask();
    times.push(performance.now() - began);
  }
  const sorted = times.toSorted((a, b) => a - b);
  return { 'p50 ms': percentile(sorted, 0.5), 'p99 ms': percentile(sorted, 0.99) };
}

function askerOf(backend: Backend): (address: string) => Promise<Response> {
  const { app } = appOver(backend, { config: readConfig(readApiConfig, { REQUEST_TIMEOUT: '60s' }) });
  return async (address) => app.request(address);
}

async function seed(backend: Backend, size: number): Promise<void> {
  for (let from = 0; from < size; from += SEEDED_AT_ONCE) {
    const some = Array.from({ length: Math.min(SEEDED_AT_ONCE, size - from) }, (_, index) => documentOf(from + index));
    await Promise.all(some.map((document) => backend.results.insert(document)));
  }
  const { queued } = MILESTONES;
  for (let index = 0; index < OPEN_JOBS; index += 1) {
    const at = new Date(SINCE + (index * size * APART_MS) / OPEN_JOBS).toISOString();
    const facts = { job_id: randomUUID(), job_type: 'weather', submitted_at: at, priority: 'normal' as const };
    await backend.statuses.advance({ ...facts, ...queued, attempt: 1, updated_at: at });
  }
}

/** Every other one failed, in three ways; the types in turn. */
function documentOf(index: number): JobResult {
  const at = new Date(SINCE + index * APART_MS).toISOString();
  const common = {
    schema_version: '1.0' as const,
    job_id: randomUUID(),
    trace_id: randomUUID(),
    submitted_at: at,
    started_at: at,
    completed_at: at,
    priority: 'normal' as const,
    attempts: [{ number: 1, worker: 'bench', started_at: at, ended_at: at, outcome: 'completed' as const }],
  };
  if (index % 2 === 0) {
    const code = index % 10 === 0 ? 'provider_timeout' : index % 4 === 0 ? 'provider_unavailable' : 'cancelled';
    const error = { code, message: 'made for this measurement' };
    return { ...common, job_type: 'quote', input: { limit: 1 }, output: null, final_state: 'failed', error };
  }
  const input = { city: 'Austin', units: 'metric' as const };
  const output = { temperature: 21.5, condition: 'partly cloudy', humidity_pct: 40, wind_kph: 11.2 };
  return { ...common, job_type: 'weather', input, output, final_state: 'completed', error: null };
}

function report(cases: readonly Case[]): Report {
  return {
    name: 'list',
    title: 'Lists: GET /v1/jobs, a page of 50',
    sides: [OURS, BARE],
    measures: [
      { name: 'p50 ms', digits: 2 },
      { name: 'p99 ms', digits: 2 },
    ],
    cases,
    notes: [
      'dtq: the API in this process, from the request to the parsed answer: open jobs (500 of them) and documents merged, each document validated, counts by state.',
      'bare: the documents alone, by one query with the driver, parsed.',
      'The test servers of the distributed backend sort without an index; a real MongoDB does not. There the ratio tells, not the time.',
    ],
  };
}
