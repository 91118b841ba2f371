import { ANY, complement, contains, escapeRanges, type Ranges, tidy } from './characters.ts';

/** A regular expression as a tree, without anchors: they have become what may stand before and after. */
export type Regex =
  | { readonly kind: 'class'; readonly ranges: Ranges }
  | { readonly kind: 'sequence'; readonly parts: readonly Regex[] }
  | { readonly kind: 'choice'; readonly parts: readonly Regex[] }
  | { readonly kind: 'repeat'; readonly part: Regex; readonly min: number; readonly max: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' };

const ANYTHING: Regex = { kind: 'repeat', part: { kind: 'class', ranges: ANY }, min: 0, max: Number.POSITIVE_INFINITY };

class Unsupported extends Error {}

const parsed = new Map<string, Regex | undefined>();

/**
 * What a pattern matches of a whole string, for JSON Schema looks for it anywhere in one; undefined for what it uses of
 * look-around, back references or anchors in the midst.
 */
export function parsePattern(pattern: string): Regex | undefined {
  if (!parsed.has(pattern)) parsed.set(pattern, wholeString(pattern));
  return parsed.get(pattern);
}

function wholeString(pattern: string): Regex | undefined {
  try {
    const parser = new Parser([...pattern]);
    const tree = parser.choice();
    if (!parser.atEnd()) return undefined;
    const branches = tree.kind === 'choice' ? tree.parts : [tree];
    return { kind: 'choice', parts: branches.map(anchored) };
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

function anchored(branch: Regex): Regex {
  const parts = branch.kind === 'sequence' ? [...branch.parts] : [branch];
  const before: Regex[] = parts[0]?.kind === 'start' ? [] : [ANYTHING];
  if (before.length === 0) parts.shift();
  const after: Regex[] = parts.at(-1)?.kind === 'end' ? [] : [ANYTHING];
  if (after.length === 0) parts.pop();
  const whole: Regex = { kind: 'sequence', parts: [...before, ...parts, ...after] };
  if (parts.some(hasAnchor)) throw new Unsupported();
  return whole;
}

function hasAnchor(tree: Regex): boolean {
  if (tree.kind === 'start' || tree.kind === 'end') return true;
  if (tree.kind === 'repeat') return hasAnchor(tree.part);
  return tree.kind !== 'class' && tree.parts.some(hasAnchor);
}

class Parser {
  readonly #text: readonly string[];
  #at = 0;

  constructor(text: readonly string[]) {
    this.#text = text;
  }

  atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  choice(): Regex {
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    return parts.length === 1 ? (parts[0] as Regex) : { kind: 'choice', parts };
  }

  #sequence(): Regex {
    const parts: Regex[] = [];
    while (!this.atEnd() && this.#peek() !== '|' && this.#peek() !== ')') parts.push(this.#quantified());
    return { kind: 'sequence', parts };
  }

  #quantified(): Regex {
    const part = this.#atom();
    const [min, max] = this.#quantifier();
    // A lazy one matches the same strings.
    if (min !== undefined) this.#take('?');
    return min === undefined ? part : { kind: 'repeat', part, min, max: max ?? min };
  }

  #quantifier(): [min?: number, max?: number] {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#take('?')) return [0, 1];
    const match = /^\{(\d+)(,(\d*))?\}/.exec(this.#text.slice(this.#at, this.#at + 24).join(''));
    if (match === null) return [];
    this.#at += match[0].length;
    const min = Number(match[1]);
    if (match[2] === undefined) return [min, min];
    return [min, match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3])];
  }

  #atom(): Regex {
    const letter = this.#next();
    if (letter === '^') return { kind: 'start' };
    if (letter === '$') return { kind: 'end' };
    if (letter === '.') return { kind: 'class', ranges: escapeRanges('.') };
    if (letter === '[') return { kind: 'class', ranges: this.#set() };
    if (letter === '\\') return { kind: 'class', ranges: this.#escape() };
    if (letter !== '(') return { kind: 'class', ranges: single(letter) };
    if (this.#take('?') && !this.#take(':')) throw new Unsupported();
    const inner = this.choice();
    if (!this.#take(')')) throw new Unsupported();
    return inner;
  }

  #set(): Ranges {
    const negated = this.#take('^');
    const ranges: [number, number][] = [];
    while (!this.#take(']')) {
      const first = this.#member();
      if (this.#peek() === '-' && this.#text[this.#at + 1] !== ']') {
        this.#next();
        const last = this.#member();
        ranges.push([first[0]?.[0] ?? 0, last[0]?.[1] ?? 0]);
      } else ranges.push(...first.map(([from, to]) => [from, to] as [number, number]));
    }
    return negated ? complement(ranges) : tidy(ranges);
  }

  #member(): Ranges {
    const letter = this.#next();
    return letter === '\\' ? this.#escape() : single(letter);
  }

  #escape(): Ranges {
    const letter = this.#next();
    if (/[1-9kbB]/.test(letter)) throw new Unsupported();
    if (!/[a-zA-Z]/.test(letter)) return single(letter);
    const more = {
      p: /^\{[^}]*\}/,
      P: /^\{[^}]*\}/,
      u: /^(?:\{[0-9a-fA-F]+\}|[0-9a-fA-F]{4})/,
      x: /^[0-9a-fA-F]{2}/,
      c: /^./,
    };
    const rest = more[letter as keyof typeof more]?.exec(this.#text.slice(this.#at).join(''))?.[0] ?? '';
    this.#at += [...rest].length;
    return escapeRanges(`\\${letter}${rest}`);
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #next(): string {
    const letter = this.#text[this.#at];
    if (letter === undefined) throw new Unsupported();
    this.#at += 1;
    return letter;
  }

  #take(letter: string): boolean {
    if (this.#peek() !== letter) return false;
    this.#at += 1;
    return true;
  }
}

function single(letter: string): Ranges {
  const point = letter.codePointAt(0) ?? 0;
  return [[point, point]];
}

interface State {
  /** Where one code point of a class leads. */
  readonly steps: { readonly ranges: Ranges; readonly to: number }[];
  /** Where nothing leads. */
  readonly free: number[];
}

const LARGEST = 4000;

/** An automaton that reads a string by code points; its states are found as they are needed. */
export class Automaton {
  readonly classes: Ranges[] = [];
  readonly #states: State[] = [];
  readonly #end: number;
  readonly #sets: (readonly number[])[] = [];
  readonly #byKey = new Map<string, number>();
  readonly #moves = new Map<number, Map<number, number>>();
  readonly start: number;

  /** undefined for a tree that would make too large a one. */
  static of(tree: Regex): Automaton | undefined {
    return sizeOf(tree) > LARGEST ? undefined : new Automaton(tree);
  }

  private constructor(tree: Regex) {
    const first = this.#state();
    this.#end = this.#build(tree, first);
    this.start = this.#set(this.#closure([first]));
  }

  accepts(set: number): boolean {
    return (this.#sets[set] ?? []).includes(this.#end);
  }

  /** Whether nothing that follows can be accepted any more. */
  isDead(set: number): boolean {
    return (this.#sets[set] ?? []).length === 0;
  }

  step(set: number, point: number): number {
    const moves = this.#moves.get(set) ?? new Map<number, number>();
    this.#moves.set(set, moves);
    let to = moves.get(point);
    if (to === undefined) {
      const next = (this.#sets[set] ?? []).flatMap((state) =>
        (this.#states[state]?.steps ?? []).filter(({ ranges }) => contains(ranges, point)).map((step) => step.to),
      );
      to = this.#set(this.#closure(next));
      moves.set(point, to);
    }
    return to;
  }

  #state(): number {
    return this.#states.push({ steps: [], free: [] }) - 1;
  }

  #set(states: readonly number[]): number {
    const key = states.join(',');
    let index = this.#byKey.get(key);
    if (index === undefined) {
      index = this.#sets.push(states) - 1;
      this.#byKey.set(key, index);
    }
    return index;
  }

  #closure(states: readonly number[]): number[] {
    const found = new Set(states);
    for (const state of found) for (const to of this.#states[state]?.free ?? []) found.add(to);
    return [...found].sort((a, b) => a - b);
  }

  #build(tree: Regex, from: number): number {
    if (tree.kind === 'class') {
      const to = this.#state();
      this.#states[from]?.steps.push({ ranges: tree.ranges, to });
      this.classes.push(tree.ranges);
      return to;
    }
    if (tree.kind === 'sequence') return tree.parts.reduce((at, part) => this.#build(part, at), from);
    if (tree.kind === 'choice') {
      const to = this.#state();
      for (const part of tree.parts) {
        const begin = this.#state();
        this.#states[from]?.free.push(begin);
        this.#states[this.#build(part, begin)]?.free.push(to);
      }
      return to;
    }
    if (tree.kind === 'repeat') return this.#repeat(tree, from);
    throw new Error(`an anchor in the midst of a pattern`);
  }

  #repeat({ part, min, max }: Extract<Regex, { kind: 'repeat' }>, from: number): number {
    let at = from;
    for (let count = 0; count < min; count += 1) at = this.#build(part, at);
    const to = this.#state();
    if (max === Number.POSITIVE_INFINITY) {
      const loop = this.#state();
      this.#states[at]?.free.push(loop);
      this.#states[this.#build(part, loop)]?.free.push(loop);
      this.#states[loop]?.free.push(to);
      return to;
    }
    this.#states[at]?.free.push(to);
    for (let count = min; count < max; count += 1) {
      at = this.#build(part, at);
      this.#states[at]?.free.push(to);
    }
    return to;
  }
}

function sizeOf(tree: Regex): number {
  if (tree.kind === 'repeat')
    return sizeOf(tree.part) * (tree.max === Number.POSITIVE_INFINITY ? tree.min + 1 : tree.max);
  if (tree.kind === 'sequence' || tree.kind === 'choice')
    return tree.parts.reduce((sum, part) => sum + sizeOf(part), 1);
  return 1;
}
