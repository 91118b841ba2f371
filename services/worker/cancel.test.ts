import { aJob } from '@dtq/backend-conformance/samples.ts';
import type { EmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { cancelJob } from '@dtq/core/cancel-job.ts';
import { systemClock } from '@dtq/core/clock.ts';
import { PLAIN } from '@dtq/core/envelope.ts';
import { JobFailure } from '@dtq/core/errors.ts';
import { CANCELLED, documented, documentOf } from '@dtq/core/job-document.ts';
import { factsOf } from '@dtq/core/job-facts.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { scheduledJob } from '@dtq/core/scheduled-job.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobMessage } from '@dtq/generated/schemas/types.ts';
import { AUSTIN_OUTPUT, heldHandler } from '@dtq/testkit/held-handler.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import type { JobHandler } from './handler.ts';
import { openTestBackend, startTestWorker } from './test/start-worker.ts';

// A job that somebody cancels, as a worker meets it at every time of the job's life, and at every step of the cancel.

const NOW = '2026-02-14T15:12:05.000Z';

async function submit(backend: EmbeddedBackend, job = aJob()): Promise<JobMessage> {
  await backend.queue.publish(job);
  await backend.statuses.advance({ ...factsOf(job, PLAIN), ...MILESTONES.queued, attempt: 1, updated_at: NOW });
  return job;
}

const mark = (backend: EmbeddedBackend, { job_id }: JobMessage): Promise<void> => backend.cancels.request(job_id, NOW);

async function cancel(backend: EmbeddedBackend, { job_id }: JobMessage): Promise<void> {
  await cancelJob({ ...backend, clock: systemClock }, job_id, silentLogger());
}

/** A handler that never ends by itself, and counts. */
function endlessHandler(): { handler: JobHandler<'weather'>; calls: () => number; reasons: unknown[] } {
  const reasons: unknown[] = [];
  let calls = 0;
  const handler: JobHandler<'weather'> = (_payload, { signal }) => {
    calls += 1;
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reasons.push(signal.reason);
        reject(signal.reason);
      });
    });
  };
  return { handler, calls: () => calls, reasons };
}

const reaches = (backend: EmbeddedBackend, { job_id }: JobMessage, progress: number): Promise<unknown> =>
  eventually(`it reaches ${progress}`, async () => (await backend.statuses.get(job_id))?.progress_percent === progress);

const leaves = (backend: EmbeddedBackend, { job_id }: JobMessage): Promise<unknown> =>
  eventually('its message is done with', async () => (await backend.queue.holds?.(job_id)) === false);

describe('a job that is cancelled while it waits', () => {
  it('is never started', async () => {
    const backend = await openTestBackend();
    const job = await submit(backend);
    await cancel(backend, job);
    const { handler, calls } = endlessHandler();
    await startTestWorker({ backend, handlers: { weather: handler } });
    await leaves(backend, job);
    expect(calls()).toBe(0);
    expect((await backend.results.get(job.job_id))?.error).toEqual(CANCELLED);
  });

  it('is never started although its status has gone, which comes back', async () => {
    const backend = await openTestBackend();
    const job = aJob();
    await backend.queue.publish(job);
    await backend.results.insert(documentOf(documented(job, PLAIN), { output: null, error: CANCELLED }, NOW));
    const { handler, calls } = endlessHandler();
    const worker = await startTestWorker({ backend, handlers: { weather: handler } });
    await leaves(backend, job);
    await worker.ended(job.job_id);
    expect(calls()).toBe(0);
    expect(await backend.statuses.get(job.job_id)).toMatchObject({ state: 'failed', error_code: 'cancelled' });
  });

  it('ends cancelled where there is nothing but its mark', async () => {
    const backend = await openTestBackend();
    const job = await submit(backend);
    await mark(backend, job);
    const { handler, calls } = endlessHandler();
    const worker = await startTestWorker({ backend, handlers: { weather: handler } });
    const document = await worker.ended(job.job_id);
    expect(document).toMatchObject({ final_state: 'failed', error: CANCELLED, attempts: [{ outcome: 'cancelled' }] });
    expect(calls()).toBe(0);
  });
});

describe('a job that is cancelled while it runs', () => {
  it('has its signal aborted, and gives its seat to the next', async () => {
    const { handler, reasons } = endlessHandler();
    const worker = await startTestWorker({
      policy: { concurrency: 1 },
      handlers: {
        weather: (payload, context) =>
          payload.city === 'Next' ? Promise.resolve(AUSTIN_OUTPUT) : handler(payload, context),
      },
    });
    const { backend } = worker;
    const job = await submit(backend);
    await reaches(backend, job, 50);
    await cancel(backend, job);
    const next = await submit(backend, aJob(undefined, { city: 'Next' }));
    expect((await worker.ended(next.job_id)).final_state).toBe('completed');
    expect(reasons.map(String)).toEqual([`JobCancelled: the cancel of the job ${job.job_id} was asked for`]);
    expect(await worker.ended(job.job_id)).toMatchObject({
      error: CANCELLED,
      attempts: [{ number: 1, outcome: 'cancelled' }],
    });
    expect(await backend.statuses.get(job.job_id)).toMatchObject({ state: 'failed', error_code: 'cancelled' });
  });

  it('ends although the one who asked could store nothing', async () => {
    const { handler } = endlessHandler();
    const worker = await startTestWorker({ handlers: { weather: handler } });
    const job = await submit(worker.backend);
    await reaches(worker.backend, job, 50);
    await mark(worker.backend, job);
    expect(await worker.ended(job.job_id)).toMatchObject({
      error: CANCELLED,
      attempts: [{ number: 1, outcome: 'cancelled', error: CANCELLED }],
    });
  });

  it.each(['with its document', 'with its mark alone'])(
    'ends cancelled although nobody told the worker, %s',
    async (how) => {
      const { handlers, letGo } = heldHandler();
      const deaf = { request: () => Promise.resolve(), watch: async () => () => Promise.resolve() };
      const worker = await startTestWorker({ handlers, replaced: () => ({ cancels: deaf }) });
      const job = await submit(worker.backend);
      await reaches(worker.backend, job, 50);
      await (how === 'with its document' ? cancel : mark)(worker.backend, job);
      letGo();
      await leaves(worker.backend, job);
      expect((await worker.ended(job.job_id)).error).toEqual(CANCELLED);
      expect(await worker.backend.statuses.get(job.job_id)).toMatchObject({ state: 'failed', error_code: 'cancelled' });
    },
  );
});

describe('a job that is cancelled between two attempts', () => {
  it('ends at once where it waits in its worker', async () => {
    let calls = 0;
    const worker = await startTestWorker({
      handlers: {
        weather: () => {
          calls += 1;
          return Promise.reject(new JobFailure('provider_invalid_response', 'no', { retryAfterMs: 5000 }));
        },
      },
      policy: { retry: { baseMs: 1, capMs: 5000 } },
    });
    const job = await submit(worker.backend);
    await eventually('its first attempt has failed', () => calls === 1);
    const began = performance.now();
    await mark(worker.backend, job);
    const document = await worker.ended(job.job_id);
    expect(performance.now() - began).toBeLessThan(4000);
    expect(document.error).toEqual(CANCELLED);
    expect(calls).toBe(1);
  });

  it('is not begun again although its row in the schedule runs', async () => {
    const backend = await openTestBackend();
    const job = aJob();
    const attempts = [{ number: 1, started_at: NOW, ended_at: NOW, outcome: 'retried' as const }];
    await backend.statuses.advance({
      ...{ ...factsOf(job, PLAIN), ...MILESTONES.calling, attempt: 1, attempts, updated_at: NOW },
      next_attempt_at: NOW,
    });
    await cancel(backend, job);
    await backend.schedule.put(scheduledJob('run', job, NOW, { attempt: 2, waited_ms: 6000 }, attempts));
    const { handler, calls } = endlessHandler();
    await startTestWorker({ backend, handlers: { weather: handler } });
    await eventually('the row has gone', async () => (await backend.schedule.find(job.job_id)).length === 0);
    await leaves(backend, job);
    expect(calls()).toBe(0);
    expect(await backend.results.get(job.job_id)).toMatchObject({ error: CANCELLED, attempts });
  });
});

it('a job that has ended is not touched by a cancel', async () => {
  const worker = await startTestWorker();
  const job = await submit(worker.backend);
  const before = await worker.ended(job.job_id);
  await cancel(worker.backend, job);
  expect(await worker.backend.results.get(job.job_id)).toEqual(before);
  expect(await worker.backend.statuses.get(job.job_id)).toMatchObject({ state: 'completed' });
});
