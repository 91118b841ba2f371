import { randomUUID } from 'node:crypto';
import { AUSTIN } from '@dtq/testkit/held-handler.ts';
import { startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { bury } from './test/bury.ts';
import { down, instead, post } from './test/requests.ts';

const UNKNOWN = 'jobs.weather.v1:0:999';

/** A message of a producer that means well. */
function message(payload: object, job_type = 'weather') {
  return { job_id: randomUUID(), job_type, submitted_at: '2026-02-14T15:12:04Z', trace_id: randomUUID(), payload };
}

const KELVIN = message({ city: 'Austin', units: 'kelvin' });

describe('GET /v1/dead-letters', () => {
  it('lists what was buried, the newest first, page by page', async () => {
    const { client, backend } = await startSystem({ worker: false });
    const letters = await bury(backend, 'weather', ['no JSON', KELVIN, '[]', 'x', 'y', 'z', '{}']);
    const expected = (await backend.deadLetters.list({ limit: 100 })).map(({ dead_letter_id }) => dead_letter_id);
    expect([...expected].sort()).toEqual(letters.map(({ dead_letter_id }) => dead_letter_id).sort());
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const query: { limit: number; cursor?: string } = { limit: 3, ...(cursor === null ? {} : { cursor }) };
      const { data } = await client.listDeadLetters({ params: { query } });
      expect(data?.dead_letters.length).toBeLessThanOrEqual(3);
      found.push(...(data?.dead_letters ?? []).map(({ dead_letter_id }) => dead_letter_id));
      cursor = data?.next_cursor ?? null;
    } while (cursor !== null);
    expect(found).toEqual(expected);
  });

  it('takes its filters', async () => {
    const { client, backend } = await startSystem({ worker: false });
    const [weather] = await bury(backend, 'weather', ['x']);
    const [quote] = await bury(backend, 'quote', ['y']);
    const found = async (query: object): Promise<(string | undefined)[]> =>
      ((await client.listDeadLetters({ params: { query } })).data?.dead_letters ?? []).map((one) => one.dead_letter_id);
    expect(await found({ job_type: 'quote' })).toEqual([quote?.dead_letter_id]);
    expect(await found({ job_type: 'github_user' })).toEqual([]);
    expect(await found({ until: weather?.buried_at })).toEqual([]);
    expect(await found({ since: weather?.buried_at })).toHaveLength(2);
    expect(await found({ since: '2999-01-01T00:00:00Z' })).toEqual([]);
  });
});

describe('GET /v1/dead-letters/{dead_letter_id}', () => {
  it('has the message as it stood, and what became of it', async () => {
    const { client, backend } = await startSystem({ worker: false });
    const [letter] = await bury(backend, 'weather', [KELVIN]);
    const path = { dead_letter_id: String(letter?.dead_letter_id) };
    const { data } = await client.getDeadLetter({ params: { path } });
    expect(data).toMatchObject({ dead_letter: { ...letter, reason: 'it cannot be read' }, replays: [] });
    expect(JSON.parse(Buffer.from(String(data?.dead_letter.value_base64), 'base64').toString())).toEqual(KELVIN);
    const body = { payload: AUSTIN as never };
    const first = (await client.replayDeadLetter({ params: { path }, body })).data;
    const second = (await client.replayDeadLetter({ params: { path }, body })).data;
    expect(first?.job_id).not.toBe(second?.job_id);
    const replays = (await client.getDeadLetter({ params: { path } })).data?.replays;
    expect(new Set(replays?.map(({ job_id }) => job_id))).toEqual(new Set([first?.job_id, second?.job_id]));
  });

  it('is 404 for one that nobody knows, and 503 where nobody can say', async () => {
    const { client } = await startSystem({ worker: false });
    const answer = await client.getDeadLetter({ params: { path: { dead_letter_id: UNKNOWN } } });
    expect(answer.error).toMatchObject({
      status: 404,
      code: 'dead_letter_not_found',
      detail: expect.stringContaining(UNKNOWN),
    });
    const silent = await startSystem({
      worker: false,
      broken: ({ deadLetters }) => ({ deadLetters: instead(deadLetters, { get: down('mongodb') }) }),
    });
    const { error } = await silent.client.getDeadLetter({ params: { path: { dead_letter_id: UNKNOWN } } });
    expect(error).toMatchObject({ status: 503, code: 'store_unavailable' });
  });
});

describe('POST /v1/dead-letters/{dead_letter_id}/replay', () => {
  it('submits it with a corrected payload, as a new job that names it', async () => {
    const { client, backend, request } = await startSystem({ worker: false });
    const [letter] = await bury(backend, 'weather', [KELVIN]);
    const id = String(letter?.dead_letter_id);
    const response = await request(`/v1/dead-letters/${id}/replay`, post({ payload: AUSTIN }));
    expect(response.status).toBe(202);
    const replay = (await response.json()) as { job_id: string };
    expect(replay).toEqual({
      job_id: expect.any(String),
      replay_of: id,
      kind: 'dead_letter',
      replayed_at: expect.any(String),
      corrected: true,
    });
    expect(response.headers.get('location')).toBe(`/v1/jobs/${replay.job_id}/status`);
    expect((await client.getJob({ params: { path: { job_id: replay.job_id } } })).data).toMatchObject({
      state: 'queued',
      replay_of: id,
      input: AUSTIN,
    });
    const worked = await startWorkerOver(backend);
    expect(await worked(replay.job_id)).toMatchObject({ 'dtq-replay-of': id });
  });

  it('submits its own payload where that is valid, without the fields that nobody knows', async () => {
    const { client, backend, request } = await startSystem({ worker: false });
    const [letter] = await bury(backend, 'quote', [message({ limit: 2, mood: 'newer' }, 'quote')]);
    for (const init of [
      { method: 'POST' },
      post({}),
      { method: 'POST', headers: { 'content-type': 'application/json' } },
    ]) {
      const response = await request(`/v1/dead-letters/${letter?.dead_letter_id}/replay`, init);
      const replay = (await response.json()) as { job_id: string };
      expect(replay).toMatchObject({ corrected: false });
      expect((await client.getJob({ params: { path: { job_id: replay.job_id } } })).data).toMatchObject({
        job_type: 'quote',
        input: { limit: 2 },
      });
    }
  });

  it('names what is wrong with the payload, its own or the given one', async () => {
    const { backend, request } = await startSystem({ worker: false });
    const [kelvin, text, bare] = await bury(backend, 'weather', [KELVIN, 'no JSON', '{"job_id":1}']);
    const violationsOf = async (id: string | undefined, body: object): Promise<unknown> => {
      const response = await request(`/v1/dead-letters/${id}/replay`, post(body));
      expect(response.status).toBe(400);
      return ((await response.json()) as { violations: unknown }).violations;
    };
    expect(await violationsOf(kelvin?.dead_letter_id, {})).toEqual([
      { pointer: '/payload/units', message: 'must be one of "metric", "imperial", not "kelvin"' },
    ]);
    expect(await violationsOf(kelvin?.dead_letter_id, { payload: { ...AUSTIN, zip: 7 } })).toEqual([
      { pointer: '/payload/zip', message: 'is not a known field' },
    ]);
    for (const letter of [text, bare])
      expect(await violationsOf(letter?.dead_letter_id, {})).toEqual([
        { pointer: '/payload', message: 'is required, for the message has none that can be read' },
      ]);
    expect(await violationsOf(kelvin?.dead_letter_id, { payload: 7 })).toEqual([
      expect.objectContaining({ pointer: '/payload' }),
    ]);
    expect(await violationsOf(kelvin?.dead_letter_id, { payloads: {} })).toEqual([
      { pointer: '/payloads', message: 'is not a known field' },
    ]);
    expect(await backend.replays.of([String(kelvin?.dead_letter_id)])).toEqual([]);
  });

  it('makes one job of a key, however often, and none of another payload', async () => {
    const { backend, request } = await startSystem({ worker: false });
    const [letter] = await bury(backend, 'weather', [KELVIN]);
    const path = `/v1/dead-letters/${letter?.dead_letter_id}/replay`;
    const key = { 'idempotency-key': 'mend-41' };
    const first = await (await request(path, post({ payload: AUSTIN }, key))).json();
    const again = await Promise.all(
      Array.from({ length: 10 }, async () => await (await request(path, post({ payload: AUSTIN }, key))).json()),
    );
    for (const answer of again) expect(answer).toEqual(first);
    expect(await backend.replays.of([String(letter?.dead_letter_id)])).toHaveLength(1);
    expect((await backend.openJobs.counts()).queued).toBe(1);
    const other = await request(path, post({ payload: { ...AUSTIN, units: 'imperial' } }, key));
    expect(await other.json()).toMatchObject({ status: 400, violations: [{ pointer: '#/header/idempotency-key' }] });
  });

  it('is 503 with the job_id where the queue does not confirm, 404 for an unknown one, and 503 where it cannot be recorded', async () => {
    let noRecord = false;
    const { backend, request } = await startSystem({
      worker: false,
      broken: ({ queue, replays }) => ({
        queue: instead(queue, { publish: down('kafka') }),
        replays: instead(replays, { record: (replay) => (noRecord ? down('mongodb')() : replays.record(replay)) }),
      }),
    });
    const [letter] = await bury(backend, 'weather', [KELVIN]);
    const replay = async (id: string | undefined) =>
      await (await request(`/v1/dead-letters/${id}/replay`, post({ payload: AUSTIN }))).json();
    expect(await replay(letter?.dead_letter_id)).toMatchObject({ code: 'not_accepted', job_id: expect.any(String) });
    expect(await replay(UNKNOWN)).toMatchObject({ status: 404, code: 'dead_letter_not_found' });
    noRecord = true;
    expect(await replay(letter?.dead_letter_id)).toMatchObject({ status: 503 });
  });
});

/** Takes the jobs that wait, and gives the headers that one came with. */
async function startWorkerOver({ queue }: Awaited<ReturnType<typeof startSystem>>['backend']) {
  const headers = new Map<string | null, object>();
  await queue.consume({
    jobTypes: ['weather'],
    concurrency: { weather: 1 },
    deliver: async (delivery) => {
      headers.set(delivery.key, delivery.headers);
      return { kind: 'done' };
    },
  });
  return (jobId: string) => eventually('it is delivered', () => headers.get(jobId));
}
