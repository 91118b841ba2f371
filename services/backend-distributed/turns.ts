import type { JobPriority } from '@dtq/generated/schemas/types.ts';

/** Of ten that are taken while all priorities wait: the port's promise (core/ports.ts, JobQueue.consume). */
const WEIGHT: { readonly [P in JobPriority]: number } = { high: 6, normal: 3, low: 1 };

interface Line<Item> {
  readonly weight: number;
  items: Item[];
  /** What it is ahead of its share of the turns; the one that is furthest ahead is next. */
  credit: number;
}

/**
 * Items of three priorities in turn: first come first served within each, and by weight between those that wait, spread
 * evenly (of any ten in a row, not six of one and then three of another). One that waits alone gets every turn.
 */
export class Turns<Item> {
  readonly #lines: { readonly [P in JobPriority]: Line<Item> } = {
    high: { weight: WEIGHT.high, items: [], credit: 0 },
    normal: { weight: WEIGHT.normal, items: [], credit: 0 },
    low: { weight: WEIGHT.low, items: [], credit: 0 },
  };

  push(priority: JobPriority, item: Item): void {
    this.#lines[priority].items.push(item);
  }

  /** The next one; undefined where none waits. */
  next(): Item | undefined {
    const waiting = Object.values(this.#lines).filter(({ items }) => items.length > 0);
    let chosen: Line<Item> | undefined;
    for (const line of waiting) {
      line.credit += line.weight;
      if (chosen === undefined || line.credit > chosen.credit) chosen = line;
    }
    if (chosen === undefined) return undefined;
    chosen.credit -= waiting.reduce((sum, { weight }) => sum + weight, 0);
    const item = chosen.items.shift();
    // Who comes back later has no claims from before.
    if (chosen.items.length === 0) chosen.credit = 0;
    return item;
  }

  /** Takes out, and gives, those of a kind. */
  remove(isRemoved: (item: Item) => boolean): Item[] {
    return Object.values(this.#lines).flatMap((line) => {
      const removed = line.items.filter(isRemoved);
      if (removed.length > 0) line.items = line.items.filter((item) => !isRemoved(item));
      if (line.items.length === 0) line.credit = 0;
      return removed;
    });
  }
}
