import { renameSync } from 'node:fs';
import path from 'node:path';
import { aChange, aJob, type StepName } from '@dtq/backend-conformance/samples.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { factsOf, submittedChange } from '@dtq/core/job-facts.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { StatusChange } from '@dtq/core/ports.ts';
import type { JobMessage } from '@dtq/generated/schemas/types.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it, vi } from 'vitest';
import type { EmbeddedBackend } from './backend.ts';
import { DATA_FILE } from './database.ts';
import { bury } from './test/consume.ts';
import { freshDataDir, open, sql } from './test/folder.ts';

const submitted = (job: JobMessage): StatusChange => submittedChange(factsOf(job, { priority: 'normal' }));

/** Brings a job as far as a step, as its submit and its worker do. */
async function reach(backend: EmbeddedBackend, last: StepName): Promise<JobMessage> {
  const job = aJob();
  await backend.queue.publish(job);
  await backend.statuses.advance(submitted(job));
  if (last === 'queued') return job;
  await backend.statuses.begin({ ...aChange(job.job_id, 'started'), worker: 'w1' });
  if (last !== 'started') await backend.statuses.advance(aChange(job.job_id, 'calling'));
  if (last === 'storing') await backend.statuses.advance(aChange(job.job_id, 'storing'));
  return job;
}

/** The progress that another program reads in the file. */
const inFile = (dataDir: string, { job_id }: JobMessage): unknown =>
  sql(dataDir, `SELECT status ->> 'progress_percent' AS progress FROM job_status WHERE job_id = ?`, job_id)[0]?.[
    'progress'
  ];

const gone = 'the data file was removed or replaced while it was in use';

describe('how far an attempt has come', () => {
  it('stands for every reader at once, and soon in the file', async () => {
    const dataDir = freshDataDir();
    const backend = await open(dataDir);
    const job = await reach(backend, 'started');
    for (const [step, progress_percent] of [
      ['calling', 50],
      ['storing', 80],
    ] as const) {
      expect(await backend.statuses.advance(aChange(job.job_id, step))).toMatchObject({ applied: true });
      expect(await backend.statuses.get(job.job_id)).toMatchObject({ progress_percent });
      expect(await backend.openJobs.find(job.job_id)).toMatchObject({ status: { progress_percent } });
      expect(await backend.openJobs.list({ limit: 5 })).toMatchObject([{ status: { progress_percent } }]);
    }
    await eventually('the file has it', () => inFile(dataDir, job) === 80);
    expect(await backend.statuses.get(job.job_id)).toMatchObject({ sequence: 4, history: [{}, {}, {}, {}] });
  });

  it('is in the file before anybody who watches is told of it, so that no sequence is given twice', async () => {
    const dataDir = freshDataDir();
    const backend = await open(dataDir);
    const job = await reach(backend, 'calling');
    const told: unknown[] = [];
    await backend.statuses.watch(job.job_id, ({ progress_percent }) =>
      told.push([progress_percent, inFile(dataDir, job)]),
    );
    expect(inFile(dataDir, job)).toBe(50);
    await backend.statuses.advance(aChange(job.job_id, 'storing'));
    expect(told).toEqual([[80, 80]]);
  });

  it('is in the end that comes right after it', async () => {
    const dataDir = freshDataDir();
    const backend = await open(dataDir);
    const job = await reach(backend, 'calling');
    await backend.statuses.advance({ ...aChange(job.job_id, 'failed'), progress_percent: 20 });
    expect(inFile(dataDir, job)).toBe(50);
    expect((await backend.statuses.get(job.job_id))?.history?.map((entry) => entry.progress_percent)).toEqual([
      0, 20, 50, 50,
    ]);
  });

  it('is kept by a close, with the submits that were not written yet', async () => {
    const dataDir = freshDataDir();
    const first = await open(dataDir);
    const [storing, queued] = [await reach(first, 'storing'), await reach(first, 'queued')];
    await first.close();
    const second = await open(dataDir);
    expect(await second.statuses.get(storing.job_id)).toMatchObject({ progress_percent: 80, sequence: 4 });
    expect(await second.statuses.get(queued.job_id)).toMatchObject({ state: 'queued', trace_id: queued.trace_id });
  });

  it('goes back for nobody where its end could not be written', async () => {
    const dataDir = freshDataDir();
    const backend = await open(dataDir);
    const job = await reach(backend, 'storing');
    const ended = backend.statuses.advance(aChange(job.job_id, 'completed'));
    renameSync(path.join(dataDir, DATA_FILE), path.join(dataDir, 'away'));
    await expect(ended).rejects.toThrow(new Unavailable('redis', gone));
    renameSync(path.join(dataDir, 'away'), path.join(dataDir, DATA_FILE));
    expect(await backend.statuses.get(job.job_id)).toMatchObject({ progress_percent: 80 });
    await backend.statuses.advance(aChange(job.job_id, 'completed'));
    expect(inFile(dataDir, job)).toBe(100);
  });

  it('is refused where the file did not take one before, and put off again once it does', async () => {
    const dataDir = freshDataDir();
    const log = silentLogger();
    const refusals: unknown[] = [];
    vi.spyOn(log, 'warn').mockImplementation((...words: unknown[]) => void refusals.push(words));
    const backend = await open(dataDir, { log });
    const jobs = await Promise.all(Array.from({ length: 5 }, () => reach(backend, 'started')));
    const [first, second, ...others] = jobs as [JobMessage, JobMessage, ...JobMessage[]];
    await backend.statuses.advance(aChange(first.job_id, 'calling'));
    renameSync(path.join(dataDir, DATA_FILE), path.join(dataDir, 'away'));
    // A change that counts as made is behind; the first that does not is refused, and can be made once more.
    const next = async (): Promise<unknown> => {
      for (const { job_id } of [second, ...others])
        if ((await backend.statuses.get(job_id))?.progress_percent === 20)
          return await backend.statuses.advance(aChange(job_id, 'calling')).then(
            () => false,
            (error: unknown) => error,
          );
      return false;
    };
    await eventually('what is behind was refused', () => refusals.length > 0);
    expect(await next()).toEqual(new Unavailable('redis', gone));
    renameSync(path.join(dataDir, 'away'), path.join(dataDir, DATA_FILE));
    // Its end takes along what was behind, and leaves nothing to be tried again.
    await backend.statuses.advance(aChange(first.job_id, 'completed'));
    expect(inFile(dataDir, first)).toBe(100);
    await eventually('a change is put off again', async () => {
      const job = await reach(backend, 'started');
      await backend.statuses.advance(aChange(job.job_id, 'calling'));
      return inFile(dataDir, job) === 20;
    });
  });
});

describe('changes of one turn', () => {
  it('of one job follow each other, also where another write undoes their transaction', async () => {
    const dataDir = freshDataDir();
    const backend = await open(dataDir);
    const job = await reach(backend, 'queued');
    const document = {
      toJSON: (): never => {
        throw new Error('a defect, made by this test');
      },
    };
    const [begun, marked, defect] = await Promise.allSettled([
      backend.statuses.begin({ ...aChange(job.job_id, 'started'), worker: 'w1' }),
      backend.cancels.request(job.job_id, aChange(job.job_id, 'started').updated_at),
      backend.statuses.advance({ ...aChange(aJob().job_id, 'completed'), input: document }),
    ]);
    expect(begun).toMatchObject({ status: 'fulfilled', value: { applied: true, attempt: 1 } });
    expect(marked.status).toBe('fulfilled');
    expect(defect).toMatchObject({ status: 'rejected', reason: { message: 'a defect, made by this test' } });
    expect(await backend.statuses.get(job.job_id)).toMatchObject({
      state: 'running',
      sequence: 3,
      cancel_requested_at: expect.any(String),
    });
  });
});

describe('the row of a job that is submitted', () => {
  it('tells all of the job though its submit never came to say queued, and in the order of its time', async () => {
    const dataDir = freshDataDir();
    const first = await open(dataDir);
    const job = { ...aJob(), submitted_at: '2026-06-30T23:59:60.000Z' };
    await first.queue.publish(job, { priority: 'high' });
    await first.close();
    const backend = await open(dataDir);
    const { trace_id, payload: input } = job;
    const status = { state: 'queued', trace_id, input, priority: 'high' };
    expect(await backend.openJobs.find(job.job_id)).toMatchObject({ place: 'queued', status });
    expect(await backend.openJobs.list({ limit: 5 })).toMatchObject([{ job_id: job.job_id, status }]);
    expect(await backend.statuses.get(job.job_id)).toBeNull();
  });

  it('has no live status until the submit says queued, and is known when its message is buried then', async () => {
    const backend = await open(freshDataDir());
    const [silent, told] = [aJob(), aJob()];
    await backend.queue.publish(silent);
    await backend.queue.publish(told);
    expect(await backend.statuses.get(told.job_id)).toBeNull();
    expect(await backend.statuses.advance(submitted(told))).toEqual({ applied: true, previous: null });
    await bury(backend, 2);
    expect(await backend.openJobs.find(silent.job_id)).toBeNull();
    expect(await backend.openJobs.find(told.job_id)).toMatchObject({ place: 'queued', status: { state: 'queued' } });
  });

  it('is made anew by the next change where somebody took it away by hand', async () => {
    const dataDir = freshDataDir();
    const backend = await open(dataDir);
    const job = await reach(backend, 'started');
    sql(dataDir, 'DELETE FROM job_status');
    await backend.statuses.advance(aChange(job.job_id, 'calling'));
    await eventually('the file has it', () => inFile(dataDir, job) === 50);
    expect(await backend.openJobs.find(job.job_id)).toMatchObject({ place: 'running' });
    expect(await backend.openJobs.counts()).toMatchObject({ running: 1 });
  });

  it('of a message of a later attempt says only that the job is open', async () => {
    const dataDir = freshDataDir();
    const backend = await open(dataDir);
    const job = aJob();
    await backend.queue.publish(job, { attempt: 2 });
    expect(sql(dataDir, 'SELECT status, place FROM job_status')).toEqual([{ status: '', place: 'queued' }]);
    expect(await backend.statuses.begin({ ...aChange(job.job_id, 'started'), attempt: 2 })).toMatchObject({
      attempt: 2,
      previous: null,
    });
  });
});
