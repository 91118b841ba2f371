import { afterEach, beforeEach, expect, test } from 'vitest';
import { askOracle, failureOf, GOOD } from './testing/oracle.ts';
import {
  endless,
  fixture,
  halfBody,
  json,
  never,
  type Play,
  redirect,
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

interface Fault {
  readonly name: string;
  readonly plays: readonly Play[];
  readonly code: string;
  readonly message: string;
  readonly calls: number;
  readonly timeoutMs?: number;
}

test.each<Fault>([
  {
    name: 'an answer later than the time limit',
    plays: [(response) => void setTimeout(() => GOOD(response, response.req), 1000).unref()],
    timeoutMs: 200,
    code: 'provider_timeout',
    message: 'the oracle did not answer within 200 ms',
    calls: 3,
  },
  {
    name: 'no answer at all',
    plays: [never],
    timeoutMs: 200,
    code: 'provider_timeout',
    message: 'the oracle did not answer within 200 ms',
    calls: 3,
  },
  {
    name: 'a body that never ends',
    plays: [stuck],
    timeoutMs: 200,
    code: 'provider_timeout',
    message: 'the oracle did not answer within 200 ms',
    calls: 3,
  },
  {
    name: '429',
    plays: [json({}, 429)],
    code: 'provider_rate_limited',
    message: 'the oracle refuses for too many requests',
    calls: 3,
  },
  {
    name: '429 with a long Retry-After',
    plays: [json({}, 429, { 'retry-after': '60' })],
    code: 'provider_rate_limited',
    message: 'the oracle refuses for too many requests and asks to wait 60 s',
    calls: 1,
  },
  {
    name: '503 with a long Retry-After',
    plays: [json({}, 503, { 'retry-after': '60' })],
    code: 'provider_unavailable',
    message: 'the oracle answered with HTTP 503 and asks to wait 60 s',
    calls: 1,
  },
  {
    name: '503',
    plays: [json({ reason: 'db-7.internal is down' }, 503)],
    code: 'provider_unavailable',
    message: 'the oracle answered with HTTP 503',
    calls: 3,
  },
  {
    name: '408',
    plays: [json({}, 408)],
    code: 'provider_unavailable',
    message: 'the oracle answered with HTTP 408',
    calls: 3,
  },
  {
    name: 'a reset',
    plays: [reset],
    code: 'provider_unavailable',
    message: 'the oracle broke off the connection',
    calls: 3,
  },
  {
    name: 'half a body',
    plays: [halfBody],
    code: 'provider_unavailable',
    message: 'the oracle broke off the connection',
    calls: 3,
  },
  {
    name: '400',
    plays: [fixture('error', 400)],
    code: 'provider_rejected',
    message: 'the oracle refused the request with HTTP 400',
    calls: 1,
  },
  {
    name: '404',
    plays: [json({}, 404)],
    code: 'provider_rejected',
    message: 'the oracle refused the request with HTTP 404',
    calls: 1,
  },
  {
    name: '304',
    plays: [text('', 304)],
    code: 'provider_invalid_response',
    message: 'the oracle answered with HTTP 304, which is not understood',
    calls: 1,
  },
  {
    name: 'a redirect',
    plays: [redirect],
    code: 'provider_invalid_response',
    message: 'the oracle redirects, which is not followed',
    calls: 1,
  },
  {
    name: 'a page of HTML',
    plays: [text('<!doctype html>', 200, { 'content-type': 'text/html' })],
    code: 'provider_invalid_response',
    message: 'the answer of the oracle is not JSON',
    calls: 2,
  },
  {
    name: 'JSON that is cut off',
    plays: [text('{"answer":')],
    code: 'provider_invalid_response',
    message: 'the answer of the oracle is not JSON',
    calls: 2,
  },
  {
    name: 'an empty body',
    plays: [text('')],
    code: 'provider_invalid_response',
    message: 'the answer of the oracle is empty, not JSON',
    calls: 2,
  },
  {
    name: 'a body without an end',
    plays: [endless],
    code: 'provider_invalid_response',
    message: `the answer of the oracle is longer than ${LIMIT} bytes`,
    calls: 1,
  },
  {
    name: 'one byte too many',
    plays: [text('1'.padStart(LIMIT + 1))],
    code: 'provider_invalid_response',
    message: `the answer of the oracle is longer than ${LIMIT} bytes`,
    calls: 1,
  },
  {
    name: 'a missing field',
    plays: [json({ other: 1 })],
    code: 'provider_invalid_response',
    message: 'the answer of the oracle does not fit: answer is missing',
    calls: 1,
  },
  {
    name: 'a field of a wrong kind',
    plays: [json({ answer: '42' })],
    code: 'provider_invalid_response',
    message: 'the answer of the oracle does not fit: answer is a text, not a number',
    calls: 1,
  },
  {
    name: 'a number out of range',
    plays: [text('{"answer":1e999}')],
    code: 'provider_invalid_response',
    message: 'the answer of the oracle does not fit: answer is Infinity, not from 0 to 100',
    calls: 1,
  },
  {
    name: 'an array in place of an object',
    plays: [json([42])],
    code: 'provider_invalid_response',
    message: 'the answer of the oracle does not fit: the whole is an array, not an object',
    calls: 1,
  },
])('$name ends in $code after $calls calls', async ({ plays, code, message, calls, timeoutMs }) => {
  provider.on('/ask', ...plays);
  const failure = await failureOf(askOracle(provider.url, {}, timeoutMs));
  expect(failure.code).toBe(code);
  // The engine may add where the JSON breaks off.
  expect(failure.message.replace(/ at position \d+$/, '')).toBe(message);
  expect(provider.calls('/ask')).toBe(calls);
});
