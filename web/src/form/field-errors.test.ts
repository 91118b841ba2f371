import { weather } from '@dtq/generated/jobs/weather.ts';
import { describe, expect, it } from 'vitest';
import { errorLines, errorsOfValidator, errorsOfViolations, withoutField } from './field-errors.ts';
import { loadRequestValidator } from './load-request-validator.ts';

async function check(request: unknown) {
  const validate = await loadRequestValidator('weather');
  expect(validate(request)).toBe(false);
  return errorsOfValidator(weather.payload, validate.errors ?? []);
}

describe('errorsOfValidator', () => {
  it('puts a missing field, a wrong length and a wrong choice beside their fields', async () => {
    expect(await check({ job_type: 'weather', payload: { country_code: 'USA', units: 'kelvin' } })).toEqual({
      fields: { city: 'Fill this in.', country_code: 'Exactly 2 characters.', units: 'One of metric, imperial.' },
      options: {},
      other: [],
    });
  });

  it('says what a pattern wants', async () => {
    const { fields } = await check({
      job_type: 'weather',
      payload: { city: 'Austin', country_code: '12', units: 'metric' },
    });
    expect(fields['country_code']).toBe(
      'This does not fit. Two letters (ISO 3166-1), where the name alone is not enough.',
    );
  });

  it('keeps what belongs to no field', async () => {
    const { other } = await check({ job_type: 'weather', payload: { city: 'Austin', units: 'metric', color: 'red' } });
    expect(other).toEqual(['/payload must NOT have additional properties']);
  });
});

describe('errorsOfViolations', () => {
  it('puts the API words beside the field, the first one where there are many', () => {
    const violations = [
      { pointer: '/payload/units', message: 'must be one of "metric", "imperial", not "kelvin"' },
      { pointer: '/payload/units', message: 'is too short' },
      { pointer: '/payload/colour', message: 'is not allowed' },
      { pointer: '', message: 'must be an object' },
    ];
    expect(errorsOfViolations(weather.payload, violations)).toEqual({
      fields: { units: 'must be one of "metric", "imperial", not "kelvin"' },
      options: {},
      other: ['/payload/colour is not allowed', 'the body must be an object'],
    });
  });
});

describe('withoutField', () => {
  it('forgets the error of the field that is being mended', () => {
    const errors = { fields: { city: 'Fill this in.', units: 'One of a.' }, options: {}, other: ['x'] };
    expect(withoutField(errors, 'city')).toEqual({ fields: { units: 'One of a.' }, options: {}, other: ['x'] });
  });
});

describe('errors of options', () => {
  it('stand beside their option, in words', async () => {
    const payload = { city: 'Austin', units: 'metric' };
    const validate = await loadRequestValidator('weather');
    expect(validate({ job_type: 'weather', payload, delay: 'xm', expires_at: 'soon' })).toBe(false);
    expect(errorsOfValidator(weather.payload, validate.errors ?? []).options).toEqual({
      delay: 'A whole number, at least 1.',
      expires_at: 'Choose a day and a time.',
    });
    const violations = [{ pointer: '/run_at', message: 'must be at most 30 days ahead' }];
    expect(errorsOfViolations(weather.payload, violations).options).toEqual({
      run_at: '/run_at must be at most 30 days ahead',
    });
  });
});

describe('errorLines', () => {
  it('names each field', () => {
    expect(errorLines(weather.payload, { fields: { city: 'Fill this in.' }, options: {}, other: ['x'] })).toEqual([
      'City: Fill this in.',
      'x',
    ]);
  });
});
