import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

function make(counts: { readonly high: number; readonly normal: number; readonly low: number }): Turns<string> {
  const turns = new Turns<string>();
  for (const priority of ['low', 'normal', 'high'] as const)
    for (let index = 0; index < counts[priority]; index += 1) turns.push(priority, `${priority} ${index}`);
  return turns;
}

const take = (turns: Turns<string>, count: number): string[] =>
  Array.from({ length: count }, () => turns.next()).filter((item) => item !== undefined);

const countOf = (items: readonly string[], priority: string): number =>
  items.filter((item) => item.startsWith(priority)).length;

it('of any ten in a row six are high, three normal and one low, each in order', () => {
  const items = take(make({ high: 120, normal: 60, low: 20 }), 200);
  for (let start = 0; start + 10 <= items.length; start += 1) {
    const ten = items.slice(start, start + 10);
    expect([countOf(ten, 'high'), countOf(ten, 'normal'), countOf(ten, 'low')]).toEqual([6, 3, 1]);
  }
  for (const priority of ['high', 'normal', 'low']) {
    const own = items.filter((item) => item.startsWith(priority));
    expect(own).toEqual(own.map((_, index) => `${priority} ${index}`));
  }
});

it('those that wait share the turns of those that do not', () => {
  const items = take(make({ high: 0, normal: 75, low: 25 }), 100);
  expect([countOf(items.slice(0, 40), 'normal'), countOf(items.slice(0, 40), 'low')]).toEqual([30, 10]);
  expect(take(make({ high: 0, normal: 0, low: 5 }), 9)).toHaveLength(5);
});

it('one that comes back has no claims from before', () => {
  const turns = make({ high: 30, normal: 1, low: 0 });
  take(turns, 20);
  for (let index = 1; index < 20; index += 1) turns.push('normal', `normal ${index}`);
  expect(countOf(take(turns, 9), 'normal')).toBe(3);
});

it('what is taken out does not come', () => {
  const turns = make({ high: 2, normal: 2, low: 2 });
  expect(turns.remove((item) => item.endsWith('0')).toSorted()).toEqual(['high 0', 'low 0', 'normal 0']);
  expect(take(turns, 9)).toEqual(['high 1', 'normal 1', 'low 1']);
});
