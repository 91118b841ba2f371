import { JOB_ERRORS } from '@dtq/generated/errors.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { Job, JobStatus } from '@dtq/generated/schemas/types.ts';
import { receiveEvents } from '@dtq/testkit/events.ts';
import { describe, expect, it } from 'vitest';
import { examplePayloads } from './output.ts';
import { ended, startMock, submitted, WEATHER } from './test/start-mock.ts';

describe('a job', () => {
  it.each(JOB_TYPE_VALUES)('of type %s completes with an output of its type, for each example', async (job_type) => {
    const mock = startMock();
    for (const payload of examplePayloads(job_type)) {
      const result = await ended(mock, await submitted(mock, 'example=completed', { job_type, payload }));
      expect(result).toMatchObject({ final_state: 'completed', input: payload, error: null });
    }
  });

  it.each(Object.entries(JOB_ERRORS))('ends with %s where that is asked for', async (code, { jobType, retryable }) => {
    const mock = startMock({ speed: 1000 });
    const job_type = jobType ?? 'weather';
    const [payload] = examplePayloads(job_type);
    const result = await ended(mock, await submitted(mock, `example=${code}`, { job_type, payload }));
    expect(result.error?.code).toBe(code);
    const attempts = result.attempts?.map(({ outcome }) => outcome) ?? [];
    if (retryable) expect(attempts).toEqual(['retried', 'retried', 'failed']);
    else expect(attempts.length).toBeLessThanOrEqual(1);
  });

  it('passes the milestones, in order, and tells each of them once', async () => {
    const mock = startMock();
    const { events, ended: over } = receiveEvents(
      await mock.request(`/v1/jobs/${await submitted(mock, 'example=retried')}/events`),
    );
    await over;
    const told = events.filter(({ event }) => event === 'status').map(({ data }) => data as unknown as JobStatus);
    expect(told.map(({ attempt, progress_percent }) => [attempt, progress_percent])).toEqual([
      [1, 0],
      [1, 20],
      [1, 50],
      [1, 50],
      [2, 20],
      [2, 50],
      [2, 80],
      [2, 100],
    ]);
    expect(told[3]).toHaveProperty('next_attempt_at');
    expect(told.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(events.at(-1)).toMatchObject({ event: 'result', id: 'end', data: { final_state: 'completed' } });
  });

  it('goes on after the event that was received, and has no more after the last', async () => {
    const mock = startMock();
    const job_id = await submitted(mock, 'example=completed');
    await ended(mock, job_id);
    const from = async (id: string): Promise<Response> =>
      mock.request(`/v1/jobs/${job_id}/events`, { headers: { 'last-event-id': id } });
    const later = receiveEvents(await from('3'));
    await later.ended;
    expect(later.events.map(({ id }) => id)).toEqual(['4', '5', 'end']);
    expect((await from('end')).status).toBe(204);
  });

  it('waits for its time, is found by its filters, and is cancelled', async () => {
    const mock = startMock();
    const job_id = await submitted(mock, '', { ...WEATHER, delay: '1h', priority: 'low' });
    const watched = receiveEvents(await mock.request(`/v1/jobs/${job_id}/events`));
    const now = async (): Promise<Job | undefined> => (await mock.client.getJob({ params: { path: { job_id } } })).data;
    expect(await now()).toMatchObject({ state: 'queued', run_at: expect.any(String), priority: 'low' });
    const { data: queued } = await mock.client.listJobs({ params: { query: { state: 'queued' } } });
    expect(queued?.jobs.map((job) => job.job_id)).toEqual([job_id]);
    expect((await mock.client.cancelJob({ params: { path: { job_id } } })).response.status).toBe(202);
    await watched.ended;
    expect(watched.events.at(-1)?.data).toMatchObject({ final_state: 'failed', error: { code: 'cancelled' } });
    const again = await mock.client.cancelJob({ params: { path: { job_id } } });
    expect(again.error).toMatchObject({ code: 'job_already_final', state: 'failed' });
  });

  it('expires where nobody starts it in time', async () => {
    let moment = Date.parse('2026-02-14T15:12:04Z');
    const mock = startMock({ speed: 1, now: () => moment });
    // Nobody takes a job of low priority as soon as that.
    const expires_at = new Date(moment + 15).toISOString();
    const job_id = await submitted(mock, '', { ...WEATHER, expires_at, priority: 'low' });
    moment += 15;
    const { data } = await mock.client.getJob({ params: { path: { job_id } } });
    expect(data).toMatchObject({ error: { code: 'expired' }, started_at: expires_at, completed_at: expires_at });
  });

  it('is the same job for the same key, and refused for another body', async () => {
    const mock = startMock();
    const send = async (city: string) =>
      mock.client.submitJob({
        body: { job_type: 'weather', payload: { city, units: 'metric' } },
        params: { header: { 'Idempotency-Key': 'one' } },
      });
    const [first, repeat, other] = [await send('Austin'), await send('Austin'), await send('Oslo')];
    expect(repeat.data).toEqual(first.data);
    expect(other.error).toMatchObject({ code: 'submit_key_reused', job_id: first.data?.job_id });
  });
});
