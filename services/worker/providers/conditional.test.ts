import { beforeEach, expect, test } from 'vitest';
import { conditionalFetch } from './conditional.ts';
import type { ProviderCall, ProviderFetch } from './provider.ts';
import { textOf } from './testing/text-of.ts';

let asked: { path: string; condition: string | undefined }[];
let answer: (path: string, condition: string | undefined) => Response;

const origin: ProviderFetch = async ({ url, headers }) => {
  const condition = headers['if-none-match'];
  asked.push({ path: url.pathname, condition });
  return { response: answer(url.pathname, condition), provider: 'oracle' };
};

/** As an origin that holds to its tags. */
const faithful = (path: string, condition: string | undefined): Response =>
  condition === `"${path}"` ? new Response(null, { status: 304 }) : good(path);
const good = (path: string): Response => Response.json({ path }, { headers: { etag: `"${path}"` } });

beforeEach(() => {
  asked = [];
  answer = faithful;
});

async function get(fetch: ProviderFetch, path: string): Promise<{ status: number; text: string }> {
  const call: ProviderCall = {
    url: new URL(path, 'http://oracle'),
    headers: { accept: 'application/json' },
    signal: new AbortController().signal,
    timeoutMs: 1000,
    number: 1,
  };
  const { response } = await fetch(call);
  return { status: response.status, text: await textOf(response) };
}

const conditions = (): (string | undefined)[] => asked.map(({ condition }) => condition);

test('asks with the tag that it has, and gives what it kept where that still holds', async () => {
  const fetch = conditionalFetch(origin, { entries: 10, maxBytes: 1000 });
  const first = await get(fetch, '/a');
  expect([await get(fetch, '/a'), await get(fetch, '/a')]).toEqual([first, first]);
  expect(conditions()).toEqual([undefined, '"/a"', '"/a"']);
});

test('a new answer takes the place of the old one', async () => {
  const fetch = conditionalFetch(origin, { entries: 10, maxBytes: 1000 });
  await get(fetch, '/a');
  answer = () => Response.json({ new: true }, { headers: { etag: '"two"' } });
  expect(await get(fetch, '/a')).toEqual({ status: 200, text: '{"new":true}' });
  await get(fetch, '/a');
  expect(conditions()).toEqual([undefined, '"/a"', '"two"']);
});

test('keeps no more than it may, and lets go of what was used least recently', async () => {
  const fetch = conditionalFetch(origin, { entries: 2, maxBytes: 1000 });
  for (const path of ['/a', '/b', '/a', '/c', '/a', '/b']) await get(fetch, path);
  expect(conditions()).toEqual([undefined, undefined, '"/a"', undefined, '"/a"', undefined]);
});

test.each([
  { name: 'is too long', response: () => Response.json('a'.repeat(1000), { headers: { etag: '"x"' } }) },
  { name: 'is no JSON', response: () => new Response('<html>', { headers: { etag: '"x"' } }) },
  { name: 'has no tag', response: () => Response.json({}) },
  { name: 'is an error', response: () => Response.json({}, { status: 500, headers: { etag: '"x"' } }) },
])('an answer that $name passes, and is not kept', async ({ response }) => {
  answer = response;
  const fetch = conditionalFetch(origin, { entries: 10, maxBytes: 1000 });
  const expected = response();
  expect(await get(fetch, '/a')).toEqual({ status: expected.status, text: await expected.text() });
  await get(fetch, '/a');
  expect(conditions()).toEqual([undefined, undefined]);
});

test('an error in between takes nothing away, but what is gone is forgotten', async () => {
  const fetch = conditionalFetch(origin, { entries: 10, maxBytes: 1000 });
  await get(fetch, '/a');
  for (const status of [503, 404]) {
    answer = () => new Response(null, { status });
    expect((await get(fetch, '/a')).status).toBe(status);
  }
  answer = faithful;
  await get(fetch, '/a');
  expect(conditions()).toEqual([undefined, '"/a"', '"/a"', undefined]);
});

test('a 304 that nobody asked for is passed on', async () => {
  answer = () => new Response(null, { status: 304 });
  const fetch = conditionalFetch(origin, { entries: 10, maxBytes: 1000 });
  expect((await get(fetch, '/a')).status).toBe(304);
});

test('many at once for one address', async () => {
  const fetch = conditionalFetch(origin, { entries: 1, maxBytes: 1000 });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => get(fetch, index % 2 ? '/a' : '/b')));
  expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['{"path":"/a"}', '{"path":"/b"}']));
});
