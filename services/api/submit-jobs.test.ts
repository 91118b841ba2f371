import { submitIdOf } from '@dtq/core/submit-id.ts';
import { startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { down, instead, JOB, post } from './test/requests.ts';

interface Verdict {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}
interface Batch {
  readonly results: readonly Verdict[];
  readonly accepted: number;
  readonly refused: number;
}

const BATCH = '/v1/jobs:batch';

async function batchOf(response: Response): Promise<Batch> {
  expect(response.status).toBe(207);
  return (await response.json()) as Batch;
}

function jobOf(index: number) {
  return { job_type: 'weather', payload: { city: `City ${index}`, units: 'metric' } };
}

describe('POST /v1/jobs:batch', () => {
  it.each(['/v1/jobs%3Abatch', '/v1/jobs%3abatch'])('may be written as %s', async (path) => {
    const { app } = await startSystem({ worker: false });
    expect((await batchOf(await app.request(path, post({ jobs: [JOB] })))).accepted).toBe(1);
    const other = await app.request(path);
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('has a verdict for each job, in their order, as a single submit would have had', async () => {
    const { request, backend } = await startSystem({ worker: false });
    const jobs = [
      JOB,
      { job_type: 'weather', payload: { city: '', units: 'kelvin' } },
      { job_type: 'horoscope', payload: {} },
      { ...JOB, delay: '1h', priority: 'high' },
      { ...JOB, delay: '40d' },
      {},
      { job_type: 'quote', payload: {} },
    ];
    const { results, accepted, refused } = await batchOf(await request(BATCH, post({ jobs })));
    expect(results.map(({ status }) => status)).toEqual([202, 400, 400, 202, 400, 400, 202]);
    expect({ accepted, refused }).toEqual({ accepted: 3, refused: 4 });
    const pointers = results.map(({ body }) =>
      ((body['violations'] ?? []) as { pointer: string }[]).map(({ pointer }) => pointer),
    );
    expect(pointers.map((found) => [...new Set(found)].sort())).toEqual([
      [],
      ['/payload/city', '/payload/units'],
      ['/job_type'],
      [],
      ['/delay'],
      ['/job_type', '/payload'],
      [],
    ]);
    expect(results[3]?.body).toMatchObject({ message: 'waiting for its time' });
    expect(new Set(results.map(({ body }) => body['trace_id'])).size).toBe(jobs.length);
    for (const { status, body } of results) {
      if (status !== 202) expect(body).toMatchObject({ code: 'invalid_request', status: 400 });
      else expect(await backend.statuses.get(String(body['job_id']))).toMatchObject({ trace_id: body['trace_id'] });
    }
    expect(await backend.openJobs.counts()).toEqual({ scheduled: 1, queued: 2, running: 0 });
  });

  it('takes a thousand, and each is done once', async () => {
    const { request, backend } = await startSystem();
    const jobs = Array.from({ length: 1000 }, (_, index) => jobOf(index));
    const { results, accepted } = await batchOf(await request(BATCH, post({ jobs })));
    expect(accepted).toBe(1000);
    const ids = results.map(({ body }) => String(body['job_id']));
    expect(new Set(ids).size).toBe(1000);
    const inputs = await eventually(
      'all end',
      async () => {
        const documents = await backend.results.list({ limit: 2000 });
        return documents.length >= 1000 ? documents.map(({ job_id, input }) => [job_id, input] as const) : null;
      },
      60_000,
    );
    expect(inputs).toHaveLength(1000);
    const byId = new Map(inputs);
    for (const [index, id] of ids.entries()) expect(byId.get(id)).toEqual(jobOf(index).payload);
  }, 90_000);

  it('gives each job the key with its place, so that a repeat makes no second job', async () => {
    const { request, backend } = await startSystem({ worker: false });
    const key = { 'idempotency-key': 'delivery-7' };
    const jobs = Array.from({ length: 20 }, (_, index) => jobOf(index));
    const first = await batchOf(await request(BATCH, post({ jobs }, key)));
    const second = await batchOf(await request(BATCH, post({ jobs }, key)));
    expect(second).toEqual(first);
    expect((await backend.openJobs.counts()).queued).toBe(20);
    const changed = await batchOf(await request(BATCH, post({ jobs: [jobOf(0), jobOf(9), jobOf(2)] }, key)));
    expect(changed.results.map(({ status }) => status)).toEqual([202, 422, 202]);
    expect(changed.results[1]?.body).toMatchObject({
      code: 'submit_key_reused',
      job_id: first.results[1]?.body['job_id'],
    });
  });

  it('derives the id of each from key and place', async () => {
    const secret = 'a secret of this test alone';
    const { request } = await startSystem({ worker: false, config: { idempotencySecret: secret } });
    const { results } = await batchOf(
      await request(BATCH, post({ jobs: [JOB, JOB] }, { 'idempotency-key': 'delivery-7' })),
    );
    expect(results.map(({ body }) => body['job_id'])).toEqual(
      [0, 1].map((index) => submitIdOf(secret, '', `delivery-7\n${index}`).job_id),
    );
  });

  it('tells of each job that was not accepted, and answers in time although the queue never does', async () => {
    let count = 0;
    const { request } = await startSystem({
      worker: false,
      config: { requestTimeoutMs: 400 },
      broken: ({ queue }) => ({
        queue: instead(queue, {
          publish: (job) => {
            count += 1;
            if (count % 2 === 0) return new Promise(() => undefined);
            return count === 1 ? down('kafka')() : queue.publish(job);
          },
        }),
      }),
    });
    const { results, accepted, refused } = await batchOf(
      await request(BATCH, post({ jobs: Array.from({ length: 10 }, () => JOB) })),
    );
    expect({ accepted, refused }).toEqual({ accepted: 4, refused: 6 });
    for (const { status, body } of results.filter((verdict) => verdict.status !== 202)) {
      expect(status).toBe(503);
      expect(body).toMatchObject({ code: 'not_accepted', job_id: expect.any(String) });
    }
  });

  it('does not let the defect of one job take the verdicts of the others', async () => {
    let count = 0;
    const { request } = await startSystem({
      worker: false,
      broken: ({ queue }) => ({
        queue: instead(queue, {
          publish: (job) => {
            count += 1;
            return count === 2 ? Promise.reject(new TypeError('a secret')) : queue.publish(job);
          },
        }),
      }),
    });
    const response = await request(BATCH, post({ jobs: [JOB, JOB, JOB] }));
    expect(await response.clone().text()).not.toContain('a secret');
    const { results } = await batchOf(response);
    expect(results.map(({ status }) => status).sort()).toEqual([202, 202, 500]);
  });

  it.each([
    ['no body', {}, 400, 'invalid_request'],
    ['no list', { jobs: {} }, 400, 'invalid_request'],
    ['an empty list', { jobs: [] }, 400, 'invalid_request'],
    ['too many', { jobs: Array.from({ length: 1001 }, () => ({})) }, 400, 'invalid_request'],
    ['a job that is no object', { jobs: [JOB, 7] }, 400, 'invalid_request'],
    ['another field', { jobs: [JOB], more: 1 }, 400, 'invalid_request'],
    ['too large', { jobs: [{ ...JOB, pad: 'x'.repeat(4_194_304) }] }, 413, 'body_too_large'],
  ])('refuses it as a whole: %s', async (_name, body, status, code) => {
    const { request } = await startSystem({ worker: false });
    expect(await (await request(BATCH, post(body))).json()).toMatchObject({ status, code });
  });

  it('takes a longer body than a single submit, up to a limit of its own', async () => {
    const { request } = await startSystem({
      worker: false,
      config: { maxBodyBytes: 1024, maxBatchBytes: 4096 },
    });
    const jobs = (count: number) => ({ jobs: Array.from({ length: count }, () => JOB) });
    expect((await request(BATCH, post(jobs(20)))).status).toBe(207);
    expect((await request(BATCH, post(jobs(80)))).status).toBe(413);
    const single = await request('/v1/jobs', post({ ...JOB, pad: 'x'.repeat(1024) }));
    expect(single.status).toBe(413);
  });
});
