import { randomUUID } from 'node:crypto';
import { aChange, aJob } from '@dtq/backend-conformance/samples.ts';
import type { JobMessage } from '@dtq/generated/schemas/types.ts';
import { expect, it } from 'vitest';
import { OPEN_PAGE } from './open-jobs.ts';
import { bury } from './test/consume.ts';
import { freshDataDir, open, sql } from './test/folder.ts';

it('a page is read through an index that has all it needs, in its order', async () => {
  const dataDir = freshDataDir();
  await open(dataDir);
  const plan = sql(dataDir, `EXPLAIN QUERY PLAN ${OPEN_PAGE}`).map(({ detail }) => detail);
  expect(plan).toEqual([
    expect.stringMatching(
      /^SEARCH job_status USING COVERING INDEX job_status_open \(job_type=\? AND place=\? AND .*submitted_at.*\)$/,
    ),
  ]);
});

it('a job is open from the moment in which the queue has it, also where nobody ever writes a status', async () => {
  const backend = await open(freshDataDir());
  const job = aJob();
  await backend.queue.publish(job);
  const { job_id, job_type, submitted_at } = job;
  expect(await backend.openJobs.find(job_id)).toEqual({
    job_id,
    job_type,
    place: 'queued',
    submittedAt: Date.parse(submitted_at),
    status: expect.objectContaining({ state: 'queued', trace_id: job.trace_id }),
  });
  expect(await backend.statuses.get(job_id)).toBeNull();
  expect(await backend.statuses.advance(aChange(job_id, 'queued'))).toEqual({ applied: true, previous: null });
  await backend.statuses.begin({ ...aChange(job_id, 'started'), attempt: 1 });
  expect(await backend.openJobs.find(job_id)).toMatchObject({ place: 'running', status: { sequence: 2 } });
  await backend.statuses.advance(aChange(job_id, 'completed'));
  await backend.queue.publish(job);
  expect(await backend.openJobs.find(job_id)).toBeNull();
  expect(await backend.openJobs.counts()).toEqual({ scheduled: 0, queued: 0, running: 0 });
});

it('a message that is buried leaves no open job behind, unless more is known of it', async () => {
  const backend = await open(freshDataDir());
  const [bad, known] = [aJob(), aJob()];
  await backend.statuses.advance({ ...aChange(known.job_id, 'queued'), ...knownFacts(known) });
  await backend.queue.publish(bad);
  await backend.queue.publish(known);
  await bury(backend, 2);
  expect(await backend.openJobs.find(bad.job_id)).toBeNull();
  expect(await backend.openJobs.find(known.job_id)).toMatchObject({ place: 'queued' });
  expect(await backend.openJobs.counts()).toEqual({ scheduled: 0, queued: 1, running: 0 });
});

it('an open job outlives every sweep, its status does not; once it has ended, its row goes too', async () => {
  const dataDir = freshDataDir();
  let now = Date.now();
  const backend = await open(dataDir, { clock: { now: () => now }, statusTtlMs: 1000 });
  const id = randomUUID();
  const facts = { job_type: 'weather', submitted_at: new Date(now).toISOString() };
  await backend.statuses.advance({ ...aChange(id, 'calling'), ...facts });
  now += 1000;
  await backend.lookAgain();
  expect(await backend.statuses.get(id)).toBeNull();
  expect(await backend.openJobs.find(id)).toMatchObject({ place: 'running', status: null });
  expect(await backend.openJobs.counts('weather')).toEqual({ scheduled: 0, queued: 0, running: 1 });
  await backend.statuses.advance(aChange(id, 'completed'));
  expect(await backend.openJobs.find(id)).toBeNull();
  expect(sql(dataDir, 'SELECT place FROM job_status')).toEqual([{ place: null }]);
  now += 1000;
  await backend.lookAgain();
  expect(sql(dataDir, 'SELECT place FROM job_status')).toEqual([]);
});

it('what somebody takes out of the table by hand is no longer counted', async () => {
  const dataDir = freshDataDir();
  const backend = await open(dataDir);
  for (let count = 0; count < 3; count += 1) await backend.queue.publish(aJob());
  sql(dataDir, 'DELETE FROM job_status WHERE rowid = 1');
  expect(await backend.openJobs.counts('weather')).toEqual({ scheduled: 0, queued: 2, running: 0 });
});

function knownFacts({ job_type, submitted_at }: JobMessage) {
  return { job_type, submitted_at };
}
