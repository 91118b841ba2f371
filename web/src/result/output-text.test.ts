import { weather } from '@dtq/generated/jobs/weather.ts';
import type { WeatherCompletedJobResult } from '@dtq/generated/schemas/types.ts';
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
