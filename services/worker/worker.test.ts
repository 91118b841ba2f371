import { aJob } from '@dtq/backend-conformance/samples.ts';
import { Defect, Unavailable } from '@dtq/core/errors.ts';
import type { Backend, ResultStore } from '@dtq/core/ports.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { startTestWorker } from './test/start-worker.ts';

/** A worker over an embedded backend whose result store first does what a test wants. */
async function start(change: (results: ResultStore) => Partial<ResultStore>): Promise<Backend> {
  const { backend } = await startTestWorker({
    replaced: ({ results }) => ({
      results: {
        insert: (result) => results.insert(result),
        get: (jobId) => results.get(jobId),
        list: (query) => results.list(query),
        counts: (jobType) => results.counts(jobType),
        ...change(results),
      },
    }),
  });
  return backend;
}

describe('a worker', () => {
  it('puts a job that it cannot bring to an end aside, and goes on with the next', async () => {
    const bad = aJob();
    const backend = await start((results) => ({
      insert: (result) =>
        result.job_id === bad.job_id
          ? Promise.reject(new Defect('nobody can read what stands there'))
          : results.insert(result),
    }));
    await backend.queue.publish(bad);
    const next = aJob();
    await backend.queue.publish(next);
    await eventually('the next one is done', () => backend.results.get(next.job_id));
    await eventually('the bad one has left the queue', async () => (await backend.queue.holds?.(bad.job_id)) === false);
    expect(await backend.results.get(bad.job_id)).toBeNull();
  });

  it('waits with its result until the store takes it, and then tells how it ended', async () => {
    let failures = 3;
    const backend = await start((results) => ({
      insert: (result) => {
        failures -= 1;
        return failures >= 0 ? Promise.reject(new Unavailable('mongodb', 'is down')) : results.insert(result);
      },
    }));
    const job = aJob();
    await backend.queue.publish(job);
    const waiting = await eventually('it waits', async () => {
      const status = await backend.statuses.get(job.job_id);
      return status?.progress_percent === 80 ? status : null;
    });
    expect(waiting).toMatchObject({ state: 'running', message: 'storing the result' });
    await eventually('it ended', async () => (await backend.statuses.get(job.job_id))?.state === 'completed');
    expect((await backend.results.get(job.job_id))?.final_state).toBe('completed');
  });

  it('takes a job that ended while nobody could say so for ended, and does not do it again', async () => {
    const backend = await start(() => ({}));
    const job = aJob();
    await backend.queue.publish(job);
    const first = await eventually('it ended', () => backend.results.get(job.job_id));
    await eventually('and said so', async () => (await backend.statuses.get(job.job_id))?.state === 'completed');
    await backend.queue.publish(job);
    await eventually('the second delivery is over', async () => (await backend.queue.holds?.(job.job_id)) === false);
    expect(await backend.results.get(job.job_id)).toEqual(first);
    expect(await backend.statuses.get(job.job_id)).toMatchObject({ state: 'completed', attempt: 1 });
  });
});
