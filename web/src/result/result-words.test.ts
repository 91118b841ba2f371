import { exchangeRate } from '@dtq/generated/jobs/exchange-rate.ts';
import { weather } from '@dtq/generated/jobs/weather.ts';
import { describe, expect, it } from 'vitest';
import { jobErrorText } from './job-error-text.ts';
import { outputFacts, valueText } from './output-facts.ts';
import { countText, initialsOf, moneyText, skyOf } from './result-words.ts';

describe('skyOf', () => {
  it.each([
    ['Clear sky', 'sun'],
    ['Partly cloudy', 'sun-cloud'],
    ['Overcast', 'cloud'],
    ['Thunderstorm with heavy hail', 'storm'],
    ['Slight snow fall', 'snow'],
    ['Moderate rain', 'rain'],
    ['Depositing rime fog', 'fog'],
    ['Frogs', 'cloud'],
  ])('%s is drawn as %s', (condition, sky) => {
    expect(skyOf(condition)).toBe(sky);
  });
});

describe('words of results', () => {
  it('write money with the digits of its currency', () => {
    expect([moneyText(262.38, 'USD'), moneyText(194, 'JPY'), moneyText(1, 'odds')]).toEqual([
      'USD\u00a0262.38',
      'JPY\u00a0194',
      '1 odds',
    ]);
  });

  it('shorten names and counts', () => {
    expect(['The Octocat', 'nodejs', 'émile', ''].map(initialsOf)).toEqual(['TO', 'N', 'É', '']);
    expect([940, 20_000].map(countText)).toEqual(['940', '20K']);
  });
});

describe('outputFacts', () => {
  it('leaves out what is not there, and what is told elsewhere', () => {
    expect(outputFacts(weather.output, { condition: 'Cloudy', provider: null })).toEqual([
      { label: 'Condition', value: 'Cloudy' },
    ]);
    const output = exchangeRate.examples[0]?.output ?? {};
    expect(outputFacts(exchangeRate.output, output, ['converted_amount', 'amount']).map(({ label }) => label)).toEqual([
      'Into',
      'From',
      'Rate',
      'Rate of',
      'Provider',
    ]);
  });

  it('writes every kind of value', () => {
    expect([1234.5, true, 'a', ['b']].map((value) => valueText(value, null))).toEqual(['1,234.5', 'yes', 'a', '["b"]']);
    expect(valueText(54, '%')).toBe('54\u00a0%');
  });
});

describe('jobErrorText', () => {
  it('knows the codes of the contract and survives others', () => {
    expect(jobErrorText({ code: 'city_not_found' }).title).toBe('No such city is known');
    expect(jobErrorText({ code: 'toString' })).toEqual({
      title: 'The job failed',
      cause: null,
      cure: null,
      retryable: null,
    });
  });
});
