/** Sets of code points, as sorted ranges that do not touch: [first, last] each. */
export type Ranges = readonly (readonly [first: number, last: number])[];

const LAST = 0x10ffff;

/** Sorted, and with what overlaps or touches joined. */
export function tidy(ranges: Ranges): Ranges {
  const result: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = result.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else result.push([first, last]);
  }
  return result;
}

export function complement(ranges: Ranges): Ranges {
  const result: [number, number][] = [];
  let next = 0;
  for (const [first, last] of tidy(ranges)) {
    if (first > next) result.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= LAST) result.push([next, LAST]);
  return result;
}

export function contains(ranges: Ranges, point: number): boolean {
  return ranges.some(([first, last]) => first <= point && point <= last);
}

export const ANY: Ranges = [[0, LAST]];

const known = new Map<string, Ranges>();

/** The code points that an escape such as \d or \p{C} stands for, asked of the engine itself. */
export function escapeRanges(letters: string): Ranges {
  let found = known.get(letters);
  if (found === undefined) {
    const expression = new RegExp(`^${letters}$`, 'u');
    const ranges: [number, number][] = [];
    for (let point = 0; point <= LAST; point += 1) {
      if (!expression.test(String.fromCodePoint(point))) continue;
      const before = ranges.at(-1);
      if (before !== undefined && before[1] === point - 1) before[1] = point;
      else ranges.push([point, point]);
    }
    found = ranges;
    known.set(letters, found);
  }
  return found;
}

/**
 * Cuts all code points into groups that no class of some patterns tells apart. Gives one code point to stand for each group:
 * a plain letter or digit where the group has one, never half of a surrogate pair.
 */
export function representatives(classes: readonly Ranges[]): number[] {
  const cuts = new Set<number>([0, 0xd800, 0xe000]);
  for (const [first, last] of classes.flat()) {
    cuts.add(first);
    if (last < LAST) cuts.add(last + 1);
  }
  for (const first of [0x30, 0x41, 0x61]) cuts.add(first);
  const bySignature = new Map<string, number>();
  for (const point of [...cuts].sort((a, b) => rank(a) - rank(b))) {
    if (point >= 0xd800 && point < 0xe000) continue;
    const signature = classes.map((ranges) => (contains(ranges, point) ? '1' : '0')).join('');
    if (!bySignature.has(signature)) bySignature.set(signature, point);
  }
  return [...bySignature.values()];
}

function rank(point: number): number {
  if (point >= 0x61 && point <= 0x7a) return point - 0x61;
  if (point >= 0x30 && point <= 0x39) return point;
  if (point >= 0x20 && point <= 0x7e) return 200 + point;
  return 1000 + point;
}
