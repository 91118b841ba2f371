import { Unavailable } from '@dtq/core/errors.ts';
import { fingerprintOf, submitIdOf } from '@dtq/core/submit-id.ts';
import { IN_FLIGHT_MS } from '@dtq/core/submit-keys.ts';
import { startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { endJob } from './test/play-worker.ts';
import { down, inMs, instead, JOB, post } from './test/requests.ts';

const KEY = { 'idempotency-key': 'order-2026-0017' };
const SECRET = 'a secret of this test alone';
const ID = submitIdOf(SECRET, '', KEY['idempotency-key']);
const OTHER = { ...JOB, payload: { ...JOB.payload, units: 'imperial' } };
const config = { idempotencySecret: SECRET };

async function submitted(response: Response): Promise<Record<string, unknown>> {
  return { status: response.status, ...((await response.json()) as object) };
}

describe('a submit with an Idempotency-Key', () => {
  it('has an id that caller, key and secret determine, a UUID version 4', () => {
    expect(ID.job_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ID.recordKey).toMatch(/^[0-9a-f]{64}$/);
    expect(submitIdOf(SECRET, '', 'order-2026-0017')).toEqual(ID);
    const others = [submitIdOf('another secret!!', '', 'order-2026-0017'), submitIdOf(SECRET, 'me', 'order-2026-0017')];
    for (const other of [...others, submitIdOf(SECRET, '', 'order-2026-0018')])
      expect(other.job_id).not.toBe(ID.job_id);
  });

  it('gets the very same answer to the same body, in whatever order its fields are', async () => {
    const { request, backend } = await startSystem({ worker: false, config });
    const first = await submitted(await request('/v1/jobs', post(JOB, KEY)));
    expect(first).toMatchObject({ status: 202, job_id: ID.job_id });
    const { city, country_code, units } = JOB.payload;
    const turned = { payload: { units, city, country_code }, job_type: 'weather' };
    const response = await request('/v1/jobs', post(turned, KEY));
    expect(response.headers.get('location')).toBe(`/v1/jobs/${ID.job_id}/status`);
    expect(await submitted(response)).toEqual(first);
    expect((await backend.openJobs.counts()).queued).toBe(1);
  });

  it('is 422 with another body, and names the job that the key made', async () => {
    const { request } = await startSystem({ worker: false, config });
    await request('/v1/jobs', post(JOB, KEY));
    for (const body of [OTHER, { ...JOB, priority: 'high' }, { ...JOB, delay: '1h' }]) {
      expect(await submitted(await request('/v1/jobs', post(body, KEY)))).toMatchObject({
        status: 422,
        code: 'submit_key_reused',
        job_id: ID.job_id,
      });
    }
  });

  it('is 409 with Retry-After while the first is being answered, and then gets its answer', async () => {
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const { request } = await startSystem({
      worker: false,
      config,
      broken: ({ queue }) => ({
        queue: instead(queue, {
          publish: async (job, envelope) => {
            begun.resolve();
            await held.promise;
            await queue.publish(job, envelope);
          },
        }),
      }),
    });
    const first = request('/v1/jobs', post(JOB, KEY));
    await begun.promise;
    const second = await request('/v1/jobs', post(JOB, KEY));
    expect(second.headers.get('retry-after')).toBe('1');
    expect(await submitted(second)).toMatchObject({ status: 409, code: 'submit_in_flight', job_id: ID.job_id });
    expect((await request('/v1/jobs', post(OTHER, KEY))).status).toBe(422);
    held.resolve();
    const answer = await submitted(await first);
    expect(answer).toMatchObject({ status: 202 });
    expect(await submitted(await request('/v1/jobs', post(JOB, KEY)))).toEqual(answer);
  });

  it('makes one job of fifty at once', async () => {
    let published = 0;
    const { request, backend } = await startSystem({
      config,
      broken: ({ queue }) => ({
        queue: instead(queue, {
          publish: async (job, envelope) => {
            published += 1;
            await queue.publish(job, envelope);
          },
        }),
      }),
    });
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => await submitted(await request('/v1/jobs', post(JOB, KEY)))),
    );
    expect(answers.map(({ status }) => status).filter((status) => status !== 202 && status !== 409)).toEqual([]);
    const accepted = answers.filter(({ status }) => status === 202);
    expect(accepted.length).toBeGreaterThan(0);
    for (const answer of accepted) expect(answer).toEqual(accepted[0]);
    expect(published).toBe(1);
    await eventually('it ends', () => backend.results.get(ID.job_id));
    expect(await backend.results.list({ limit: 10 })).toHaveLength(1);
  });

  it('makes one job of fifty at once although nobody can read the record', async () => {
    const { request, backend } = await startSystem({
      config,
      broken: { submitKeys: { claim: down('redis'), settle: down('redis') } },
    });
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => await submitted(await request('/v1/jobs', post(JOB, KEY)))),
    );
    for (const answer of answers) expect(answer).toMatchObject({ status: 202, job_id: ID.job_id });
    await eventually('it ends', () => backend.results.get(ID.job_id));
    expect(await backend.results.list({ limit: 10 })).toHaveLength(1);
    expect(await submitted(await request('/v1/jobs', post(OTHER, KEY)))).toMatchObject({ status: 422 });
  });

  it('goes on where the record never answers', async () => {
    const never = () => new Promise<never>(() => undefined);
    const { request } = await startSystem({
      worker: false,
      config: { ...config, requestTimeoutMs: 1000 },
      broken: { submitKeys: { claim: never, settle: never } },
    });
    expect((await request('/v1/jobs', post(JOB, KEY))).status).toBe(202);
  });

  it('makes the same job after an outcome that nobody knew', async () => {
    let down = true;
    const { request, backend } = await startSystem({
      config,
      broken: ({ queue }) => ({
        queue: instead(queue, {
          publish: async (job, envelope) => {
            // What it was asked happened, and nobody heard of it.
            await queue.publish(job, envelope);
            if (down) throw new Unavailable('kafka', 'did not answer in time');
          },
        }),
      }),
    });
    const first = await submitted(await request('/v1/jobs', post(JOB, KEY)));
    expect(first).toMatchObject({ status: 503, code: 'not_accepted', job_id: ID.job_id });
    down = false;
    const second = await submitted(await request('/v1/jobs', post(JOB, KEY)));
    expect(second).toMatchObject({ status: 202, job_id: ID.job_id });
    await eventually('it ends', () => backend.results.get(ID.job_id));
    expect(await backend.results.list({ limit: 10 })).toHaveLength(1);
  });

  it('outlives the death of whoever answered it between claim and queue', async () => {
    const { request, backend } = await startSystem({ worker: false, config });
    const record = (ageMs: number) => ({
      state: 'in_flight' as const,
      fingerprint: fingerprintOf(JOB),
      job_id: ID.job_id,
      at: inMs(-ageMs),
    });
    await backend.submitKeys.settle(ID.recordKey, record(1000));
    expect((await request('/v1/jobs', post(JOB, KEY))).status).toBe(409);
    await backend.submitKeys.settle(ID.recordKey, record(IN_FLIGHT_MS + 1000));
    expect(await submitted(await request('/v1/jobs', post(JOB, KEY)))).toMatchObject({
      status: 202,
      job_id: ID.job_id,
    });
    expect(await backend.queue.holds(ID.job_id)).toBe(true);
  });

  it('outlives the death of whoever put its expiry and then not the job', async () => {
    const body = { ...JOB, expires_at: inMs(3_600_000) };
    let dead = true;
    const { request, backend } = await startSystem({
      worker: false,
      config,
      broken: ({ queue }) => ({
        queue: instead(queue, {
          publish: (job, envelope) => (dead ? down('kafka')() : queue.publish(job, envelope)),
        }),
      }),
    });
    expect((await request('/v1/jobs', post(body, KEY))).status).toBe(503);
    expect(await backend.schedule.find(ID.job_id)).toHaveLength(1);
    dead = false;
    expect((await request('/v1/jobs', post(body, KEY))).status).toBe(202);
    expect(await backend.queue.holds(ID.job_id)).toBe(true);
  });
});

describe('once the record has gone', () => {
  const forgetful = { claim: async () => null, settle: async () => undefined };

  it('answers as at first from the status, the row or the document, and 422 to another body', async () => {
    const bodies = {
      status: JOB,
      row: { ...JOB, delay: '1h', priority: 'high' },
      document: { ...JOB, priority: 'low' },
    };
    for (const [where, body] of Object.entries(bodies)) {
      const { request, backend } = await startSystem({ worker: false, config, broken: { submitKeys: forgetful } });
      const first = await submitted(await request('/v1/jobs', post(body, KEY)));
      expect(first).toMatchObject({ status: 202 });
      if (where === 'document') await endJob(backend, ID.job_id);
      expect(await submitted(await request('/v1/jobs', post(body, KEY)))).toEqual(first);
      expect(await submitted(await request('/v1/jobs', post(OTHER, KEY)))).toMatchObject({
        status: 422,
        job_id: ID.job_id,
      });
      expect((await request('/v1/jobs', post(body, KEY))).status).toBe(202);
    }
  });

  it('answers from the document although the status has gone too, and the time that the body names has come', async () => {
    let forget = false;
    const { request, backend } = await startSystem({
      worker: false,
      config,
      broken: ({ statuses }) => ({
        submitKeys: forgetful,
        statuses: instead(statuses, { get: async (jobId) => (forget ? null : await statuses.get(jobId)) }),
      }),
    });
    const body = { ...JOB, expires_at: inMs(2000) };
    const first = await submitted(await request('/v1/jobs', post(body, KEY)));
    await endJob(backend, ID.job_id);
    forget = true;
    await eventually('its time comes', () => Date.parse(body.expires_at) < Date.now());
    expect(await submitted(await request('/v1/jobs', post(body, KEY)))).toEqual(first);
    const unknown = await request('/v1/jobs', post(body, { 'idempotency-key': 'another' }));
    expect(await submitted(unknown)).toMatchObject({ status: 400, violations: [{ pointer: '/expires_at' }] });
  });

  it('accepts where no store can say, for the id is determined', async () => {
    const { request, backend } = await startSystem({
      worker: false,
      config,
      broken: ({ statuses, results, schedule }) => ({
        submitKeys: { claim: down('redis'), settle: down('redis') },
        statuses: instead(statuses, { get: down('redis') }),
        results: instead(results, { get: down('mongodb') }),
        schedule: instead(schedule, { find: down('mongodb') }),
      }),
    });
    expect(await submitted(await request('/v1/jobs', post(JOB, KEY)))).toMatchObject({
      status: 202,
      job_id: ID.job_id,
    });
    expect(await backend.queue.holds(ID.job_id)).toBe(true);
  });
});

describe('a bad Idempotency-Key', () => {
  it.each([['a b'], ['a'.repeat(256)], [''], ['schlüssel']])('%j is 400', async (key) => {
    const { request } = await startSystem({ worker: false });
    const response = await request('/v1/jobs', post(JOB, { 'idempotency-key': key }));
    expect(await submitted(response)).toMatchObject({
      status: 400,
      code: 'invalid_request',
      violations: expect.arrayContaining([expect.objectContaining({ pointer: '#/header/idempotency-key' })]),
    });
  });

  it('is not burnt by a body that was refused', async () => {
    const { request } = await startSystem({ worker: false, config });
    expect((await request('/v1/jobs', post({ ...JOB, delay: '40d' }, KEY))).status).toBe(400);
    expect((await request('/v1/jobs', post({ ...JOB, delay: '4d' }, KEY))).status).toBe(202);
  });
});
