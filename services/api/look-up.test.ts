import { randomUUID } from 'node:crypto';
import { scheduledJob } from '@dtq/core/scheduled-job.ts';
import type { JobMessage } from '@dtq/generated/schemas/types.ts';
import { AUSTIN, submitAustin } from '@dtq/testkit/held-handler.ts';
import { startSystem } from '@dtq/testkit/system.ts';
import { describe, expect, it } from 'vitest';
import { down, inMs, instead, JOB } from './test/requests.ts';

// A job that was accepted is never unknown, whatever has been forgotten (architecture.md, decision 4).

function message(): JobMessage {
  return {
    schema_version: '1.0',
    job_id: randomUUID(),
    job_type: 'weather',
    submitted_at: '2026-02-14T15:12:04.000Z',
    trace_id: randomUUID(),
    payload: AUSTIN,
  };
}

describe('a job whose status has gone', () => {
  it('is known by the row of its next attempt, with the attempts before', async () => {
    const { client, backend, request } = await startSystem({ worker: false });
    const job = message();
    const due = inMs(60_000);
    const attempts = [
      {
        number: 1,
        started_at: '2026-02-14T15:12:05.000Z',
        ended_at: '2026-02-14T15:12:06.000Z',
        outcome: 'retried' as const,
        error: { code: 'provider_timeout', message: 'too late' },
      },
    ];
    await backend.schedule.put(scheduledJob('run', job, due, { attempt: 2, priority: 'low' }, attempts));
    const { data } = await client.getJob({ params: { path: { job_id: job.job_id } } });
    expect(data).toMatchObject({
      job_id: job.job_id,
      state: 'running',
      attempt: 1,
      message: 'waiting for its next attempt',
      next_attempt_at: due,
      attempts,
      priority: 'low',
      updated_at: '2026-02-14T15:12:06.000Z',
    });
    expect((await request(`/v1/jobs/${job.job_id}?wait=10ms`)).status).toBe(200);
  });

  it('is known by the row of its expiry', async () => {
    const { client, backend } = await startSystem({ worker: false });
    const job = message();
    const expires_at = inMs(60_000);
    await backend.schedule.put(scheduledJob('expire', job, expires_at, { expires_at }));
    expect((await client.getJob({ params: { path: { job_id: job.job_id } } })).data).toMatchObject({
      state: 'queued',
      message: 'waiting for a worker',
      expires_at,
    });
  });

  it('is known by the index, in its place', async () => {
    const places = { scheduled: 'waiting for its time', queued: 'waiting for a worker', running: 'started' } as const;
    for (const [place, words] of Object.entries(places)) {
      const job_id = randomUUID();
      const { client } = await startSystem({
        worker: false,
        broken: ({ openJobs }) => ({
          openJobs: instead(openJobs, {
            find: async () => ({
              job_id,
              job_type: 'weather',
              place: place as keyof typeof places,
              submittedAt: Date.parse('2026-02-14T15:12:04Z'),
              status: null,
            }),
          }),
        }),
      });
      const { data } = await client.getJob({ params: { path: { job_id } } });
      expect(data).toMatchObject({ job_id, message: words, submitted_at: '2026-02-14T15:12:04.000Z' });
    }
  });

  it('is told to whoever asks a worker', async () => {
    const { client } = await startSystem();
    const { data } = await client.submitJob({ body: { ...JOB, delay: '1h' } });
    const path = { job_id: String(data?.job_id) };
    expect((await client.getJobStatus({ params: { path } })).data).toMatchObject({
      state: 'queued',
      message: 'waiting for its time',
    });
  });
});

describe('a job that no store knows', () => {
  it.each([
    ['statuses', 'get', 'redis'],
    ['results', 'get', 'mongodb'],
    ['schedule', 'find', 'mongodb'],
    ['openJobs', 'find', 'redis'],
    ['queue', 'holds', 'kafka'],
  ] as const)('is 503, not 404, while %s is silent', async (port, member, part) => {
    const { client } = await startSystem({
      worker: false,
      broken: (backend) => ({ [port]: instead(backend[port], { [member]: down(part) } as never) }),
    });
    const job_id = randomUUID();
    const getJob = await client.getJob({ params: { path: { job_id } } });
    expect(getJob.error).toMatchObject({ status: 503, code: 'store_unavailable' });
    const cancel = await client.cancelJob({ params: { path: { job_id } } });
    expect(cancel.error).toMatchObject({ status: 503, code: 'store_unavailable' });
    const known = await submitAustin({ client });
    if (port !== 'statuses')
      expect((await client.getJob({ params: { path: { job_id: known } } })).response.status).toBe(200);
  });
});
