import { createLogger, type Logger, silentLogger } from '@dtq/core/log.ts';
import { OPERATIONS, type OperationId } from '@dtq/generated/rest/operations.ts';
import { API_ROLE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { ApiRole } from '@dtq/generated/schemas/types.ts';
import { submitAustin } from '@dtq/testkit/held-handler.ts';
import { type Keys, makeKeys } from '@dtq/testkit/keys.ts';
import { type System, type SystemOptions, startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ApiKeys } from './api-keys.ts';
import { bury } from './test/bury.ts';
import { down, instead, JOB, post } from './test/requests.ts';
import { standingClock } from './test/standing-clock.ts';

const UNKNOWN = '3f2c7b9e-0d5a-4c11-9a77-0a6c5f1f2b3d';

interface Guarded extends System {
  /** The header with a key of each caller: one for each role, and a second one that may submit. */
  readonly as: (caller: ApiRole | 'other') => { readonly authorization: string };
  readonly keys: Keys<ApiRole | 'other'>;
}

async function guarded(options: SystemOptions = {}): Promise<Guarded> {
  const { submit, read, operate } = { submit: ['submit'], read: ['read'], operate: ['operate'] } as const;
  const keys = makeKeys({ submit, read, operate, other: submit });
  const apiKeys = new ApiKeys(keys.file);
  onTestFinished(apiKeys.watch(silentLogger()));
  const system = await startSystem({
    worker: false,
    ...options,
    config: { keys: apiKeys, ...options.config },
  });
  return { ...system, keys, as: (caller) => ({ authorization: `Bearer ${keys.of[caller]}` }) };
}

/** A request of each operation that goes through, but for what it names not being there. */
function asking(operation: OperationId, headers: Readonly<Record<string, string>>): [string, RequestInit] {
  const { method, path: template, requestBody } = OPERATIONS[operation];
  const url = template.replace('{job_id}', UNKNOWN).replace('{dead_letter_id}', 'jobs.weather.v1:0:9999');
  const body = { submitJob: JOB, submitJobs: { jobs: [JOB] }, replayJobs: { filter: {} } }[String(operation)] ?? {};
  return [url, requestBody === null ? { method: method.toUpperCase(), headers } : post(body, headers)];
}

/** A log whose lines are kept. */
function keptLog(): { readonly log: Logger; readonly lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return { log: createLogger({ level: 'info', format: 'json' }, { write }), lines };
}

const ids = Object.keys(OPERATIONS) as OperationId[];
const open = ids.filter((id) => OPERATIONS[id].role === null);
const closed = ids.filter((id) => OPERATIONS[id].role !== null);

describe('an API that wants keys', () => {
  it('lets everybody ask for its health and its documents', async () => {
    const { request, app } = await guarded();
    expect(open.sort()).toEqual(['getHealth', 'getLiveness', 'getReadiness']);
    for (const id of open) expect((await request(...asking(id, {}))).status, id).toBe(200);
    for (const url of ['/openapi.json', '/docs']) expect((await app.request(url)).status, url).toBe(200);
  });

  it.each(closed)(
    '%s: 401 without a key or with a wrong one, 403 without the role, and an answer with it',
    async (id) => {
      const { request, as } = await guarded();
      const { role } = OPERATIONS[id];
      const answers = async (headers: Record<string, string>) => {
        const response = await request(...asking(id, headers));
        return {
          status: response.status,
          challenge: response.headers.get('www-authenticate'),
          text: await response.text(),
        };
      };
      for (const authorization of ['', 'Basic eDp5', 'Bearer', 'Bearer dtq_read_x'])
        expect(await answers({ authorization }), authorization).toMatchObject({
          status: 401,
          challenge: expect.stringMatching(/^Bearer realm="dtq"/),
          text: expect.stringContaining('"code":"unauthenticated"'),
        });
      for (const other of API_ROLE_VALUES.filter((one) => one !== role)) {
        expect(await answers(as(other))).toMatchObject({
          status: 403,
          text: expect.stringContaining(`The key of ${other} lacks the role ${role}.`),
        });
      }
      expect([401, 403]).not.toContain((await answers(as(role as ApiRole))).status);
    },
  );

  it('keeps the Idempotency-Keys of its callers apart', async () => {
    const { request, as } = await guarded();
    const jobIdOf = async (caller: 'submit' | 'other') => {
      const response = await request('/v1/jobs', post(JOB, { 'idempotency-key': 'one', ...as(caller) }));
      return ((await response.json()) as { job_id: string }).job_id;
    };
    const mine = await jobIdOf('submit');
    expect(await jobIdOf('submit')).toBe(mine);
    expect(await jobIdOf('other')).not.toBe(mine);
  });
});

describe('an API that wants no keys', () => {
  it('is asked on its own machine by the name of that alone: another name may be one that a page has led here', async () => {
    const ask = async (host: string, config: SystemOptions['config'] = {}) => {
      const { request } = await startSystem({ worker: false, config });
      return (await request('/v1/jobs', { headers: { host } })).status;
    };
    for (const own of ['127.0.0.1:8080', 'localhost:8080', 'dtq.localhost', '[::1]:8080'])
      expect(await ask(own)).toBe(200);
    for (const foreign of ['evil.example', 'evil.example:8080', 'localhost.evil.example', '127.0.0.1.evil.example'])
      expect(await ask(foreign), foreign).toBe(403);
    expect(await ask('dtq.example:8080', { corsOrigins: ['http://dtq.example:8080'] })).toBe(200);
    expect(await ask('dtq.example', { trustedProxies: 1 })).toBe(200);
    expect(await ask('dtq.example', { address: { host: '', port: 8080 } })).toBe(200);
    const { request } = await startSystem({ worker: false });
    expect((await request('/livez', { headers: { host: 'evil.example' } })).status).toBe(200);
  });

  it('does not look at one', async () => {
    const { request } = await startSystem({ worker: false });
    expect((await request('/v1/jobs', post(JOB, { authorization: 'Bearer x' }))).status).toBe(202);
  });
});

describe('a key that is taken out', () => {
  it('ends the event streams that it opened; those of others go on', async () => {
    const { request, app, as, keys } = await guarded({ config: { eventsHeartbeatMs: 50 } });
    const submitted = await request('/v1/jobs', post({ ...JOB, delay: '1h' }, as('submit')));
    const { job_id } = (await submitted.json()) as { job_id: string };
    const read = keys.add('reader', ['read']);
    const open = async (authorization: string) => {
      const answer = await app.request(`/v1/jobs/${job_id}/events`, { headers: { authorization } });
      return answer.status === 200 ? answer.body?.getReader() : undefined;
    };
    const mine = await open(as('read').authorization);
    const other = await eventually('the new key counts', () => open(`Bearer ${read}`));
    keys.remove('read');
    const untilDone = async (): Promise<string> => {
      while (!(await mine?.read())?.done);
      return 'ended';
    };
    expect(await untilDone()).toBe('ended');
    expect((await other.read()).done).toBe(false);
    await other.cancel();
  });
});

describe('what operators do', () => {
  it('leaves a line where it fails, where it is malformed, and none for what is turned away for its number', async () => {
    const { log, lines } = keptLog();
    const { request, as } = await guarded({
      log,
      config: { rateLimit: 1, rateBurst: 2 },
      clock: standingClock(),
      broken: (backend) => ({ results: instead(backend.results, { get: down('mongodb') }) }),
    });
    const cancel = (id: string) => request(`/v1/jobs/${id}/cancel`, { method: 'POST', headers: as('operate') });
    const statuses = [
      (await cancel(UNKNOWN)).status,
      (await cancel(`x${'y'.repeat(1000)}`)).status,
      (await cancel(UNKNOWN)).status,
    ];
    expect(statuses).toEqual([503, 400, 429]);
    const audited = lines.filter(({ audit }) => audit === true);
    expect(audited).toMatchObject([
      {
        caller: 'operate',
        operation: 'cancelJob',
        job_id: UNKNOWN,
        status: 503,
        outcome: 'store_unavailable',
        count: 0,
      },
      { caller: 'operate', operation: 'cancelJob', status: 400, outcome: 'invalid_request', count: 0 },
    ]);
    expect(String(audited[1]?.['job_id'])).toHaveLength(200);
  });

  it('leaves a line each: who, what, how many, and what came of it', async () => {
    const { log, lines } = keptLog();
    const { request, as, backend } = await guarded({ log });
    const submitted = await request('/v1/jobs', post(JOB, as('submit')));
    const { job_id } = (await submitted.json()) as { job_id: string };
    const [letter] = await bury(backend, 'quote', ['{"payload":{"limit":1}}']);
    const dead_letter_id = String(letter?.dead_letter_id);
    const cancel = (id: string, caller: ApiRole) =>
      request(`/v1/jobs/${id}/cancel`, { method: 'POST', headers: as(caller) });
    await cancel(job_id, 'operate');
    await cancel(job_id, 'operate');
    await cancel(UNKNOWN, 'read');
    await request(`/v1/dead-letters/${dead_letter_id}/replay`, { method: 'POST', headers: as('operate') });
    await request('/v1/replays', post({ filter: { job_type: 'weather' } }, as('operate')));
    await request(`/v1/jobs/${job_id}`, { headers: as('read') });
    const common = { caller: 'operate', address: '' };
    const operation = { cancel: 'cancelJob', bury: 'replayDeadLetter', replay: 'replayJobs' };
    const audited = lines.filter(({ audit }) => audit === true);
    for (const { trace_id, time } of audited)
      expect([trace_id, time]).toEqual([expect.any(String), expect.any(String)]);
    // What every line has is held by the tests of the log.
    const own = audited.map(({ audit: _, msg: __, level: ___, time: ____, trace_id: _____, ...rest }) => rest);
    expect(own).toEqual([
      { ...common, operation: operation.cancel, job_id, status: 202, outcome: 'done', count: 1 },
      { ...common, operation: operation.cancel, job_id, status: 409, outcome: 'job_already_final', count: 0 },
      {
        ...common,
        caller: 'read',
        operation: operation.cancel,
        job_id: UNKNOWN,
        status: 403,
        outcome: 'forbidden',
        count: 0,
      },
      { ...common, operation: operation.bury, dead_letter_id, status: 202, outcome: 'done', count: 1 },
      {
        ...common,
        operation: operation.replay,
        filter: { job_type: 'weather' },
        status: 202,
        outcome: 'done',
        count: 1,
      },
    ]);
  });
});

describe('a page of another origin', () => {
  const LISTED = 'https://board.example';
  const preflight = (origin: string): RequestInit => ({
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,idempotency-key,authorization',
    },
  });
  const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin');

  it('may do nothing unless it is listed', async () => {
    const { app, request } = await startSystem({ worker: false });
    const asked = await app.request('/v1/jobs', preflight(LISTED));
    expect([asked.status, allowed(asked)]).toEqual([405, null]);
    expect(allowed(await request('/v1/jobs', { headers: { origin: LISTED } }))).toBeNull();
  });

  it('reads answers and sends what our own page may, where it is listed; no other does', async () => {
    const { app, request } = await startSystem({ worker: false, config: { corsOrigins: [LISTED] } });
    const asked = await app.request('/v1/jobs', preflight(LISTED));
    expect([asked.status, allowed(asked), asked.headers.get('vary')]).toEqual([204, LISTED, 'Origin']);
    expect(asked.headers.get('access-control-allow-methods')).toBe('GET, POST');
    expect(asked.headers.get('access-control-allow-headers')).toMatch(/Authorization, Content-Type, Idempotency-Key/);
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
    const read = await request('/v1/jobs', { headers: { origin: LISTED } });
    expect([allowed(read), read.headers.get('vary')]).toEqual([LISTED, 'Origin']);
    expect(read.headers.get('access-control-expose-headers')).toMatch(/Retry-After/);
    for (const origin of ['https://board.example.evil', 'http://board.example', 'null', 'https://board.example:444']) {
      const other = await app.request('/v1/jobs', preflight(origin));
      expect([other.status, allowed(other)], origin).toEqual([405, null]);
      expect(allowed(await request('/v1/jobs', { headers: { origin } })), origin).toBeNull();
    }
  });

  it('reads refusals too, of keys and of limits', async () => {
    const { request } = await guarded({ config: { corsOrigins: [LISTED] } });
    const refused = await request('/v1/jobs', { headers: { origin: LISTED } });
    expect([refused.status, allowed(refused)]).toEqual([401, LISTED]);
  });

  it('cannot have a browser send what needs no preflight', async () => {
    const system = await startSystem({ worker: false, config: { corsOrigins: [LISTED] } });
    const jobId = await submitAustin(system);
    const cancel = (headers: Record<string, string>) =>
      system.request(`/v1/jobs/${jobId}/cancel`, { method: 'POST', headers });
    for (const site of ['cross-site', 'same-site'])
      expect(await (await cancel({ 'sec-fetch-site': site, origin: 'https://evil.example' })).json()).toMatchObject({
        status: 403,
        code: 'forbidden',
      });
    expect((await cancel({ 'sec-fetch-site': 'cross-site', origin: LISTED })).status).toBe(202);
    expect((await cancel({ 'sec-fetch-site': 'same-origin' })).status).toBe(409);
  });
});

describe('every answer', () => {
  it('has the security headers, refusals too', async () => {
    const { app } = await guarded();
    for (const url of ['/livez', '/v1/jobs', '/nowhere', '/docs', '/openapi.json']) {
      const { headers } = await app.request(url);
      expect(headers.get('content-security-policy'), url).toMatch(/^default-src 'none'/);
      expect(headers.get('x-content-type-options'), url).toBe('nosniff');
      expect(headers.get('x-frame-options'), url).toBe('SAMEORIGIN');
      expect(headers.get('referrer-policy'), url).toBe('no-referrer');
    }
  });
});
