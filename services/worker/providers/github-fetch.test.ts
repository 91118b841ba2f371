import type { Clock } from '@dtq/core/clock.ts';
import { beforeEach, expect, test } from 'vitest';
import { githubFetch } from './github-fetch.ts';
import type { ProviderFetch } from './provider.ts';
import { textOf } from './testing/text-of.ts';

const NOW = 1_800_000_000_000;
const SECONDS = NOW / 1000;

let now: number;
let calls: Readonly<Record<string, string>>[];
let answer: () => Response;

const clock: Clock = { now: () => now };
const origin: ProviderFetch = async ({ headers }) => {
  calls.push(headers);
  return { response: answer(), provider: 'github' };
};

beforeEach(() => {
  now = NOW;
  calls = [];
  answer = () => Response.json({});
});

async function get(fetch: ProviderFetch): Promise<{ status: number; wait: string | null; text: string }> {
  const { response } = await fetch({
    url: new URL('http://github/users/a'),
    headers: { 'user-agent': 'dtq', accept: 'application/json' },
    signal: new AbortController().signal,
    timeoutMs: 1000,
    number: 1,
  });
  return { status: response.status, wait: response.headers.get('retry-after'), text: await textOf(response) };
}

const limited =
  (status: number, headers: Record<string, string>, body = ''): (() => Response) =>
  () =>
    new Response(body, { status, headers });
const usedUp = (reset: number | string) => ({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) });
const SECONDARY = JSON.stringify({ message: 'You have exceeded a secondary rate limit. Please wait a few minutes.' });

test.each([
  { name: '403, none left', answer: limited(403, usedUp(SECONDS + 90)), wait: '90' },
  { name: '429, none left', answer: limited(429, usedUp(SECONDS + 90)), wait: '90' },
  { name: '403 with Retry-After', answer: limited(403, { 'retry-after': '7' }), wait: '7' },
  {
    name: '429 with both, the shorter first',
    answer: limited(429, { ...usedUp(SECONDS + 90), 'retry-after': '7' }),
    wait: '7',
  },
  { name: '403 that only says so', answer: limited(403, { 'x-ratelimit-remaining': '4999' }, SECONDARY), wait: '60' },
  { name: '429 without a word', answer: limited(429, {}), wait: '60' },
  { name: 'none left, with a reset that is past', answer: limited(403, usedUp(SECONDS - 5)), wait: '0' },
  { name: 'none left, with a reset that is no time', answer: limited(403, usedUp('soon'), SECONDARY), wait: '60' },
])('$name is 429 with Retry-After $wait', async ({ answer: play, wait }) => {
  answer = play;
  expect(await get(githubFetch(origin, undefined, clock))).toMatchObject({ status: 429, wait });
});

test('403 for another reason is passed on, with its body', async () => {
  answer = limited(403, { 'x-ratelimit-remaining': '59' }, '{"message":"Resource not accessible"}');
  expect(await get(githubFetch(origin, undefined, clock))).toEqual({
    status: 403,
    wait: null,
    text: '{"message":"Resource not accessible"}',
  });
});

test('until the limit is over no call is made, and then one is', async () => {
  const fetch = githubFetch(origin, undefined, clock);
  answer = limited(403, usedUp(SECONDS + 90));
  await get(fetch);
  answer = () => Response.json({ good: true });
  now = NOW + 89_001;
  expect(await get(fetch)).toMatchObject({ status: 429, wait: '1' });
  expect(calls).toHaveLength(1);
  now = NOW + 90_000;
  expect(await get(fetch)).toMatchObject({ status: 200 });
  expect(calls).toHaveLength(2);
});

test('the last call that was free is good, and the next one waits', async () => {
  const fetch = githubFetch(origin, undefined, clock);
  answer = () => Response.json({ good: true }, { headers: usedUp(SECONDS + 30) });
  expect(await get(fetch)).toMatchObject({ status: 200, text: '{"good":true}' });
  expect(await get(fetch)).toMatchObject({ status: 429, wait: '30' });
  expect(calls).toHaveLength(1);
});

test('a reset in a year closes for an hour at most', async () => {
  const fetch = githubFetch(origin, undefined, clock);
  answer = limited(403, usedUp(SECONDS + 31_536_000));
  await get(fetch);
  answer = () => Response.json({});
  now = NOW + 3_600_000;
  expect(await get(fetch)).toMatchObject({ status: 200 });
});

test('the token goes along with every call, and what the call brings stays', async () => {
  await get(githubFetch(origin, 'ghp_secret', clock));
  expect(calls).toEqual([
    {
      'user-agent': 'dtq',
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      authorization: 'Bearer ghp_secret',
    },
  ]);
});
