import { describe, expect, it } from 'vitest';
import { agoText, dayAndTime, durationText, localOf, spanText, timeOfDay, utcOf, utcText } from './time-text.ts';

const AT = '2026-02-14T15:12:03.680Z';

describe('durationText', () => {
  it.each([
    ['2026-02-14T15:12:04.100Z', '420 ms'],
    ['2026-02-14T15:12:05.000Z', '1.3 s'],
    ['2026-02-14T15:14:08.680Z', '2 min 5 s'],
    ['2026-02-14T15:00:00.000Z', null],
    ['soon', null],
  ])('up to %s is %s', (to, text) => {
    expect(durationText(AT, to)).toBe(text);
  });
});

describe('spanText', () => {
  it.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [9_990, '9.9 s'],
    [12_400, '12 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [11_040_000, '3 h 4 min'],
    [176_400_000, '2 d 1 h'],
  ])('%d ms is %s', (ms, text) => {
    expect(spanText(ms)).toBe(text);
  });
});

describe('agoText', () => {
  it.each([
    [AT, 'now'],
    ['2026-02-14T15:11:58.000Z', '5 s ago'],
    ['2026-02-14T15:09:00.000Z', '3 min ago'],
    ['2026-02-14T12:12:00.000Z', '3 h ago'],
    ['2026-02-10T15:12:00.000Z', '4 d ago'],
    ['2026-02-14T15:12:33.680Z', 'in 30 s'],
    ['soon', 'soon'],
  ])('%s is %s', (timestamp, text) => {
    expect(agoText(timestamp, Date.parse(AT))).toBe(text);
  });
});

describe('the clock', () => {
  it('is to the second, and leaves what is no timestamp alone', () => {
    expect(timeOfDay('2026-02-14T15:12:04Z')).toMatch(/^\d\d:\d\d:04$/);
    expect(dayAndTime('2026-02-14T15:12:04Z')).toMatch(/^1[45] Feb, \d\d:\d\d:04$/);
    expect(timeOfDay('soon')).toBe('soon');
  });

  it('tells UTC for whoever compares with a log', () => {
    expect(utcText(AT)).toBe('2026-02-14 15:12:03.680 UTC');
    expect(utcText('soon')).toBe('soon');
  });
});

describe('an input field for a local time', () => {
  it('is read and written to the minute', () => {
    expect(utcOf(localOf(AT))).toBe('2026-02-14T15:12:00.000Z');
    expect([utcOf(''), utcOf('x'), localOf('x')]).toEqual([null, null, '']);
  });
});
