import { describe, expect, it } from 'vitest';
import { POLL_INTERVAL_MS, pollDelay } from './poll-delay.ts';

describe('pollDelay', () => {
  it('is the interval while all is well', () => {
    expect(pollDelay(0)).toBe(POLL_INTERVAL_MS);
  });

  it('doubles with each failure up to a cap', () => {
    expect([1, 2, 3, 4, 5, 50].map((failures) => pollDelay(failures, 0, 1))).toEqual([
      500, 1000, 2000, 4000, 5000, 5000,
    ]);
  });

  it('is half random', () => {
    expect(pollDelay(2, 0, 0)).toBe(500);
    expect(pollDelay(2, 0, 0.5)).toBe(750);
  });

  it('waits as long as the API asked for', () => {
    expect(pollDelay(1, 30_000)).toBe(30_000);
  });
});
