import { silentLogger } from '@dtq/core/log.ts';
import type { Payload } from '@dtq/generated/jobs/index.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createProviders } from '../providers/providers.ts';
import { NOWHERE } from '../providers/testing/config.ts';
import { runHandler } from '../providers/testing/run-handler.ts';
import { closedUrl, fixture, json, type Simulator, startSimulator } from '../providers/testing/simulator.ts';
import { exchangeRate } from './exchange-rate.ts';

const PATH = '/v1/latest';

let frankfurter: Simulator;

beforeEach(async () => {
  frankfurter = await startSimulator();
  frankfurter.on(PATH, fixture('frankfurter-chf-gbp'));
});
afterEach(() => frankfurter.close());

function run(
  payload: Partial<Payload<'exchange_rate'>>,
  url = `${frankfurter.url}${PATH}`,
  mode: 'live' | 'auto' = 'live',
) {
  const providers = createProviders({ ...NOWHERE, mode, exchangeRateUrl: url }, silentLogger(), { latency: () => 0 });
  const whole = { base_currency: 'CHF', target_currency: 'GBP', ...payload };
  return runHandler('exchange_rate', exchangeRate, whole, providers);
}

function question(): Record<string, string> {
  return Object.fromEntries(frankfurter.requests[0]?.searchParams ?? []);
}

test('asks for both against the euro, and works out the rest exactly', async () => {
  const output = await run({ amount: 1000 });
  expect(output).toEqual({
    base_currency: 'CHF',
    target_currency: 'GBP',
    amount: 1000,
    converted_amount: 895.16,
    rate: 0.8951630202,
    rate_date: '2024-11-25',
    provider: 'frankfurter',
  });
  expect(strict.Output.exchange_rate(output)).toBe(true);
  expect(question()).toEqual({ base: 'EUR', symbols: 'CHF,GBP' });
  expect(frankfurter.requests).toHaveLength(1);
});

test('from the euro the rate is the one that was published', async () => {
  expect(await run({ base_currency: 'EUR', target_currency: 'CHF' })).toMatchObject({
    amount: 1,
    rate: 0.9324,
    converted_amount: 0.93,
  });
  expect(question()).toEqual({ base: 'EUR', symbols: 'CHF' });
});

test('into the euro', async () => {
  expect(await run({ target_currency: 'EUR', amount: 93.24 })).toMatchObject({
    converted_amount: 100,
    rate: 1.072501073,
  });
});

test('lower case is one currency with upper case, and comes out in upper case', async () => {
  expect(await run({ base_currency: 'chf', target_currency: 'gBp' })).toMatchObject({
    base_currency: 'CHF',
    target_currency: 'GBP',
  });
  expect(question()).toEqual({ base: 'EUR', symbols: 'CHF,GBP' });
});

test('one currency into itself is 1, of a day that the provider knows', async () => {
  expect(await run({ target_currency: 'CHF', amount: 12.34 })).toMatchObject({
    rate: 1,
    converted_amount: 12.34,
    rate_date: '2024-11-25',
    provider: 'frankfurter',
  });
  expect(question()).toEqual({ base: 'EUR', symbols: 'CHF' });
});

test('the euro into itself asks for the day by way of the dollar', async () => {
  expect(await run({ base_currency: 'EUR', target_currency: 'EUR', amount: 5 })).toMatchObject({
    rate: 1,
    converted_amount: 5,
    rate_date: '2024-11-25',
  });
  expect(question()).toEqual({ base: 'EUR', symbols: 'USD' });
});

test.each([
  { base_currency: 'CHF', target_currency: 'XAU', play: fixture('frankfurter-chf-gbp'), names: 'XAU' },
  { base_currency: 'ZZZ', target_currency: 'CHF', play: fixture('frankfurter-chf-gbp'), names: 'ZZZ' },
  { base_currency: 'EUR', target_currency: 'ZZZ', play: fixture('frankfurter-not-found', 404), names: 'ZZZ' },
  { base_currency: 'ZZZ', target_currency: 'ZZZ', play: fixture('frankfurter-not-found', 404), names: 'ZZZ' },
  { base_currency: 'YYY', target_currency: 'ZZZ', play: fixture('frankfurter-not-found', 404), names: 'YYY or ZZZ' },
])('$base_currency into $target_currency: no rate for $names', async ({ play, names, ...payload }) => {
  frankfurter.on(PATH, play);
  await expect(run(payload)).rejects.toMatchObject({
    code: 'currency_not_supported',
    message: `there is no reference rate for ${names}`,
  });
  expect(frankfurter.requests).toHaveLength(1);
});

test.each([
  { name: 'no rates', answer: { date: '2024-11-25' }, words: 'rates is missing' },
  { name: 'no date', answer: { rates: { CHF: 1, GBP: 1 } }, words: 'date is missing' },
  {
    name: 'a date that is none',
    answer: { date: '25.11.2024', rates: { CHF: 1, GBP: 1 } },
    words: 'date is not a date',
  },
  {
    name: 'a rate of nothing',
    answer: { date: '2024-11-25', rates: { CHF: 0, GBP: 1 } },
    words: 'rates.CHF is 0, not from 0.000001 to 1000000000',
  },
  {
    name: 'a rate in words',
    answer: { date: '2024-11-25', rates: { CHF: 1, GBP: '1.2' } },
    words: 'rates.GBP is a text, not a number',
  },
])('$name: $words', async ({ answer, words }) => {
  frankfurter.on(PATH, json(answer));
  await expect(run({})).rejects.toMatchObject({
    code: 'provider_invalid_response',
    message: `the answer of the exchange rate service does not fit: ${words}`,
  });
});

test.each([
  { base_currency: 'EU', target_currency: 'USD' },
  { base_currency: 'EURO', target_currency: 'USD' },
  { base_currency: 'E R', target_currency: 'USD' },
  { base_currency: '€€€', target_currency: 'USD' },
  { base_currency: 'EUR', target_currency: 'U,D' },
  { base_currency: 'EUR', target_currency: 'USD', amount: 0 },
  { base_currency: 'EUR', target_currency: 'USD', amount: -1 },
  { base_currency: 'EUR', target_currency: 'USD', amount: 1e10 },
  { base_currency: 'EUR', target_currency: 'USD', amount: '1' },
  { base_currency: 'EUR', target_currency: 'USD', amount: Number.NaN },
])('the contract refuses %j', (payload) => {
  expect(strict.Payload.exchange_rate(payload)).toBe(false);
});

test('without a network the sandbox answers, and says so', async () => {
  expect(await run({ amount: 10 }, `${await closedUrl()}${PATH}`, 'auto')).toMatchObject({
    provider: 'sandbox',
    amount: 10,
  });
});
