import { aJob } from '@dtq/backend-conformance/samples.ts';
import type { EmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { systemClock } from '@dtq/core/clock.ts';
import { Defect, Unavailable } from '@dtq/core/errors.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend, JobQueue } from '@dtq/core/ports.ts';
import { scheduledJob } from '@dtq/core/scheduled-job.ts';
import { startScheduler } from '@dtq/core/scheduler.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openTestBackend, startTestWorker } from './test/start-worker.ts';

// Rows of the schedule that are due, while the stores around them fail.

const PAST = '2026-02-14T15:12:04.000Z';

function start(backend: Backend, owner = 'scheduler', options = { everyMs: 20, leaseMs: 200, limit: 100 }): void {
  const scheduler = startScheduler({ ...backend, clock: systemClock, log: silentLogger(), owner }, options);
  onTestFinished(() => scheduler.stop());
}

/** A queue that confirms nothing for so many calls, although it takes each message: nobody can say whether it did. */
function unsure({ queue }: EmbeddedBackend, calls: number): { queue: JobQueue; published: () => readonly string[] } {
  const published: string[] = [];
  const publish: JobQueue['publish'] = async (job, envelope) => {
    published.push(job.job_id);
    await queue.publish(job, envelope);
    if (published.length <= calls) throw new Unavailable('kafka', 'did not confirm in time');
  };
  return {
    queue: { publish, consume: (options) => queue.consume(options), holds: (jobId) => queue.holds(jobId) },
    published: () => published,
  };
}

const down = (): Promise<never> => Promise.reject(new Unavailable('redis', 'is down'));

describe('a row that is due', () => {
  it('stays until the queue confirms its message, and its job is done once', async () => {
    const backend = await openTestBackend();
    const job = aJob();
    await backend.schedule.put(scheduledJob('run', job, PAST));
    const { queue, published } = unsure(backend, 2);
    start({ ...backend, queue });
    await eventually('it has gone', async () => (await backend.schedule.find(job.job_id)).length === 0);
    expect(published()).toEqual([job.job_id, job.job_id, job.job_id]);
    let calls = 0;
    const worker = await startTestWorker({
      backend,
      handlers: {
        weather: async () => {
          calls += 1;
          return { temperature: 1, condition: 'Cloudy', humidity_pct: 1, wind_kph: 1 };
        },
      },
    });
    expect((await worker.ended(job.job_id)).attempts).toHaveLength(1);
    await eventually('its messages are done with', async () => (await backend.queue.holds(job.job_id)) === false);
    expect(calls).toBe(1);
  });

  it('is on the queue although the status store is down, once', async () => {
    const backend = await openTestBackend();
    const job = aJob();
    await backend.schedule.put(scheduledJob('run', job, PAST));
    const { queue, published } = unsure(backend, 0);
    const statuses = { begin: down, advance: down, get: down, watch: down };
    start({ ...backend, queue, statuses });
    await eventually('it has gone', async () => (await backend.schedule.find(job.job_id)).length === 0);
    expect(published()).toEqual([job.job_id]);
  });

  it('of another priority is a normal job where none but those are taken any more', async () => {
    const backend = await openTestBackend();
    const job = aJob();
    await backend.schedule.put(scheduledJob('run', job, PAST, { priority: 'low' }));
    const capabilities = [{ name: 'priority-topics', supported: false, reason: 'PRIORITY_TOPICS is off' }];
    const publish: JobQueue['publish'] = async (message, envelope) => {
      if (envelope?.priority !== 'normal') throw new Defect(`a job of ${envelope?.priority} priority has no topic`);
      await backend.queue.publish(message, envelope);
    };
    start({ ...backend, capabilities, queue: { ...unsure(backend, 0).queue, publish } });
    await eventually('it has gone', async () => (await backend.schedule.find(job.job_id)).length === 0);
    expect(await backend.queue.holds(job.job_id)).toBe(true);
    expect(await backend.statuses.get(job.job_id)).toMatchObject({ state: 'queued', priority: 'normal' });
  });

  it('is done by one of two schedulers, of many rows in several claims', async () => {
    const backend = await openTestBackend();
    const jobs = Array.from({ length: 25 }, () => aJob());
    for (const job of jobs) await backend.schedule.put(scheduledJob('run', job, PAST));
    const { queue, published } = unsure(backend, 0);
    for (const owner of ['first', 'second'])
      start({ ...backend, queue }, owner, { everyMs: 20, leaseMs: 60_000, limit: 10 });
    await eventually('all are on the queue', () => published().length >= 25);
    await eventually('their rows have gone', async () => {
      const rows = await Promise.all(jobs.map(({ job_id }) => backend.schedule.find(job_id)));
      return rows.flat().length === 0;
    });
    expect([...published()].sort()).toEqual(jobs.map(({ job_id }) => job_id).sort());
  });

  it('of an expiry does not end a job while nobody can say whether it was started', async () => {
    const backend = await openTestBackend();
    const job = aJob();
    await backend.schedule.put(scheduledJob('expire', job, PAST));
    let asked = 0;
    const get: Backend['statuses']['get'] = (jobId) => {
      asked += 1;
      return asked <= 2 ? down() : backend.statuses.get(jobId);
    };
    const { statuses } = backend;
    const replaced: Backend['statuses'] = {
      begin: (begin) => statuses.begin(begin),
      advance: (change) => statuses.advance(change),
      watch: (jobId, onChange) => statuses.watch(jobId, onChange),
      get,
    };
    start({ ...backend, statuses: replaced });
    await eventually('it was asked', () => asked === 1);
    expect(await backend.results.get(job.job_id)).toBeNull();
    const document = await eventually('it has expired', () => backend.results.get(job.job_id));
    expect(document).toMatchObject({ error: { code: 'expired', message: `nobody started it before ${PAST}` } });
    await eventually('the row has gone', async () => (await backend.schedule.find(job.job_id)).length === 0);
  });
});

it('a scheduler that is stopped takes no more, and may be stopped twice', async () => {
  const backend = await openTestBackend();
  const parts = { ...backend, clock: systemClock, log: silentLogger(), owner: 'one' };
  const scheduler = startScheduler(parts, { everyMs: 5 });
  await scheduler.stop();
  const job = aJob();
  await backend.schedule.put(scheduledJob('run', job, PAST));
  await scheduler.stop();
  expect(await backend.schedule.find(job.job_id)).toHaveLength(1);
  expect(await backend.queue.holds(job.job_id)).toBe(false);
});
