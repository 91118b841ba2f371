import type { Field } from '@dtq/generated/jobs/form.ts';
import { weather } from '@dtq/generated/jobs/weather.ts';
import { describe, expect, it } from 'vitest';
import { emptyValues, payloadOf, valuesOf } from './form-values.ts';

function field(name: string, type: Field['type']): Field {
  const base = weather.payload[0];
  if (base === undefined) throw new Error('weather has no fields');
  return { ...base, name, type, choices: null, required: false };
}

describe('emptyValues', () => {
  it('opens a required choice on its first value and all else empty', () => {
    expect(emptyValues(weather.payload)).toEqual({ city: '', country_code: '', units: 'metric' });
  });
});

describe('payloadOf', () => {
  it('leaves empty fields out and trims texts', () => {
    expect(payloadOf(weather.payload, { city: ' Austin ', country_code: '  ', units: 'metric' })).toEqual({
      city: 'Austin',
      units: 'metric',
    });
  });

  it('parses numbers, booleans and JSON', () => {
    const fields = [
      field('limit', 'integer'),
      field('amount', 'number'),
      field('all', 'boolean'),
      field('tags', 'array'),
    ];
    expect(payloadOf(fields, { limit: '3', amount: '1.5', all: 'true', tags: '["a"]' })).toEqual({
      limit: 3,
      amount: 1.5,
      all: true,
      tags: ['a'],
    });
  });

  it('keeps what does not parse, so that the validator names it', () => {
    const fields = [field('limit', 'integer'), field('tags', 'array')];
    expect(payloadOf(fields, { limit: 'three', tags: '[a' })).toEqual({ limit: 'three', tags: '[a' });
  });
});

describe('valuesOf', () => {
  it('is undone by payloadOf for every example', () => {
    for (const { payload } of weather.examples) {
      expect(payloadOf(weather.payload, valuesOf(weather.payload, payload))).toEqual(payload);
    }
  });
});
