import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { aFailedResult, aJob, aJobOf, aResult, aResultOf } from '@dtq/backend-conformance/samples.ts';
import { encodeJobMessage } from '@dtq/core/job-message.ts';
import type { JobMessage, JobResult, JobStatus } from '@dtq/generated/schemas/types.ts';
import { expect, it, vi } from 'vitest';
import { DATA_FILE } from './database.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';
import { freshDataDir, open, sql } from './test/folder.ts';

const LATER = 8_000_000_000_000;

/** A file as the first version made it, with whatever is put into it. */
function firstVersion(fill: (file: DatabaseSync) => void): string {
  const dataDir = freshDataDir();
  mkdirSync(dataDir);
  const file = new DatabaseSync(path.join(dataDir, DATA_FILE));
  file.exec(`${MIGRATIONS[0]} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 1;`);
  fill(file);
  file.close();
  return dataDir;
}

const queue = (file: DatabaseSync, job: JobMessage): void =>
  void file
    .prepare('INSERT INTO job_queue (job_type, key, value, headers) VALUES (?, ?, ?, ?)')
    .run(job.job_type, job.job_id, encodeJobMessage(job), '{"content-type":"application/json"}');

const tell = (file: DatabaseSync, status: JobStatus & { job_id: string }, expiresAt = LATER): void =>
  void file
    .prepare('INSERT INTO job_status (job_id, status, expires_at) VALUES (?, ?, ?)')
    .run(status.job_id, JSON.stringify(status), expiresAt);

const store = (file: DatabaseSync, id: string, document: string): void =>
  void file.prepare('INSERT INTO job_results (job_id, document) VALUES (?, ?)').run(id, document);

function aStatus(job_id: string, state: JobStatus['state'], progress_percent: number): JobStatus & { job_id: string } {
  const updated_at = '2026-02-14T15:12:30.000Z';
  const history = [{ sequence: 1, attempt: 1, state: 'queued' as const, progress_percent: 0, at: updated_at }];
  return { job_id, state, progress_percent, message: 'as it was', updated_at, attempt: 1, sequence: 1, history };
}

it('open jobs of a file of the first version are known, with their type and the time of their submit', async () => {
  const [queued, running, forgotten, ended] = [
    { ...aJob(), submitted_at: '2026-02-14T15:12:04Z' },
    await aJobOf('quote'),
    { ...aJob(), submitted_at: '2026-02-14t15:12:04.1239+00:00' },
    aJob(),
  ];
  const gone = randomUUID();
  const dataDir = firstVersion((file) => {
    for (const job of [queued, running, forgotten, ended]) queue(file, job);
    tell(file, aStatus(queued.job_id, 'queued', 0));
    tell(file, aStatus(running.job_id, 'running', 50));
    tell(file, aStatus(ended.job_id, 'completed', 100));
    // Neither the queue nor a document knows of this one any more: its status is all that is left.
    tell(file, aStatus(gone, 'running', 80));
    file.prepare("INSERT INTO job_queue (job_type, key, value) VALUES ('weather', 'x', x'ff00')").run();
    store(file, ended.job_id, JSON.stringify(aResult(ended.job_id)));
  });
  const backend = await open(dataDir);
  expect(await backend.openJobs.find(queued.job_id)).toMatchObject({
    job_type: 'weather',
    place: 'queued',
    submittedAt: Date.parse(queued.submitted_at),
    status: { message: 'as it was' },
  });
  expect(await backend.openJobs.find(running.job_id)).toMatchObject({
    job_type: 'quote',
    place: 'running',
    submittedAt: Date.parse(running.submitted_at),
  });
  expect(await backend.openJobs.find(forgotten.job_id)).toEqual({
    job_id: forgotten.job_id,
    job_type: 'weather',
    place: 'queued',
    submittedAt: Date.parse('2026-02-14T15:12:04.123Z'),
    status: null,
  });
  expect(await backend.openJobs.find(ended.job_id)).toBeNull();
  expect(await backend.openJobs.find(gone)).toBeNull();
  expect(await backend.statuses.get(gone)).toMatchObject({ progress_percent: 80 });
  expect(await backend.openJobs.counts()).toEqual({ scheduled: 0, queued: 2, running: 1 });
  expect(await backend.openJobs.list({ limit: 10 })).toHaveLength(3);
});

it('what waits in the queue of a file of the first version comes, of normal priority', async () => {
  const job = aJob();
  const dataDir = firstVersion((file) => queue(file, job));
  const backend = await open(dataDir);
  const seen: unknown[] = [];
  await backend.queue.consume({
    jobTypes: ['weather'],
    concurrency: {},
    deliver: async ({ key, priority, headers }) => {
      seen.push([key, priority, headers]);
      return { kind: 'done' };
    },
  });
  await vi.waitFor(() => expect(seen).toEqual([[job.job_id, 'normal', { 'content-type': 'application/json' }]]));
});

it('documents of a file of the first version are listed and counted; what cannot be read is left out', async () => {
  const at = (minute: number): string => new Date(Date.UTC(2026, 1, 14, 15, minute)).toISOString();
  const documents = [
    { ...aResult(), submitted_at: at(9) },
    { ...aFailedResult(), completed_at: at(8) },
    { ...(await aResultOf('quote')), completed_at: at(7).replace('.000Z', 'Z') },
    { ...aResult(), completed_at: at(6) },
  ] as JobResult[];
  const dataDir = firstVersion((file) => {
    for (const document of documents) store(file, document.job_id, JSON.stringify(document));
    store(file, 'broken', 'no JSON');
    store(file, 'strange', '{"job_type":"weather","final_state":{"a":1},"completed_at":"now"}');
  });
  const { results } = await open(dataDir);
  expect(await results.list({ limit: 10 })).toEqual(documents);
  expect(await results.list({ limit: 10, errorCode: 'invalid_message' })).toEqual([documents[1]]);
  expect(await results.list({ limit: 10, traceId: documents[3]?.trace_id as string })).toEqual([documents[3]]);
  expect(await results.counts()).toEqual({ completed: 3, failed: 1 });
  expect(await results.counts('quote')).toEqual({ completed: 1, failed: 0 });
});

it('dead letters of a file of the first version can be listed and read, with the id of the job where it can be read', async () => {
  const job = aJob();
  const values = [encodeJobMessage(job), new Uint8Array([0x7b, 0xff])];
  const dataDir = firstVersion((file) => {
    for (const [index, value] of values.entries())
      file
        .prepare(
          `INSERT INTO dead_letters (job_type, key, value, headers, reason, source_topic, source_partition, source_offset, buried_at)
           VALUES ('weather', NULL, ?, '{"a":"b"}', 'because', 'jobs.weather.v1', 0, ?, '2026-02-14T15:12:04.000Z')`,
        )
        .run(value, index + 1);
  });
  const { deadLetters } = await open(dataDir);
  const letter = {
    job_type: 'weather',
    key: null,
    reason: 'because',
    violations: [],
    buried_at: '2026-02-14T15:12:04.000Z',
  };
  expect(await deadLetters.list({ limit: 10 })).toEqual([
    { ...letter, dead_letter_id: 'jobs.weather.v1:0:2', size: 2 },
    { ...letter, dead_letter_id: 'jobs.weather.v1:0:1', job_id: job.job_id, size: values[0]?.length },
  ]);
  expect(await deadLetters.get('jobs.weather.v1:0:2')).toMatchObject({ headers: { a: 'b' }, value_base64: 'e/8=' });
});

it('a file of the first version ends with the schema of a new one', async () => {
  const schemaOf = (dataDir: string) =>
    sql(dataDir, "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name");
  const [old, fresh] = [firstVersion(() => {}), freshDataDir()];
  for (const dataDir of [old, fresh]) await (await open(dataDir)).close();
  expect(schemaOf(old)).toEqual(schemaOf(fresh));
  expect(sql(old, 'PRAGMA user_version')).toEqual([{ user_version: MIGRATIONS.length }]);
});
