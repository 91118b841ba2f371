import { JobFailure } from '@dtq/core/errors.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JsonRequest } from './http.ts';
import { liveFetch } from './live.ts';
import { askOracle, failureOf, GOOD } from './testing/oracle.ts';
import {
  closedUrl,
  halfBody,
  json,
  never,
  type Play,
  reset,
  type Simulator,
  startSimulator,
  stuck,
  text,
} from './testing/simulator.ts';

const LIMIT = 262_144;

let provider: Simulator;

beforeEach(async () => {
  provider = await startSimulator();
});
afterEach(() => provider.close());

test('reads a good answer with one call, and says who made it', async () => {
  provider.on('/ask', GOOD);
  expect(await askOracle(provider.url)).toEqual({ value: 42, provider: 'oracle' });
  expect(provider.calls('/ask')).toBe(1);
  expect(provider.headers[0]).toMatchObject({ accept: 'application/json', 'user-agent': 'dtq' });
});

interface Recovery {
  readonly name: string;
  readonly plays: readonly Play[];
  readonly calls: number;
}

test.each<Recovery>([
  { name: 'two 503', plays: [json({}, 503), json({}, 503), GOOD], calls: 3 },
  { name: 'a 500', plays: [json({}, 500), GOOD], calls: 2 },
  { name: 'a 408', plays: [json({}, 408), GOOD], calls: 2 },
  { name: 'a 425', plays: [json({}, 425), GOOD], calls: 2 },
  { name: 'a reset', plays: [reset, GOOD], calls: 2 },
  { name: 'half a body', plays: [halfBody, GOOD], calls: 2 },
  { name: 'an answer that is not JSON', plays: [text('oops'), GOOD], calls: 2 },
])('a good answer after $name ends well', async ({ plays, calls }) => {
  provider.on('/ask', ...plays);
  expect((await askOracle(provider.url)).value).toBe(42);
  expect(provider.calls('/ask')).toBe(calls);
});

test('the largest body that is allowed is read', async () => {
  provider.on('/ask', text('{"answer":42}'.padStart(LIMIT)));
  expect((await askOracle(provider.url)).value).toBe(42);
});

test('nobody listens: provider_unavailable, without the host', async () => {
  const failure = await failureOf(askOracle(provider.url, { url: new URL('/ask', await closedUrl()) }));
  expect(failure).toEqual({
    code: 'provider_unavailable',
    message: 'the oracle could not be reached: the connection was refused',
  });
});

test('a name that no server knows: provider_unavailable, without the host', async () => {
  const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND oracle.internal'), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
  });
  let calls = 0;
  const fetch = async (): Promise<Response> => {
    calls += 1;
    throw new TypeError('fetch failed', { cause: unknown });
  };
  const failure = await failureOf(askOracle(provider.url, { fetch: liveFetch('oracle', fetch) }));
  expect(failure).toEqual({
    code: 'provider_unavailable',
    message: 'the oracle could not be reached: its name could not be resolved',
  });
  expect(calls).toBe(3);
});

test('a short Retry-After is waited for', async () => {
  provider.on('/ask', json({}, 429, { 'retry-after': '1' }), GOOD);
  const start = performance.now();
  expect((await askOracle(provider.url)).value).toBe(42);
  expect(performance.now() - start).toBeGreaterThanOrEqual(990);
  expect(provider.calls('/ask')).toBe(2);
});

test('a Retry-After that has passed costs nothing', async () => {
  provider.on('/ask', json({}, 503, { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }), GOOD);
  expect((await askOracle(provider.url)).value).toBe(42);
});

test('a client error may have a meaning of its own', async () => {
  provider.on('/ask', json({}, 404));
  const refusal = (status: number): JobFailure | undefined =>
    status === 404 ? new JobFailure('city_not_found', 'unknown') : undefined;
  expect(await failureOf(askOracle(provider.url, { refusal }))).toEqual({ code: 'city_not_found', message: 'unknown' });
  expect(provider.calls('/ask')).toBe(1);
});

test.each([
  { name: 'that means it', play: json({ why: 'unknown' }, 404), code: 'city_not_found' },
  { name: 'of another shape', play: json({ why: 4 }, 404), code: 'provider_rejected' },
  { name: 'that is no JSON', play: text('<h1>Not Found</h1>', 404), code: 'provider_rejected' },
  { name: 'that is too long', play: json({ why: 'unknown'.padEnd(20_000) }, 404), code: 'provider_rejected' },
])('the answer $name tells a client error with a meaning from others: $code', async ({ play, code }) => {
  provider.on('/ask', play);
  const refusal: JsonRequest<number>['refusal'] = (_status, answer) =>
    answer.field('why').text().startsWith('unknown') ? new JobFailure('city_not_found', 'unknown') : undefined;
  expect(await failureOf(askOracle(provider.url, { refusal }))).toMatchObject({ code });
  expect(provider.calls('/ask')).toBe(1);
});

test('no meaning is looked for in an error that says nothing of the request', async () => {
  provider.on('/ask', json({}, 408), json({}, 503), GOOD);
  const refusal = (): JobFailure => new JobFailure('city_not_found', 'unknown');
  expect((await askOracle(provider.url, { refusal })).value).toBe(42);
});

test.each([
  { name: 'before the answer', play: never },
  { name: 'in the middle of the body', play: stuck },
])('an abort $name ends the call at once, with the reason', async ({ play }) => {
  const job = new AbortController();
  const reason = new Error('the job was cancelled');
  provider.on('/ask', (response, request) => {
    play(response, request);
    setImmediate(() => job.abort(reason));
  });
  await expect(askOracle(provider.url, { signal: job.signal })).rejects.toBe(reason);
  expect(provider.calls('/ask')).toBe(1);
});

test('an abort ends the wait between two calls', async () => {
  const job = new AbortController();
  const reason = new Error('the job was cancelled');
  provider.on('/ask', (response, request) => {
    json({}, 429, { 'retry-after': '1' })(response, request);
    response.on('finish', () => setTimeout(() => job.abort(reason), 50));
  });
  const start = performance.now();
  await expect(askOracle(provider.url, { signal: job.signal })).rejects.toBe(reason);
  expect(performance.now() - start).toBeLessThan(900);
  expect(provider.calls('/ask')).toBe(1);
});

test('a job that is over already makes no call', async () => {
  const reason = new Error('too late');
  await expect(askOracle(provider.url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(provider.requests).toEqual([]);
});

test('a defect of the reader is no fault of the provider', async () => {
  provider.on('/ask', GOOD);
  const defect = new RangeError('a defect');
  const read = (): number => {
    throw defect;
  };
  await expect(askOracle(provider.url, { read })).rejects.toBe(defect);
  expect(provider.calls('/ask')).toBe(1);
});
