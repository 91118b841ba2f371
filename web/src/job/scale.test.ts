import { describe, expect, it } from 'vitest';
import { scaleOf } from './scale.ts';

describe('scaleOf', () => {
  it('is true to scale and stays within the width', () => {
    const { x } = scaleOf(1000, 2000, 500);
    expect([x(1000), x(1250), x(2000), x(0), x(9999)]).toEqual([0, 125, 500, 0, 500]);
  });

  it('has lines at steps that people count in, with room between them', () => {
    expect(scaleOf(0, 4300, 500).ticks.map(({ ms }) => ms)).toEqual([0, 1000, 2000, 3000, 4000]);
    for (const span of [3, 70, 999, 61_000, 7_000_000, 2_592_000_000]) {
      const { ticks } = scaleOf(0, span, 320);
      expect(ticks.length).toBeLessThanOrEqual(6);
      expect(ticks.length).toBeGreaterThanOrEqual(1);
    }
  });

  it('has no width to divide where nothing has passed yet', () => {
    expect(scaleOf(5, 5, 300).x(5)).toBe(0);
  });
});
