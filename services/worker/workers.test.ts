import { aJob, aJobOf } from '@dtq/backend-conformance/samples.ts';
import type { EmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { PLAIN } from '@dtq/core/envelope.ts';
import { factsOf } from '@dtq/core/job-facts.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobMessage } from '@dtq/generated/schemas/types.ts';
import { AUSTIN_OUTPUT, heldHandler } from '@dtq/testkit/held-handler.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { openTestBackend, startTestWorker } from './test/start-worker.ts';

// Several workers one beside the other, and one after the other.

const AT = '2026-02-14T15:12:04.000Z';

/** The attempts of workers that died with a job, each as its status has it. */
async function loseWorkers(backend: EmbeddedBackend, job: JobMessage, times: number): Promise<void> {
  for (let attempt = 1; attempt <= times; attempt += 1) {
    const start = { ...factsOf(job, PLAIN), ...MILESTONES.started, worker: `lost-${attempt}`, updated_at: AT };
    expect(await backend.statuses.begin(start)).toMatchObject({ applied: true, attempt });
  }
}

describe('two workers with job types of their own', () => {
  it('each does its own, and nothing of the other', async () => {
    const backend = await openTestBackend();
    await startTestWorker({ backend, environment: { WORKER_JOB_TYPES: 'weather' } });
    const second = await startTestWorker({ backend, environment: { WORKER_JOB_TYPES: 'quote,exchange_rate' } });
    const of = async (jobType: Parameters<typeof aJobOf>[0]): Promise<(string | undefined)[]> => {
      const jobs = await Promise.all([1, 2, 3].map(() => aJobOf(jobType)));
      for (const job of jobs) await backend.queue.publish(job);
      const documents = await Promise.all(jobs.map(({ job_id }) => second.ended(job_id)));
      return documents.map(({ attempts }) => attempts?.[0]?.worker);
    };
    const [weather, quote, rate] = [await of('weather'), await of('quote'), await of('exchange_rate')];
    expect(new Set(weather).size).toBe(1);
    expect(new Set([...quote, ...rate]).size).toBe(1);
    expect(weather[0]).not.toBe(quote[0]);
    const nobodys = await aJobOf('github_user');
    await backend.queue.publish(nobodys);
    await second.stop();
    expect(await backend.queue.holds?.(nobodys.job_id)).toBe(true);
    expect(await backend.statuses.get(nobodys.job_id)).toBeNull();
  });
});

describe('a job whose worker is lost', () => {
  it('is done by the next, and its record tells of both', async () => {
    const backend = await openTestBackend();
    const job = aJob();
    const held = heldHandler();
    const first = await startTestWorker({
      backend,
      handlers: held.handlers,
      environment: { WORKER_SHUTDOWN_DRAIN_TIMEOUT: '1ms' },
    });
    await backend.queue.publish(job);
    await eventually('it runs', async () => (await backend.statuses.get(job.job_id))?.progress_percent === 50);
    await first.stop();
    const running = await backend.statuses.get(job.job_id);
    const second = await startTestWorker({ backend });
    const document = await second.ended(job.job_id);
    expect(document).toMatchObject({
      final_state: 'completed',
      attempts: [
        { number: 1, outcome: 'lost', worker: running?.attempts?.[0]?.worker },
        { number: 2, outcome: 'completed' },
      ],
    });
    expect(document.attempts?.[1]?.worker).not.toBe(running?.attempts?.[0]?.worker);
    // The one that was thought lost comes to its end after all.
    held.letGo();
    expect(await backend.results.get(job.job_id)).toEqual(document);
  });

  it('has those attempts counted: it fails with the first failure after its last', async () => {
    const backend = await openTestBackend();
    const job = aJob(undefined, { city: 'Down' });
    await loseWorkers(backend, job, 2);
    await backend.queue.publish(job);
    const worker = await startTestWorker({ backend, policy: { backoff: { baseMs: 1, capMs: 1 } } });
    const { final_state, attempts } = await worker.ended(job.job_id);
    expect(final_state).toBe('failed');
    expect(attempts?.map(({ outcome }) => outcome)).toEqual(['lost', 'lost', 'failed']);
  });

  it('again and again ends failed, and not before it has had more attempts than others', async () => {
    const backend = await openTestBackend();
    const [last, hopeless] = [aJob(), aJob()];
    await loseWorkers(backend, last, 7);
    await loseWorkers(backend, hopeless, 8);
    let calls = 0;
    const worker = await startTestWorker({
      backend,
      handlers: {
        weather: async () => {
          calls += 1;
          return AUSTIN_OUTPUT;
        },
      },
    });
    for (const job of [last, hopeless]) await backend.queue.publish(job);
    const { final_state, attempts } = await worker.ended(last.job_id);
    expect([final_state, attempts?.length]).toEqual(['completed', 8]);
    const document = await worker.ended(hopeless.job_id);
    expect(document.error).toEqual({
      code: 'internal_error',
      message: '8 attempts brought no end; its workers were lost',
    });
    expect(document.attempts?.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 8 }, () => 'lost'));
    expect(calls).toBe(1);
  });
});
