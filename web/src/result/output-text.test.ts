import { exchangeRate } from '@dtq/generated/jobs/exchange-rate.ts';
import { githubUser } from '@dtq/generated/jobs/github-user.ts';
import { JOB_PAGES } from '@dtq/generated/jobs/index.ts';
import { quote } from '@dtq/generated/jobs/quote.ts';
import { weather } from '@dtq/generated/jobs/weather.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { CompletedJobResultByJobType, JobType, WeatherCompletedJobResult } from '@dtq/generated/schemas/types.ts';
import { describe, expect, it } from 'vitest';
import { jobErrorText } from './job-error-text.ts';
import { outputFacts, valueText } from './output-facts.ts';
import { outputText } from './output-text.ts';

const result: WeatherCompletedJobResult = {
  job_id: '6aab8fca-7059-40c4-97d4-53f55fd5bf67',
  job_type: 'weather',
  input: { city: 'Tokyo', units: 'imperial' },
  output: { temperature: 68.7, condition: 'Clear sky', humidity_pct: 54, wind_kph: 9.4 },
  final_state: 'completed',
  started_at: '2026-02-14T15:12:04Z',
  completed_at: '2026-02-14T15:12:05Z',
  error: null,
};

describe('outputText', () => {
  it('tells the weather in the units that were asked for', () => {
    expect(outputText('weather', result, weather.output)).toEqual({
      headline: '68.7\u00a0°F',
      caption: 'Clear sky',
      facts: [
        { label: 'Humidity', value: '54\u00a0%' },
        { label: 'Wind', value: '9.4\u00a0km/h' },
      ],
    });
  });
});

/** A document with the input and the output of a page's example. */
function resultOf<T extends JobType>(
  job_type: T,
  example: { payload: unknown; output: unknown } | undefined,
): CompletedJobResultByJobType[T] {
  const document = { ...result, job_type, input: example?.payload, output: example?.output };
  return document as unknown as CompletedJobResultByJobType[T];
}

describe('outputText of the other types', () => {
  it('tells the converted amount with its currency', () => {
    expect(
      outputText('exchange_rate', resultOf('exchange_rate', exchangeRate.examples[0]), exchangeRate.output),
    ).toEqual({
      headline: '262.38\u00a0USD',
      caption: 'for 250\u00a0EUR',
      facts: [
        { label: 'Rate', value: '1.0495' },
        { label: 'Rate of', value: '2024-11-25' },
        { label: 'Provider', value: 'frankfurter' },
      ],
    });
  });

  it('tells each quotation with its author', () => {
    expect(outputText('quote', resultOf('quote', quote.examples[1]), quote.output)).toEqual({
      headline: null,
      caption: null,
      facts: [
        { label: 'Virgil', value: '“Fortune favours the bold.”' },
        { label: 'Charlotte Brontë', value: '“I am no bird; and no net ensnares me.”' },
        { label: 'Provider', value: 'sandbox' },
      ],
    });
  });

  it('tells who a user is', () => {
    const text = outputText('github_user', resultOf('github_user', githubUser.examples[0]), githubUser.output);
    expect(text).toMatchObject({ headline: 'The Octocat', caption: null });
    expect(text.facts.map(({ label }) => label)).toEqual([
      'Login',
      'Company',
      'Location',
      'Public repositories',
      'Followers',
      'Following',
      'On GitHub since',
      'Profile',
      'Provider',
    ]);
    expect(text.facts).toContainEqual({ label: 'On GitHub since', value: '2011-01-25' });
    const [example] = githubUser.examples;
    const nameless = { payload: {}, output: { ...example?.output, name: undefined, bio: 'likes types' } };
    expect(outputText('github_user', resultOf('github_user', nameless), githubUser.output)).toMatchObject({
      headline: 'octocat',
      caption: 'likes types',
    });
  });

  it('shows every example of every type in words, without a scrap of JSON', async () => {
    for (const type of JOB_TYPE_VALUES) {
      const page = await JOB_PAGES[type]();
      for (const example of page.examples) {
        const { facts, headline } = outputText(type, resultOf<JobType>(type, example), page.output);
        expect(facts.length + (headline === null ? 0 : 1), type).toBeGreaterThan(0);
        for (const { value } of facts) expect(value).not.toMatch(/^[[{]/);
      }
    }
  });
});

describe('outputFacts', () => {
  it('leaves out what is not there', () => {
    expect(outputFacts(weather.output, { condition: 'Cloudy', provider: null })).toEqual([
      { label: 'Condition', value: 'Cloudy' },
    ]);
  });

  it('writes every kind of value', () => {
    expect([1234.5, true, 'a', ['b']].map((value) => valueText(value, null))).toEqual(['1,234.5', 'yes', 'a', '["b"]']);
  });
});

describe('jobErrorText', () => {
  it('knows the codes of the contract and survives others', () => {
    expect(jobErrorText({ code: 'city_not_found', message: '' }).title).toBe('No such city is known');
    expect(jobErrorText({ code: 'toString', message: '' })).toEqual({
      title: 'The job failed',
      cure: null,
      retryable: null,
    });
  });
});
