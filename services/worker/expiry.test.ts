import { aJob } from '@dtq/backend-conformance/samples.ts';
import type { EmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import type { Envelope } from '@dtq/core/envelope.ts';
import { factsOf } from '@dtq/core/job-facts.ts';
import { scheduledJob } from '@dtq/core/scheduled-job.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobMessage } from '@dtq/generated/schemas/types.ts';
import { AUSTIN_OUTPUT, heldHandler } from '@dtq/testkit/held-handler.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { openTestBackend, startTestWorker } from './test/start-worker.ts';

// A job that must be started before a time, and one that must not be started before another.

const PAST = '2026-02-14T15:12:04.000Z';
const FUTURE = '2126-02-14T15:12:04.000Z';

const PLAIN: Envelope = { priority: 'normal', attempt: 1, waited_ms: 0 };

/** As the API puts it: the row of its expiry first, then the message, then the status. */
async function submit(backend: EmbeddedBackend, expires_at: string, job = aJob()): Promise<JobMessage> {
  const envelope = { ...PLAIN, expires_at };
  await backend.schedule.put(scheduledJob('expire', job, expires_at, envelope));
  await backend.queue.publish(job, envelope);
  await backend.statuses.advance({ ...factsOf(job, envelope), ...MILESTONES.queued, attempt: 1, updated_at: PAST });
  return job;
}

const rows = async (backend: EmbeddedBackend, { job_id }: JobMessage): Promise<string[]> =>
  (await backend.schedule.find(job_id)).map(({ schedule_id }) => schedule_id);

const weather = (): { handlers: { weather: () => Promise<typeof AUSTIN_OUTPUT> }; calls: () => number } => {
  let calls = 0;
  return {
    handlers: {
      weather: async () => {
        calls += 1;
        return AUSTIN_OUTPUT;
      },
    },
    calls: () => calls,
  };
};

describe('a job that expires', () => {
  it('is not started later, by a worker that takes its message', async () => {
    const backend = await openTestBackend();
    const job = aJob();
    await backend.queue.publish(job, { ...PLAIN, expires_at: PAST });
    const { handlers, calls } = weather();
    const worker = await startTestWorker({ backend, handlers });
    const document = await worker.ended(job.job_id);
    expect(document).toMatchObject({
      final_state: 'failed',
      error: { code: 'expired', message: `nobody started it before ${PAST}` },
      started_at: document.completed_at,
      input: job.payload,
    });
    expect(document.attempts).toBeUndefined();
    expect(await backend.statuses.get(job.job_id)).toMatchObject({ progress_percent: 0, error_code: 'expired' });
    expect(calls()).toBe(0);
  });

  it('ends where no worker does its type, by the schedule, and is not started after that', async () => {
    const backend = await openTestBackend();
    const other = await startTestWorker({ backend, environment: { WORKER_JOB_TYPES: 'quote' } });
    const job = await submit(backend, PAST);
    expect((await other.ended(job.job_id)).error?.code).toBe('expired');
    await eventually('its rows are gone', async () => (await rows(backend, job)).length === 0);
    const { handlers, calls } = weather();
    await startTestWorker({ backend, handlers });
    await eventually('its message is done with', async () => (await backend.queue.holds?.(job.job_id)) === false);
    expect(calls()).toBe(0);
  });

  it('does not expire once it is started, and its row goes', async () => {
    const { handlers, letGo } = heldHandler();
    const worker = await startTestWorker({ handlers });
    const job = await submit(worker.backend, FUTURE);
    await eventually('its row is gone', async () => (await rows(worker.backend, job)).length === 0);
    expect((await worker.backend.statuses.get(job.job_id))?.state).toBe('running');
    letGo();
    expect((await worker.ended(job.job_id)).final_state).toBe('completed');
  });

  it('goes on after its time where its first worker was lost with it', async () => {
    const backend = await openTestBackend();
    const job = aJob();
    const envelope = { ...PLAIN, expires_at: PAST };
    await backend.statuses.begin({
      ...factsOf(job, envelope),
      ...MILESTONES.started,
      worker: 'gone',
      updated_at: PAST,
    });
    await backend.queue.publish(job, envelope);
    const worker = await startTestWorker({ backend });
    expect(await worker.ended(job.job_id)).toMatchObject({
      final_state: 'completed',
      attempts: [
        { number: 1, worker: 'gone', outcome: 'lost' },
        { number: 2, outcome: 'completed' },
      ],
    });
  });
});

describe('a job that is to run later', () => {
  it('is put on the queue when its time comes, with all that belongs to it', async () => {
    const backend = await openTestBackend();
    const job = aJob();
    const envelope = { ...PLAIN, priority: 'low', replay_of: 'an-older-one' } as const;
    const run_at = new Date(Date.now() + 300).toISOString();
    await backend.schedule.put(scheduledJob('run', job, run_at, envelope));
    await backend.statuses.advance({
      ...factsOf(job, envelope),
      ...MILESTONES.scheduled,
      attempt: 1,
      updated_at: PAST,
      run_at,
    });
    const worker = await startTestWorker({ backend });
    const document = await worker.ended(job.job_id);
    expect(document).toMatchObject({
      final_state: 'completed',
      priority: 'low',
      replay_of: 'an-older-one',
      submitted_at: job.submitted_at,
      attempts: [{ number: 1, waited_ms: 0 }],
    });
    expect(document.started_at >= run_at).toBe(true);
    expect(await rows(backend, job)).toEqual([]);
  });

  it('is on the queue before its row goes, and a repeat of the row changes nothing', async () => {
    const backend = await openTestBackend();
    const job = aJob();
    await backend.schedule.put(scheduledJob('run', job, PAST));
    const { handlers, calls } = weather();
    let refusals = 1;
    const worker = await startTestWorker({
      backend,
      handlers,
      replaced: ({ schedule }) => ({
        schedule: {
          put: (row) => schedule.put(row),
          // Nobody has it: as if its lease had ended.
          claim: async (lease) => await schedule.claim({ ...lease, leaseMs: 1 }),
          remove: async (id, attempt) => {
            refusals -= 1;
            if (refusals < 0) await schedule.remove(id, attempt);
          },
          find: (jobId) => schedule.find(jobId),
          backlog: () => schedule.backlog(),
        },
      }),
    });
    await worker.ended(job.job_id);
    await eventually('the row is gone', async () => (await rows(backend, job)).length === 0);
    await eventually('its messages are done with', async () => (await backend.queue.holds?.(job.job_id)) === false);
    expect(calls()).toBe(1);
    expect(refusals).toBeLessThan(0);
  });
});
