import { silentLogger } from '@dtq/core/log.ts';
import type { Output, Payload } from '@dtq/generated/jobs/index.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createProviders } from '../providers/providers.ts';
import { NOWHERE } from '../providers/testing/config.ts';
import { runHandler } from '../providers/testing/run-handler.ts';
import { closedUrl, fixture, json, type Simulator, startSimulator } from '../providers/testing/simulator.ts';
import { quote } from './quote.ts';

const PATH = '/api/quotes/random';

let quoteSlate: Simulator;

beforeEach(async () => {
  quoteSlate = await startSimulator();
  quoteSlate.on(PATH, fixture('quoteslate-one'));
});
afterEach(() => quoteSlate.close());

function run(payload: Payload<'quote'>, url = `${quoteSlate.url}${PATH}`, mode: 'live' | 'auto' = 'live') {
  const providers = createProviders({ ...NOWHERE, mode, quoteUrl: url }, silentLogger(), { latency: () => 0 });
  return runHandler('quote', quote, payload, providers);
}

function question(): Record<string, string> {
  return Object.fromEntries(quoteSlate.requests[0]?.searchParams ?? []);
}

test('one quotation comes alone', async () => {
  const output: Output<'quote'> = await run({});
  expect(output).toEqual({
    quotes: [{ text: 'Every strike brings me closer to the next home run.', author: 'Babe Ruth', tags: ['wisdom'] }],
    provider: 'quoteslate',
  });
  expect(strict.Output.quote(output)).toBe(true);
  expect(question()).toEqual({ count: '1' });
});

test('several come in an array, in one call', async () => {
  quoteSlate.on(PATH, fixture('quoteslate-several'));
  const output = await run({ category: 'wisdom', limit: 5 });
  expect(output.quotes.map(({ author }) => author)).toEqual(['Babe Ruth', 'Maya Angelou']);
  expect(question()).toEqual({ count: '5', tags: 'wisdom' });
  expect(quoteSlate.requests).toHaveLength(1);
});

test('never more than were asked for', async () => {
  const many = Array.from({ length: 12 }, (_, index) => ({ quote: `Words ${index}`, author: 'A', tags: [] }));
  quoteSlate.on(PATH, json(many));
  expect((await run({ limit: 3 })).quotes).toHaveLength(3);
});

test.each([
  { name: 'a category that it does not know', play: fixture('quoteslate-invalid-tag', 400) },
  { name: 'a category without a quotation', play: fixture('quoteslate-none', 404) },
])('$name is category_not_found, after one call', async ({ play }) => {
  quoteSlate.on(PATH, play);
  await expect(run({ category: 'invalid1' })).rejects.toMatchObject({
    code: 'category_not_found',
    message: 'no quotation has the category "invalid1"',
  });
  expect(quoteSlate.requests).toHaveLength(1);
});

test('an empty array is category_not_found', async () => {
  quoteSlate.on(PATH, json([]));
  await expect(run({ category: 'hope', limit: 2 })).rejects.toMatchObject({ code: 'category_not_found' });
});

test.each([
  { name: 'none at all, though none was excluded', play: json([]), code: 'provider_invalid_response' },
  { name: 'none at all, in its words', play: fixture('quoteslate-none', 404), code: 'provider_rejected' },
  {
    name: 'a count that it refuses',
    play: json({ error: 'count must be at most 50.' }, 400),
    code: 'provider_rejected',
  },
])('$name is a fault of the provider: $code', async ({ play, code }) => {
  quoteSlate.on(PATH, play);
  await expect(run({ limit: 2 })).rejects.toMatchObject({ code });
});

test.each([
  { name: 'no words', answer: { author: 'A' }, words: 'quote is missing' },
  { name: 'blank words', answer: { quote: ' \n', author: 'A' }, words: 'quote is not a text that says something' },
  { name: 'words as a number', answer: { quote: 4, author: 'A' }, words: 'quote is a number, not a text' },
  {
    name: 'words without an end',
    answer: { quote: 'a'.repeat(2001), author: 'A' },
    words: 'quote has 2001 characters, more than 2000',
  },
  { name: 'an author as a list', answer: { quote: 'a', author: [] }, words: 'author is an array, not a text' },
  { name: 'tags as a text', answer: { quote: 'a', author: 'A', tags: 'b' }, words: 'tags is a text, not an array' },
])('$name: $words', async ({ answer, words }) => {
  quoteSlate.on(PATH, json(answer));
  await expect(run({})).rejects.toMatchObject({
    code: 'provider_invalid_response',
    message: `the answer of the quotation service does not fit: ${words}`,
  });
});

test('what is missing around the words does not matter', async () => {
  quoteSlate.on(PATH, json({ quote: 'a', author: null, tags: ['', 'x', ...Array.from({ length: 30 }, () => 'y')] }));
  const output = await run({});
  expect(output.quotes[0]).toMatchObject({ author: 'Unknown' });
  expect(strict.Output.quote(output)).toBe(true);
});

// Whatever another program's message brings past the contract stays one value of the query.
test.each(['a&count=50', 'x,y', '../..', '%2e%2e', 'a#b', 'قصة', "'; drop table --"])(
  '%s is one value',
  async (category) => {
    await run({ category });
    expect(quoteSlate.requests[0]?.pathname).toBe(PATH);
    expect(question()).toEqual({ count: '1', tags: category });
  },
);

test.each(['a,b', '', ' a', 'a/b', 'a\u0000', 'a'.repeat(41), '<b>', '-a'])(
  'the contract refuses the category %j',
  (category) => {
    expect(strict.Payload.quote({ category })).toBe(false);
  },
);

test('without a network the sandbox draws, and says so', async () => {
  const output = await run({ category: 'courage', limit: 2 }, `${await closedUrl()}${PATH}`, 'auto');
  expect(output).toMatchObject({ provider: 'sandbox' });
  expect(output.quotes).toHaveLength(2);
});
