import { aForeignHash, aJob, aResult, aRow } from '@dtq/backend-conformance/samples.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend, OpenJob } from '@dtq/core/ports.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobMessage } from '@dtq/generated/schemas/types.ts';
import { jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import { OPEN_JOBS_EPOCH } from '@dtq/generated/storage/open-jobs-epoch.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { expect, it, onTestFinished } from 'vitest';
import { openDistributedBackend } from './backend.ts';
import { sweep } from './index-sweep.ts';
import { RedisConnection } from './redis-client.ts';
import { blackHole } from './test/black-hole.ts';
import { describeWithStack, freshSpace, stack } from './test/stack.ts';
import { deployTopology } from './topology.ts';

const log = silentLogger();
const PATIENCE_MS = 20_000;
const AT = '2026-02-14T15:12:04.000Z';

// No consumer of jobs runs in any of these: what is known of a job comes from the index's own group.

describeWithStack('the index of open jobs', () => {
  const makeSpace = async (redisAddress?: string) => {
    const space = freshSpace();
    const config = space.config('worker', redisAddress === undefined ? {} : { REDIS_ADDR: redisAddress });
    onTestFinished(() => space.remove());
    await deployTopology({ config, log });
    const redis = new RedisConnection(space.config('worker').redis, 'dtq-test', log);
    onTestFinished(() => redis.close());
    await redis.settled();
    const open = async (): Promise<Backend> => {
      const backend = await openDistributedBackend({ config, role: 'worker', log });
      onTestFinished(() => backend.close());
      return backend;
    };
    /** Puts jobs where another program does: without a status. With one key they are looked at in this order. */
    const produce = async (jobs: readonly JobMessage[], key?: string): Promise<void> => {
      const kafka = new Kafka({ brokers: [...config.kafka.brokers], logLevel: logLevel.NOTHING });
      const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await producer.connect();
      const messages = jobs.map((job) => ({ key: key ?? job.job_id, value: JSON.stringify(job) }));
      await producer.send({ topic: config.kafka.topics.weather, messages });
      await producer.disconnect();
    };
    return { config, redis, open, produce };
  };
  const comes = (backend: Backend, { job_id }: JobMessage): Promise<OpenJob> =>
    eventually(`${job_id} is in the index`, () => backend.openJobs.find(job_id), PATIENCE_MS);

  it("another program's job is in it before any worker took it, with its status", { timeout: 60_000 }, async () => {
    const { open, produce, redis } = await makeSpace();
    const backend = await open();
    const [job, known, ended] = [aJob(), aJob(), aJob()];
    await redis.send(['HSET', jobStatusKey(known.job_id), ...Object.entries(aForeignHash('running', 50)).flat()]);
    await backend.results.insert(aResult(ended.job_id));
    await produce([ended, known, job], 'no id');
    const submittedAt = Date.parse(job.submitted_at);
    expect(await comes(backend, job)).toEqual({
      job_id: job.job_id,
      job_type: 'weather',
      place: 'queued',
      submittedAt,
      status: await backend.statuses.get(job.job_id),
    });
    expect(await backend.statuses.get(job.job_id)).toMatchObject({
      ...MILESTONES.queued,
      trace_id: job.trace_id,
      job_type: 'weather',
      submitted_at: new Date(submittedAt).toISOString(),
      input: job.payload,
      attempt: 1,
    });
    expect(await comes(backend, known)).toMatchObject({ place: 'running', submittedAt });
    // Its status stays as the other program wrote it.
    expect(await backend.statuses.get(known.job_id)).toEqual({ ...aForeignHash('running', 50), progress_percent: 50 });
    // It came before the others, and has a document.
    expect(await backend.openJobs.find(ended.job_id)).toBeNull();
  });

  it('a Redis that was emptied is filled again from where the workers stand, now and by whoever comes next', {
    timeout: 60_000,
  }, async () => {
    const { open, produce, redis } = await makeSpace();
    const backend = await open();
    const jobs = Array.from({ length: 20 }, () => aJob());
    await produce(jobs);
    await Promise.all(jobs.map((job) => comes(backend, job)));
    const [done] = jobs as [JobMessage];
    await backend.results.insert(aResult(done.job_id));
    await redis.send(['FLUSHDB']);
    await Promise.all(jobs.slice(1).map((job) => comes(backend, job)));
    expect(await backend.openJobs.find(done.job_id)).toBeNull();
    expect(await backend.openJobs.counts()).toEqual({ scheduled: 0, queued: 19, running: 0 });
    await backend.close();
    await redis.send(['FLUSHDB']);
    const next = await open();
    await Promise.all(jobs.slice(1).map((job) => comes(next, job)));
  });

  it('what the workers have done is not read again', { timeout: 60_000 }, async () => {
    const { open, produce, redis } = await makeSpace();
    const backend = await open();
    const [before, after] = [aJob(), aJob()];
    await produce([before], 'no id');
    await comes(backend, before);
    const seen: unknown[] = [];
    const consumer = await backend.queue.consume({
      jobTypes: ['weather'],
      concurrency: {},
      // Done without a document, as no worker of ours does: only the offset tells.
      deliver: async ({ key }) => {
        seen.push(key);
        return { kind: 'done' };
      },
    });
    await eventually('it is delivered', () => seen.length > 0);
    await consumer.stop(5000);
    await redis.send(['FLUSHDB']);
    // From then on nothing is read that was to be read before.
    await eventually('it is noticed', async () => (await redis.send(['EXISTS', OPEN_JOBS_EPOCH])) === 1);
    await produce([after], 'no id');
    await comes(backend, after);
    expect(await backend.openJobs.find(before.job_id)).toBeNull();
  });

  it('what was submitted while Redis was away is in it afterwards', { timeout: 60_000 }, async () => {
    const address = /(?<host>[\d.]+):(?<port>\d+)$/.exec(stack().REDIS_ADDR)?.groups ?? {};
    const hole = await blackHole(address['host'] ?? '', Number(address['port']));
    onTestFinished(() => hole.close());
    const { open } = await makeSpace(`127.0.0.1:${hole.port}`);
    const backend = await open();
    const [first, second] = [aJob(), aJob()];
    await backend.queue.publish(first);
    await comes(backend, first);
    hole.swallow();
    await backend.queue.publish(second, { priority: 'low', expires_at: '2040-01-01T00:00:00.000Z' });
    const { job_id } = second;
    const writing = backend.statuses.advance({
      job_id,
      attempt: 1,
      updated_at: second.submitted_at,
      ...MILESTONES.queued,
    });
    await expect(writing).rejects.toBeInstanceOf(Unavailable);
    expect((await comes(backend, second)).status).toMatchObject({
      priority: 'low',
      expires_at: '2040-01-01T00:00:00.000Z',
    });
  });

  it('what waits in the schedule is in it again after Redis was emptied', { timeout: 60_000 }, async () => {
    const { open, redis } = await makeSpace();
    const backend = await open();
    const [scheduled, retried, ended] = [aJob(), aJob(), aJob()];
    const due_at = '2040-01-01T00:00:00.000Z';
    const attempts = [{ number: 1, started_at: AT, ended_at: AT, outcome: 'retried' as const }];
    await backend.results.insert(aResult(ended.job_id));
    await redis.send(['FLUSHDB']);
    await backend.schedule.put(aRow(ended, { due_at }));
    await backend.schedule.put(aRow(scheduled, { due_at, priority: 'low' }));
    await backend.schedule.put(aRow(retried, { due_at, attempt: 2, attempts }));
    expect(await comes(backend, scheduled)).toMatchObject({
      place: 'scheduled',
      submittedAt: Date.parse(scheduled.submitted_at),
      status: { ...MILESTONES.scheduled, run_at: due_at, priority: 'low', attempt: 1 },
    });
    expect(await comes(backend, retried)).toMatchObject({
      place: 'running',
      status: { state: 'running', next_attempt_at: due_at, attempt: 1, attempts },
    });
    expect(await backend.openJobs.counts()).toEqual({ scheduled: 1, queued: 0, running: 1 });
    expect(await backend.openJobs.find(ended.job_id)).toBeNull();
  });

  it('a job whose last status was lost gets it, and is swept out', { timeout: 60_000 }, async () => {
    const { open, produce, redis } = await makeSpace();
    const backend = await open();
    const [ended, stillOpen] = [aJob(), aJob()];
    await produce([ended, stillOpen]);
    await Promise.all([comes(backend, ended), comes(backend, stillOpen)]);
    await backend.results.insert(aResult(ended.job_id));
    const { openJobs, statuses, results } = backend;
    const sweeping = (now: number) =>
      sweep({ redis, openJobs, statuses, results, log, clock: { now: () => now } }, undefined);
    // A status that changed just now is believed.
    expect(await sweeping(Date.now())).toBeUndefined();
    expect(await openJobs.find(ended.job_id)).not.toBeNull();
    await sweeping(Date.now() + 120_000);
    expect(await openJobs.find(ended.job_id)).toBeNull();
    expect(await statuses.get(ended.job_id)).toMatchObject(MILESTONES.completed);
    expect(await openJobs.find(stillOpen.job_id)).not.toBeNull();
    expect(await statuses.get(stillOpen.job_id)).toMatchObject(MILESTONES.queued);
  });
});
