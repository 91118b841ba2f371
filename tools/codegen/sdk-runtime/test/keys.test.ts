import { describe, expect, it } from 'vitest';
import { isProblem, ProblemError } from '../errors.ts';
import { clientOf } from './client-of.ts';
import {
  ACCEPTED,
  COMPLETED,
  events,
  type FakeApi,
  fakeApi,
  JOB_ID,
  json,
  problem,
  RESULT_EVENT,
  statusEvent,
} from './fake-api.ts';
import { settled, withStandingTime } from './settled.ts';

const KEY = 'dtq_billing_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';
const PAYLOAD = { city: 'Austin', units: 'metric' } as const;

function sentTo(api: FakeApi): (string | null)[] {
  return api.requests.map(({ headers }) => headers.get('authorization'));
}

withStandingTime();

describe('a key', () => {
  it('goes along with calls and with streams', async () => {
    const api = fakeApi(json(202, ACCEPTED), events([statusEvent(1), RESULT_EVENT]), json(200, COMPLETED));
    const client = clientOf(api, { apiKey: KEY });
    const job = await client.submit('weather', PAYLOAD);
    for await (const change of client.watch(job)) expect(change.data).toBeDefined();
    await client.wait(job);
    expect(sentTo(api)).toEqual(Array(3).fill(`Bearer ${KEY}`));
  });

  it('that a function gives is asked for before each try, of a stream too', async () => {
    const api = fakeApi(events([statusEvent(1)], 'break'), events([RESULT_EVENT]));
    let asked = 0;
    const watch = async () => {
      asked = 0;
      const apiKey = async () => `key-${++asked}`;
      const told: string[] = [];
      for await (const { event } of clientOf(api, { apiKey }).watch(JOB_ID)) told.push(event);
      return told;
    };
    expect((await settled(watch())).value).toEqual(['status', 'result']);
    expect(sentTo(api)).toEqual(['Bearer key-1', 'Bearer key-2']);
  });

  it('takes the place of an authorization in the headers, however that is written', async () => {
    const api = fakeApi(json(200, COMPLETED));
    const headers = { Authorization: 'Basic eDp5', AUTHORIZATION: 'Basic eDp6', 'x-team': 'billing' };
    await clientOf(api, { apiKey: KEY, headers }).get(JOB_ID);
    expect(sentTo(api)).toEqual([`Bearer ${KEY}`]);
    expect(api.requests[0]?.headers.get('x-team')).toBe('billing');
  });

  it('that cannot be sent is refused at once, and no error tells it', async () => {
    for (const apiKey of ['', 'two words', `${KEY}\n`, 'ключ', 'a\r\nx-other: 1', 7 as never])
      expect(() => clientOf(fakeApi(), { apiKey }), String(apiKey)).toThrow(TypeError);
    const api = fakeApi(json(200, COMPLETED));
    const { error } = await settled(clientOf(api, { apiKey: () => 'секрет' }).get(JOB_ID));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).not.toContain('секрет');
    expect(api.requests).toHaveLength(0);
  });

  it('whose source fails lets the call fail with its reason', async () => {
    const apiKey = () => Promise.reject(new RangeError('the vault is closed'));
    const { error } = await settled(clientOf(fakeApi(json(200, COMPLETED)), { apiKey }).get(JOB_ID));
    expect(error).toEqual(new RangeError('the vault is closed'));
  });

  it('whose source does not answer takes no longer than a try has', async () => {
    const apiKey = () => new Promise<string>(() => undefined);
    const client = clientOf(fakeApi(json(200, COMPLETED)), { apiKey, retries: 0, tryTimeoutMs: 500 });
    expect(await settled(client.get(JOB_ID))).toMatchObject({ error: { code: 'unreachable' } });
  });
});

describe('a refusal', () => {
  it.each([
    [401, 'unauthenticated'],
    [403, 'forbidden'],
  ] as const)('of %i is told at once, by a call, a wait and a watch', async (status, code) => {
    const api = fakeApi(problem(status, code));
    const client = clientOf(api, { apiKey: KEY });
    const watch = async () => {
      for await (const change of client.watch(JOB_ID)) throw new Error(change.event);
    };
    for (const call of [() => client.submit('weather', PAYLOAD), () => client.wait(JOB_ID), watch]) {
      const { error } = await settled<unknown>(call());
      expect(error).toBeInstanceOf(ProblemError);
      expect(isProblem(error, code)).toBe(true);
      expect(String(error)).not.toContain(KEY);
    }
    expect(api.requests).toHaveLength(3);
  });

  it.each(['rate_limited', 'backlog_full'] as const)(
    'of 429 %s is over when its Retry-After is, and the same is sent again',
    async (code) => {
      const api = fakeApi(problem(429, code, {}, { 'retry-after': '3' }), json(202, ACCEPTED));
      const { value, tookMs } = await settled(clientOf(api).submit('weather', PAYLOAD));
      expect(value).toEqual(ACCEPTED);
      expect(tookMs).toBeGreaterThanOrEqual(3000);
      expect(new Set(api.requests.map(({ headers }) => headers.get('idempotency-key'))).size).toBe(1);
    },
  );

  it('of 429 for longer than the call has is told at once', async () => {
    const api = fakeApi(problem(429, 'rate_limited', {}, { 'retry-after': '60' }));
    const { error, tookMs } = await settled(clientOf(api).submit('weather', PAYLOAD, { timeoutMs: 30_000 }));
    expect(isProblem(error, 'rate_limited') && error.retryAfterMs).toBe(60_000);
    expect(tookMs).toBeLessThan(1000);
    expect(api.requests).toHaveLength(1);
  });

  it('of 429 ends after so many tries', async () => {
    const api = fakeApi(problem(429, 'rate_limited', {}, { 'retry-after': '1' }));
    const { error } = await settled(clientOf(api, { retries: 2 }).get(JOB_ID));
    expect(isProblem(error, 'rate_limited')).toBe(true);
    expect(api.requests).toHaveLength(3);
  });

  it('of 429 does not end a watch or a wait that has the patience for it', async () => {
    const busy = problem(429, 'rate_limited', {}, { 'retry-after': '5' });
    const waited = await settled(clientOf(fakeApi(busy, json(200, COMPLETED))).wait(JOB_ID));
    expect(waited.value).toEqual(COMPLETED);
    const watch = async () => {
      const told: string[] = [];
      for await (const { event } of clientOf(fakeApi(busy, events([RESULT_EVENT]))).watch(JOB_ID)) told.push(event);
      return told;
    };
    expect((await settled(watch())).value).toEqual(['result']);
  });
});
