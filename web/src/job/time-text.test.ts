import { describe, expect, it } from 'vitest';
import { jobSummary } from './job-summary.ts';
import { durationText, timeOfDay } from './time-text.ts';

describe('durationText', () => {
  it.each([
    ['2026-02-14T15:12:04.100Z', '420 ms'],
    ['2026-02-14T15:12:05.000Z', '1.3 s'],
    ['2026-02-14T15:14:08.680Z', '2 min 5 s'],
    ['2026-02-14T15:00:00.000Z', null],
    ['soon', null],
  ])('up to %s is %s', (to, text) => {
    expect(durationText('2026-02-14T15:12:03.680Z', to)).toBe(text);
  });
});

describe('timeOfDay', () => {
  it('is to the second, and leaves what is no timestamp alone', () => {
    expect(timeOfDay('2026-02-14T15:12:04Z')).toMatch(/^\d\d:\d\d:04$/);
    expect(timeOfDay('soon')).toBe('soon');
  });
});

describe('jobSummary', () => {
  it('fills in the payload, and nothing where it has no such field', () => {
    expect(jobSummary('{city} {country_code}', { city: 'Austin' })).toBe('Austin');
  });
});
