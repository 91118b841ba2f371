const STEPS: ReadonlyMap<string, number> = new Map([
  ['j', 1],
  ['ArrowDown', 1],
  ['k', -1],
  ['ArrowUp', -1],
]);

/**
 * The row that a key leads to from the row at `at` (-1: none), or null where the key means nothing there. An arrow scrolls
 * the page, as everywhere, until somebody is in the list.
 */
export function nextIndex(key: string, at: number, count: number): number | null {
  const step = STEPS.get(key);
  if (step === undefined || count === 0 || (at === -1 && key.startsWith('Arrow'))) return null;
  if (at === -1) return step > 0 ? 0 : count - 1;
  return Math.min(Math.max(at + step, 0), count - 1);
}
