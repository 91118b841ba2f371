import { aJob } from '@dtq/backend-conformance/samples.ts';
import type { Envelope } from '@dtq/core/envelope.ts';
import { JobFailure } from '@dtq/core/errors.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import { olderReader } from '@dtq/testkit/older-reader.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { AT_ONCE, openTestBackend, startTestWorker } from './test/start-worker.ts';

// A worker of the release before this one beside one of today's. Its validators are made anew from the schemas that it had:
// tolerant, as every reader of ours is (what it does not know is taken away first), and strict where another program may be.

const ENVELOPE: Envelope = {
  priority: 'high',
  attempt: 1,
  waited_ms: 0,
  expires_at: '2126-02-14T15:12:04.000Z',
  replay_of: 'jobs.weather.v1:0:41',
};

describe('an older worker', () => {
  it('reads the message of a job of today as its closed schema has it, and the headers as far as it knows them', async () => {
    const backend = await openTestBackend();
    const seen: { value: unknown; headers: unknown }[] = [];
    const consumer = await backend.queue.consume({
      jobTypes: ['weather'],
      concurrency: {},
      deliver: async ({ value, headers }) => {
        seen.push({ value: JSON.parse(new TextDecoder().decode(value)), headers });
        return { kind: 'done' };
      },
    });
    await backend.queue.publish(aJob(), { ...ENVELOPE, attempt: 3, waited_ms: 6000, traceparent: '00-a-b-01' });
    const message = await eventually('it comes', () => seen[0]);
    await consumer.stop(1000);
    expect(olderReader('WeatherJobMessage', 'strict')(message.value).faults).toEqual([]);
    expect(olderReader('JobMessageHeaders', 'strict')(message.headers).faults).toEqual([]);
  });

  it.each([
    { end: 'completed', schema: 'WeatherCompletedJobResult' },
    { end: 'failed', schema: 'WeatherFailedJobResult' },
  ] as const)('reads the document and the status of a job that $end today', async ({ end, schema }) => {
    const failing = { weather: () => Promise.reject(new JobFailure('provider_timeout', 'too slow')) };
    const worker = await startTestWorker({ policy: AT_ONCE, ...(end === 'failed' ? { handlers: failing } : {}) });
    const job = aJob();
    await worker.backend.queue.publish(job, ENVELOPE);
    const document = await worker.ended(job.job_id);
    // What is new stands in it; otherwise this would tell nothing.
    expect(document).toMatchObject({ priority: 'high', replay_of: ENVELOPE.replay_of });
    expect(document.attempts).toHaveLength(end === 'failed' ? 3 : 1);
    const asDocument = olderReader(schema, 'tolerant')(document);
    expect(asDocument.faults).toEqual([]);
    expect(asDocument.read).not.toHaveProperty('attempts');
    expect(asDocument.read).toMatchObject({ job_id: job.job_id, final_state: end, error: document.error });
    const asStatus = olderReader('JobStatus', 'tolerant')(await worker.backend.statuses.get(job.job_id));
    expect(asStatus.faults).toEqual([]);
    expect(asStatus.read).toMatchObject({ state: end, attempt: end === 'failed' ? 3 : 1 });
  });

  it('reads the status of a job that waits for its next attempt: for it, the job runs', async () => {
    const backend = await openTestBackend();
    const worker = await startTestWorker({
      backend,
      policy: { retry: { baseMs: 1, capMs: 3_600_000 } },
      handlers: {
        weather: () => Promise.reject(new JobFailure('provider_invalid_response', 'no', { retryAfterMs: 3_600_000 })),
      },
    });
    const job = aJob();
    await backend.queue.publish(job);
    const status = await eventually('it waits', async () => {
      const found = await backend.statuses.get(job.job_id);
      return found?.next_attempt_at !== undefined && found;
    });
    await worker.stop();
    const { faults, read } = olderReader('JobStatus', 'tolerant')(status);
    expect(faults).toEqual([]);
    expect(read).toMatchObject({ state: 'running', progress_percent: 50 });
  });
});

describe('a worker of today', () => {
  it('goes on with a job that an older one was lost with, whose status has no record of attempts', async () => {
    const backend = await openTestBackend();
    const job = aJob();
    const { job_id, trace_id } = job;
    const older = { job_id, trace_id, attempt: 1, updated_at: '2026-02-14T15:12:04.000Z' };
    await backend.statuses.advance({ ...older, ...MILESTONES.queued });
    await backend.statuses.advance({ ...older, ...MILESTONES.calling });
    await backend.queue.publish(job);
    const worker = await startTestWorker({ backend });
    expect(await worker.ended(job_id)).toMatchObject({
      final_state: 'completed',
      attempts: [{ number: 2, outcome: 'completed' }],
    });
    expect(await backend.statuses.get(job_id)).toMatchObject({ state: 'completed', attempt: 2 });
  });
});
