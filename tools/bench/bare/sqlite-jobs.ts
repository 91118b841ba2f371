import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import { MILESTONES, type Milestone } from '@dtq/generated/lifecycle.ts';
import type { WeatherJobMessage } from '@dtq/generated/schemas/types.ts';
import { type JobsOptions, measureJobs, OUTPUT } from '../in-process.ts';

// One SQLite file with no more than a job must leave there: a queue, a status that each milestone writes, a document; all
// writes of one turn in one transaction, as ours. No validation, no lists and so none of their indexes, no counts, no
// attempts, no history. Its first argument is what to do, as JSON.

export interface SqliteJobsOptions extends JobsOptions {
  /** A file that is not there yet. */
  readonly file: string;
}

const options = JSON.parse(process.argv[2] ?? '{}') as SqliteJobsOptions;
const database = new DatabaseSync(options.file);
// As services/backend-embedded/database.ts sets them.
database.exec(`
  PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -32768;
  CREATE TABLE queue (id INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL) STRICT;
  CREATE TABLE statuses (job_id TEXT PRIMARY KEY, status TEXT NOT NULL) STRICT;
  CREATE TABLE documents (job_id TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;
`);
const put = database.prepare('INSERT INTO queue (message) VALUES (?)');
const next = database.prepare('SELECT id, message FROM queue WHERE id > ? ORDER BY id LIMIT ?');
const remove = database.prepare('DELETE FROM queue WHERE id = ?');
const insert = database.prepare('INSERT INTO documents (job_id, document) VALUES (?, ?) ON CONFLICT DO NOTHING');
const tell = database.prepare(
  'INSERT INTO statuses (job_id, status) VALUES (?, ?) ON CONFLICT (job_id) DO UPDATE SET status = excluded.status',
);

let waiting: { readonly work: () => void; readonly done: () => void }[] = [];

/** Resolves once the write is committed, with all others of this turn. */
function write(work: () => void): Promise<void> {
  return new Promise((done) => {
    if (waiting.push({ work, done }) > 1) return;
    setImmediate(() => {
      const writes = waiting;
      waiting = [];
      database.exec('BEGIN IMMEDIATE');
      for (const { work: one } of writes) one();
      database.exec('COMMIT');
      for (const { done: one } of writes) one();
    });
  });
}

function writeStatus(
  { job_id, trace_id }: WeatherJobMessage,
  { state, progress_percent, message }: Milestone,
): Promise<void> {
  const updated_at = new Date().toISOString();
  const status = JSON.stringify({ job_id, trace_id, state, progress_percent, message, attempt: 1, updated_at });
  return write(() => void tell.run(job_id, status));
}

async function submit(number: number): Promise<void> {
  const [job_id, trace_id, submitted_at] = [randomUUID(), randomUUID(), new Date().toISOString()];
  const payload = { city: `City ${number}`, units: 'metric' } as const;
  const job = { schema_version: '1.0', job_id, job_type: 'weather', payload, submitted_at, trace_id } as const;
  const message = JSON.stringify(job);
  await write(() => void put.run(message));
  mayWait = true;
  take();
  await writeStatus(job, MILESTONES.queued);
}

let ended = 0;
let running = 0;
let last = 0;
let mayWait = false;

function take(): void {
  const free = JOB_POLICIES.weather.concurrency - running;
  if (free === 0 || !mayWait) return;
  const rows = next.all(last, free) as { id: number; message: string }[];
  mayWait = rows.length === free;
  for (const { id, message } of rows) {
    last = id;
    void doJob(id, JSON.parse(message) as WeatherJobMessage);
  }
}

async function doJob(id: number, job: WeatherJobMessage): Promise<void> {
  running += 1;
  const started_at = new Date().toISOString();
  await writeStatus(job, MILESTONES.started);
  await writeStatus(job, MILESTONES.calling);
  const output = await Promise.resolve(OUTPUT);
  await writeStatus(job, MILESTONES.storing);
  const { job_id, job_type, payload: input, trace_id } = job;
  const end = { output, final_state: 'completed', error: null, started_at, completed_at: new Date().toISOString() };
  const document = JSON.stringify({ schema_version: '1.0', job_id, job_type, input, trace_id, ...end });
  await write(() => void insert.run(job_id, document));
  await writeStatus(job, MILESTONES.completed);
  await write(() => void remove.run(id));
  running -= 1;
  ended += 1;
  take();
}

const result = await measureJobs({ submit, ended: () => ended }, options);
database.close();
console.log(JSON.stringify({ result }));
