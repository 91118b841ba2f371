import type { Clock } from '@dtq/core/clock.ts';
import { JobFailure } from '@dtq/core/errors.ts';
import { type Logger, silentLogger } from '@dtq/core/log.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { autoFetch } from './auto.ts';
import { fetchJson, type JsonAnswer } from './http.ts';
import { type HttpGet, httpGet } from './http-get.ts';
import { liveFetch } from './live.ts';
import type { ProviderFetch } from './provider.ts';
import {
  closedUrl,
  halfBody,
  json,
  never,
  type Play,
  reset,
  type Simulator,
  startSimulator,
} from './testing/simulator.ts';

const MINUTE = 60_000;

let provider: Simulator;
let time = 0;
const clock: Clock = { now: () => time };

beforeEach(async () => {
  time = 0;
  provider = await startSimulator();
});
afterEach(() => provider.close());

const sandbox: ProviderFetch = async () => ({ response: Response.json({ made: 'up' }), provider: 'sandbox' });

function auto(fetch: HttpGet, log: Logger = silentLogger()): ProviderFetch {
  return autoFetch({ name: 'oracle', live: liveFetch('oracle', fetch), sandbox, log, clock });
}

function ask(
  fetch: ProviderFetch,
  more: { url?: string; signal?: AbortSignal; timeoutMs?: number } = {},
): Promise<JsonAnswer<boolean>> {
  return fetchJson({
    url: new URL('/ask', more.url ?? provider.url),
    fetch,
    policy: { providerTimeoutMs: more.timeoutMs ?? 5000, providerAttempts: 3, backoff: { baseMs: 1, capMs: 10 } },
    signal: more.signal ?? new AbortController().signal,
    who: 'the oracle',
    read: () => true,
  });
}

/** A fetch that fails as Node's does. */
function failing(cause: unknown): { fetch: HttpGet; calls: () => number } {
  const fetch = vi.fn(async () => {
    throw new TypeError('fetch failed', { cause });
  });
  return { fetch, calls: () => fetch.mock.calls.length };
}

function systemError(code: string, syscall?: string): Error {
  return Object.assign(new Error(`${syscall} ${code} 10.0.0.7:443`), {
    code,
    ...(syscall === undefined ? {} : { syscall }),
  });
}

test('a provider that answers is live', async () => {
  provider.on('/ask', json({}));
  expect(await ask(auto(httpGet))).toEqual({ value: true, provider: 'oracle' });
});

test('a refused connection leads to the sandbox', async () => {
  expect((await ask(auto(httpGet), { url: await closedUrl() })).provider).toBe('sandbox');
});

test.each([
  { name: 'no such name', cause: systemError('ENOTFOUND', 'getaddrinfo') },
  { name: 'no name server', cause: systemError('EAI_AGAIN', 'getaddrinfo') },
  { name: 'refused', cause: systemError('ECONNREFUSED', 'connect') },
  { name: 'no route to the net', cause: systemError('ENETUNREACH', 'connect') },
  { name: 'no route to the host', cause: systemError('EHOSTUNREACH', 'connect') },
  { name: 'no answer to the connect', cause: systemError('ETIMEDOUT', 'connect') },
  { name: "undici's connect time-out", cause: systemError('UND_ERR_CONNECT_TIMEOUT') },
  {
    name: 'both addresses unreachable',
    cause: new AggregateError([systemError('ECONNREFUSED', 'connect'), systemError('ENETUNREACH', 'connect')]),
  },
])('$name leads to the sandbox', async ({ cause }) => {
  const { fetch, calls } = failing(cause);
  expect((await ask(auto(fetch))).provider).toBe('sandbox');
  expect(calls()).toBe(1);
});

test.each([
  { name: 'a reset', cause: systemError('ECONNRESET', 'read') },
  { name: 'a time-out on a connection that stood', cause: systemError('ETIMEDOUT', 'read') },
  { name: 'a closed socket', cause: systemError('UND_ERR_SOCKET') },
  { name: 'a bad certificate', cause: systemError('CERT_HAS_EXPIRED') },
  {
    name: 'one address that was reached',
    cause: new AggregateError([systemError('ECONNREFUSED', 'connect'), systemError('ECONNRESET', 'read')]),
  },
])('$name is an error', async ({ cause }) => {
  await expect(ask(auto(failing(cause).fetch))).rejects.toMatchObject({ code: 'provider_unavailable' });
});

test.each<{ name: string; play: Play; code: string; calls: number; timeoutMs?: number }>([
  { name: '500', play: json({}, 500), code: 'provider_unavailable', calls: 3 },
  { name: '404', play: json({}, 404), code: 'provider_rejected', calls: 1 },
  { name: '429', play: json({}, 429), code: 'provider_rate_limited', calls: 3 },
  { name: 'a reset after the connect', play: reset, code: 'provider_unavailable', calls: 3 },
  { name: 'half a body', play: halfBody, code: 'provider_unavailable', calls: 3 },
  { name: 'no answer on a connection', play: never, code: 'provider_timeout', calls: 3, timeoutMs: 500 },
])('$name is an error of the live provider', async ({ play, code, calls, timeoutMs }) => {
  provider.on('/ask', play);
  await expect(ask(auto(httpGet), { ...(timeoutMs === undefined ? {} : { timeoutMs }) })).rejects.toMatchObject({
    code,
  });
  expect(provider.calls('/ask')).toBe(calls);
});

test('an answer that comes after the time for connecting is live', async () => {
  provider.on('/ask', (response, request) => void setTimeout(() => json({})(response, request), 1000));
  expect((await ask(auto(httpGet), { timeoutMs: 1500 })).provider).toBe('oracle');
});

test('a connection that does not come about leads to the sandbox within the time of the call', async () => {
  expect((await ask(auto(unanswered), { timeoutMs: 200 })).provider).toBe('sandbox');
});

test('an abort while connecting ends the call with the reason', async () => {
  const reason = new Error('the job was cancelled');
  const job = new AbortController();
  const fetch: HttpGet = (input, init) => {
    setImmediate(() => job.abort(reason));
    return unanswered(input, init);
  };
  await expect(ask(auto(fetch), { signal: job.signal })).rejects.toBe(reason);
});

test('what was found holds for a minute; then one call tries again while the others do not wait', async () => {
  const attempts: ((response: Response) => void)[] = [];
  let down = true;
  const fetch: HttpGet = async () => {
    if (down) throw new TypeError('fetch failed', { cause: systemError('ENOTFOUND', 'getaddrinfo') });
    return await new Promise((resolve) => attempts.push(resolve));
  };
  const provided = auto(fetch);
  const whoAnswers = async (): Promise<string> => (await ask(provided)).provider;

  expect(await whoAnswers()).toBe('sandbox');
  down = false;
  time = MINUTE - 1;
  expect(await whoAnswers()).toBe('sandbox');
  expect(attempts).toHaveLength(0);

  time = MINUTE;
  const trying = whoAnswers();
  expect(await whoAnswers()).toBe('sandbox');
  expect(attempts).toHaveLength(1);
  attempts[0]?.(Response.json({}));
  expect(await trying).toBe('oracle');

  const next = whoAnswers();
  await vi.waitFor(() => expect(attempts).toHaveLength(2));
  attempts[1]?.(Response.json({}));
  expect(await next).toBe('oracle');
});

test('an error on a connection ends the time of the sandbox', async () => {
  const provided = auto(async (input, init) => {
    if (time === 0) throw new TypeError('fetch failed', { cause: systemError('ENOTFOUND', 'getaddrinfo') });
    return await httpGet(input, init);
  });
  provider.on('/ask', json({}, 500));
  expect((await ask(provided)).provider).toBe('sandbox');
  time = MINUTE;
  await expect(ask(provided)).rejects.toBeInstanceOf(JobFailure);
});

test('each change is one line', async () => {
  const log = silentLogger();
  const warn = vi.spyOn(log, 'warn');
  const info = vi.spyOn(log, 'info');
  let up = true;
  const provided = auto(async () => {
    if (!up) throw new TypeError('fetch failed', { cause: systemError('EAI_AGAIN', 'getaddrinfo') });
    return Response.json({});
  }, log);
  const askMany = (): Promise<unknown> => Promise.all([ask(provided), ask(provided), ask(provided)]);

  await askMany();
  up = false;
  await askMany();
  time = MINUTE;
  await askMany();
  up = true;
  time = 2 * MINUTE;
  await askMany();

  expect(warn.mock.calls.map(([, words]) => words)).toEqual([
    'oracle could not be reached: its name could not be resolved; the sandbox answers, its data is made up, next try in 60 s',
  ]);
  expect(info.mock.calls.map(([, words]) => words)).toEqual(['oracle can be reached: live again']);
});

/** As a network that swallows every packet. */
const unanswered: HttpGet = (_input, init) =>
  new Promise((_, reject) => {
    init.signal.addEventListener('abort', () => reject(init.signal.reason), { once: true });
  });
