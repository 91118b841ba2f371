import { representatives } from './characters.ts';
import { Automaton, parsePattern } from './regex.ts';

/** Strings that match every pattern and have from min to max code points. */
export interface Language {
  readonly patterns: readonly string[];
  readonly min: number;
  readonly max: number;
}

export type Inclusion =
  | { readonly within: true }
  /** Strings of the one that are not of the other, the shortest first. */
  | { readonly within: false; readonly witnesses: readonly string[] }
  /** Not decided: an automaton would be too large, or a pattern uses what it cannot do. */
  | undefined;

const LONGEST_COUNTED = 1100;
const MOST_STATES = 60_000;
const MOST_WITNESSES = 8;

const known = new Map<string, Inclusion>();

/** Whether every string of one language is one of another, decided by walking the automata of all patterns together. */
export function languageWithin(one: Language, other: Language): Inclusion {
  const key = JSON.stringify([one, other].map(({ patterns, min, max }) => [patterns, min, String(max)]));
  if (!known.has(key)) known.set(key, decide(one, other));
  return known.get(key);
}

function decide(one: Language, other: Language): Inclusion {
  const patterns = [...one.patterns, ...other.patterns];
  const automata = patterns.map((pattern) => {
    const tree = parsePattern(pattern);
    return tree === undefined ? undefined : Automaton.of(tree);
  });
  if (automata.some((automaton) => automaton === undefined)) return undefined;
  const finite = [one.min, one.max, other.min, other.max].filter((bound) => Number.isFinite(bound));
  // Every length above all bounds is as good as any other.
  const longest = Math.max(0, ...finite) + 1;
  if (longest > LONGEST_COUNTED) return withoutLengths(one, other);
  return walk(automata as Automaton[], one.patterns.length, one, other, longest);
}

/** Lengths that are too long to count along: what each side demands of them is compared apart from the patterns. */
function withoutLengths(one: Language, other: Language): Inclusion {
  if (one.min < other.min || one.max > other.max) return undefined;
  const free = { min: 0, max: Number.POSITIVE_INFINITY };
  const found = languageWithin({ ...one, ...free }, { ...other, ...free });
  if (found === undefined || found.within) return found;
  const witnesses = found.witnesses.filter((text) => inRange([...text].length, one));
  return witnesses.length > 0 ? { within: false, witnesses } : undefined;
}

function inRange(length: number, { min, max }: Language): boolean {
  return length >= min && length <= max;
}

interface Step {
  readonly sets: readonly number[];
  readonly length: number;
  readonly point: number;
  readonly before: Step | null;
}

function walk(automata: readonly Automaton[], own: number, one: Language, other: Language, longest: number): Inclusion {
  const points = representatives(automata.flatMap(({ classes }) => classes));
  const first: Step = { sets: automata.map(({ start }) => start), length: 0, point: -1, before: null };
  const queue: Step[] = [first];
  const seen = new Set<string>([keyOf(first)]);
  const witnesses: string[] = [];
  for (const step of queue) {
    const accepted = automata.map((automaton, index) => automaton.accepts(step.sets[index] ?? 0));
    const isOfOne = accepted.slice(0, own).every(Boolean) && inRange(step.length, one);
    if (isOfOne && !(accepted.slice(own).every(Boolean) && inRange(step.length, other))) {
      if (witnesses.push(textOf(step)) >= MOST_WITNESSES) break;
    }
    if (step.length >= one.max) continue;
    for (const point of points) {
      const sets = automata.map((automaton, index) => automaton.step(step.sets[index] ?? 0, point));
      if (automata.slice(0, own).some((automaton, index) => automaton.isDead(sets[index] ?? 0))) continue;
      const next: Step = { sets, length: Math.min(step.length + 1, longest), point, before: step };
      const key = keyOf(next);
      if (seen.has(key)) continue;
      seen.add(key);
      queue.push(next);
      if (queue.length > MOST_STATES) return witnesses.length > 0 ? { within: false, witnesses } : undefined;
    }
  }
  return witnesses.length > 0 ? { within: false, witnesses } : { within: true };
}

function keyOf({ sets, length }: Step): string {
  return `${sets.join(',')};${length}`;
}

function textOf(last: Step): string {
  const points: number[] = [];
  for (let step: Step | null = last; step !== null && step.before !== null; step = step.before) points.push(step.point);
  return String.fromCodePoint(...points.reverse());
}
