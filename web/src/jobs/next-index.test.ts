import { describe, expect, it } from 'vitest';
import { nextIndex } from './next-index.ts';

describe('nextIndex', () => {
  it.each([
    ['j', -1, 3, 0],
    ['k', -1, 3, 2],
    ['j', 0, 3, 1],
    ['ArrowDown', 1, 3, 2],
    ['j', 2, 3, 2],
    ['ArrowUp', 0, 3, 0],
    ['ArrowDown', -1, 3, null],
    ['j', -1, 0, null],
    ['x', 0, 3, null],
  ])('%s from row %i of %i leads to %s', (key, at, count, to) => {
    expect(nextIndex(key, at, count)).toBe(to);
  });
});
