import type { JobPriority } from '@dtq/generated/schemas/types.ts';
import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

/** Draws one turn after the other. */
function draw(turns: Turns, count: number, waits: (priority: JobPriority) => boolean): string {
  return Array.from({ length: count }, () => [...turns.draw(1, waits).keys()][0]?.[0] ?? '-').join('');
}

it('of ten turns while all wait six are high, three normal and one low, evenly spread', () => {
  const turns = new Turns();
  const ten = draw(turns, 10, () => true);
  expect(ten.replaceAll(/[^h]/g, '')).toHaveLength(6);
  expect(ten.replaceAll(/[^n]/g, '')).toHaveLength(3);
  expect(ten.replaceAll(/[^l]/g, '')).toHaveLength(1);
  expect(ten).not.toContain('hhh');
  expect(draw(turns, 10, () => true)).toBe(ten);
});

it('one that does not wait has no turns, and saves none up', () => {
  const turns = new Turns();
  expect(draw(turns, 1000, (priority) => priority !== 'low')).toMatch(/^(?:hhn|hnh|nhh)+h?$/);
  expect(draw(turns, 12, () => true)).toMatch(/^[^l]+l[^l]*$/);
  expect(draw(turns, 3, (priority) => priority === 'low')).toBe('lll');
  expect(draw(turns, 2, () => false)).toBe('--');
});

it('many turns at once are as many as one by one', () => {
  expect([...new Turns().draw(20, () => true)].sort()).toEqual([
    ['high', 12],
    ['low', 2],
    ['normal', 6],
  ]);
});
