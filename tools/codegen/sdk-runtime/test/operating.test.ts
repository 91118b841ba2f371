import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { createClient } from '../client.ts';
import { isProblem, UnexpectedAnswerError } from '../errors.ts';
import type { NewJob, SubmittedJob } from '../types.ts';
import { ACCEPTED, FAILED, type FakeApi, fakeApi, JOB_ID, json, problem, RUNNING } from './fake-api.ts';

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 200 });
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function clientOf(api: FakeApi) {
  return createClient({ baseUrl: 'http://dtq.test', fetch: api.fetch });
}

const PAYLOAD = { city: 'Austin', units: 'metric' } as const;
const NO_ANSWER = new TypeError('fetch failed');
const bodies = (api: FakeApi): unknown[] => api.requests.map(({ body }) => JSON.parse(body) as unknown);
const keys = (api: FakeApi): (string | null)[] => api.requests.map(({ headers }) => headers.get('idempotency-key'));

/** Accepts every job of a batch. */
const accepting = async (request: Request): Promise<Response> => {
  const { jobs } = (await request.json()) as { jobs: { payload: { limit?: number } }[] };
  const results = jobs.map(({ payload }) => ({ status: 202, body: { ...ACCEPTED, message: String(payload.limit) } }));
  return json(207, { results, accepted: jobs.length, refused: 0 });
};

describe('many jobs', () => {
  it('are submitted at once, each typed by its own type', async () => {
    const refusal = {
      title: 'The request does not fit the contract',
      status: 400,
      code: 'invalid_request',
      type: '/docs',
    };
    const results = [
      { status: 202, body: ACCEPTED },
      { status: 400, body: refusal },
    ];
    const api = fakeApi(json(207, { results, accepted: 1, refused: 1 }));
    const [weather, quote] = await clientOf(api).submitMany(
      [
        { type: 'weather', payload: PAYLOAD, priority: 'low' },
        { type: 'quote', payload: { limit: 2 } },
      ],
      { idempotencyKey: 'k' },
    );
    expect(bodies(api)).toEqual([
      {
        jobs: [
          { job_type: 'weather', payload: PAYLOAD, priority: 'low' },
          { job_type: 'quote', payload: { limit: 2 } },
        ],
      },
    ]);
    expect(keys(api)).toEqual(['k']);
    expect(weather).toEqual({ ok: true, job: ACCEPTED });
    if (weather.ok) expectTypeOf(weather.job).toEqualTypeOf<SubmittedJob<'weather'>>();
    expect(quote.ok || isProblem(quote.error, 'invalid_request')).toBe(true);
  });

  it('are asked for again with the same key, where nobody could say of some', async () => {
    const open = {
      status: 503,
      body: { title: 'x', status: 503, code: 'not_accepted', type: '/docs', job_id: JOB_ID },
    };
    const api = fakeApi(json(207, { results: [open], accepted: 0, refused: 1 }), accepting);
    const [found] = await clientOf(api).submitMany([{ type: 'quote', payload: {} }]);
    expect(found.ok).toBe(true);
    expect(new Set(keys(api)).size).toBe(1);
    expect(api.requests).toHaveLength(2);
  });

  it('go in as many requests as it takes, in order, each with a key of its own', async () => {
    const jobs: NewJob[] = Array.from({ length: 1001 }, (_, limit) => ({ type: 'quote', payload: { limit } }));
    const api = fakeApi(accepting);
    const found = await clientOf(api).submitMany(jobs, { idempotencyKey: 'k' });
    expect(found.map((one) => (one.ok ? Number(one.job.message) : -1))).toEqual(jobs.map((_, limit) => limit));
    expect(keys(api)).toEqual(['k-0', 'k-1000']);
  });

  it('go in smaller requests where the server finds one too large', async () => {
    const api = fakeApi(async (request) => {
      const text = await request.clone().text();
      return text.length > 200 ? problem(413, 'body_too_large') : accepting(request);
    });
    const jobs: NewJob[] = Array.from({ length: 9 }, (_, limit) => ({ type: 'quote', payload: { limit } }));
    const found = await clientOf(api).submitMany(jobs, { idempotencyKey: 'k' });
    expect(found.map((one) => (one.ok ? Number(one.job.message) : -1))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(new Set(keys(api)).size).toBe(api.requests.length);
  });
});

describe('a list', () => {
  const page = (ids: string[], next_cursor: string | null): Response =>
    json(200, { jobs: ids.map((job_id) => ({ job_id })), next_cursor, counts: {} });

  it('leafs through the pages as it is read, and asks for no more than it needs', async () => {
    const api = fakeApi(page(['a', 'b'], 'next'), page([], 'last'), page(['c'], null));
    const found: string[] = [];
    for await (const { job_id } of clientOf(api).list({ jobType: 'weather', since: new Date(0) }, { limit: 2 })) {
      found.push(job_id);
      if (job_id === 'b') expect(api.requests).toHaveLength(1);
    }
    expect(found).toEqual(['a', 'b', 'c']);
    const first = '/v1/jobs?job_type=weather&since=1970-01-01T00%3A00%3A00.000Z';
    expect(api.requests.map(({ path }) => path)).toEqual([
      `${first}&limit=2`,
      `${first}&cursor=next&limit=2`,
      `${first}&cursor=last&limit=2`,
    ]);
  });

  it('gives one page, with every filter', async () => {
    const api = fakeApi(page(['a'], null));
    const filter = { state: 'failed', traceId: 't', errorCode: 'cancelled', until: '2026-02-14T00:00:00Z' } as const;
    expect((await clientOf(api).page(filter, { cursor: 'c' })).jobs).toHaveLength(1);
    expect(api.requests[0]?.path).toBe(
      '/v1/jobs?state=failed&until=2026-02-14T00%3A00%3A00Z&trace_id=t&error_code=cancelled&cursor=c',
    );
  });
});

describe('a cancel', () => {
  const final = problem(409, 'job_already_final', { job_id: JOB_ID, state: 'failed' });

  it('is refused where the job has ended', async () => {
    const api = fakeApi(final);
    await expect(clientOf(api).cancel(JOB_ID)).rejects.toMatchObject({ code: 'job_already_final', status: 409 });
    expect(api.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([`POST /v1/jobs/${JOB_ID}/cancel`]);
  });

  it('that was done, and whose answer was lost, is no refusal', async () => {
    const cancelled = { ...FAILED, error: { code: 'cancelled', message: 'cancelled' } };
    const api = fakeApi(NO_ANSWER, final, json(200, cancelled));
    expect(await clientOf(api).cancel({ job_id: JOB_ID })).toEqual({
      job_id: JOB_ID,
      state: 'failed',
      error_code: 'cancelled',
      message: 'cancelled',
    });
    await expect(clientOf(fakeApi(NO_ANSWER, final, json(200, FAILED))).cancel(JOB_ID)).rejects.toMatchObject({
      code: 'job_already_final',
    });
  });
});

describe('what operators ask for', () => {
  const REPORT = { matched: 0, is_complete: true, replays: [] };

  it('replays one job, several, or all that match', async () => {
    const api = fakeApi(json(202, REPORT));
    const client = clientOf(api);
    await client.replay(JOB_ID);
    await client.replay([JOB_ID, { job_id: 'other' }], { again: true, limit: 2 });
    await client.replay({ jobType: 'quote', errorCode: 'timed_out', since: new Date(0) }, { dryRun: true });
    expect(bodies(api)).toEqual([
      { filter: { job_ids: [JOB_ID] } },
      { filter: { job_ids: [JOB_ID, 'other'] }, again: true, limit: 2 },
      { filter: { job_type: 'quote', error_code: 'timed_out', since: '1970-01-01T00:00:00.000Z' }, dry_run: true },
    ]);
    expect(new Set(keys(api)).size).toBe(3);
  });

  it('reads and replays dead letters', async () => {
    const id = 'jobs.weather.v1:0:17';
    const api = fakeApi(json(200, { dead_letters: [{ dead_letter_id: id }], next_cursor: null }), json(202, {}));
    const { deadLetters } = clientOf(api);
    for await (const letter of deadLetters.list({ jobType: 'weather' })) expect(letter.dead_letter_id).toBe(id);
    await deadLetters.replay(id, { payload: PAYLOAD });
    await deadLetters.get(id);
    const path = `/v1/dead-letters/${encodeURIComponent(id)}`;
    expect(api.requests.map((request) => `${request.method} ${request.path}`)).toEqual([
      'GET /v1/dead-letters?job_type=weather',
      `POST ${path}/replay`,
      `GET ${path}`,
    ]);
    expect(JSON.parse(api.requests[1]?.body ?? '')).toEqual({ payload: PAYLOAD });
  });

  it('tells of parts that do not answer, and is not fooled by another page', async () => {
    const degraded = {
      status: 'degraded',
      checks: { kafka: false, redis: true, rabbitmq: true, mongodb: true },
      time: 'x',
    };
    expect(await clientOf(fakeApi(json(503, degraded, { 'retry-after': '1' }))).health()).toEqual(degraded);
    const page = fakeApi(new Response('<p>down</p>', { status: 503 }));
    await expect(clientOf(page).health()).rejects.toBeInstanceOf(UnexpectedAnswerError);
    const timeout = fakeApi(problem(503, 'request_timeout', {}, { 'retry-after': '1' }));
    await expect(clientOf(timeout).health()).rejects.toMatchObject({ code: 'request_timeout' });
  });

  it('does not ask again where no worker replied, for that was the answer', async () => {
    const api = fakeApi(problem(504, 'progress_timeout'));
    await expect(clientOf(api).status(JOB_ID)).rejects.toMatchObject({ code: 'progress_timeout' });
    expect(api.requests).toHaveLength(1);
    expect(await clientOf(fakeApi(json(200, RUNNING))).get(JOB_ID)).toEqual(RUNNING);
  });
});

describe('options that cannot be meant', () => {
  it('are refused with what would be right', () => {
    const make = (options: object) => () => createClient({ baseUrl: 'http://dtq.test', ...options });
    expect(make({ baseUrl: 'dtq.test' })).toThrow(
      'baseUrl must be an address such as https://dtq.example.com, not "dtq.test"',
    );
    expect(make({ baseUrl: 'ftp://dtq.test' })).toThrow('baseUrl must begin with http, not "ftp://dtq.test"');
    expect(make({ baseUrl: 'http://dtq.test?x=1' })).toThrow('baseUrl takes no query and no fragment');
    expect(make({ timeoutMs: 0 })).toThrow('timeoutMs must be more than 0, not 0');
    expect(make({ retries: -1 })).toThrow('retries must be 0 or more, not -1');
  });
});
