import type { BooleanClause, NumberClause, StringClause } from './clauses.ts';
import { type Fault, fault, list, shown } from './fault.ts';
import { languageWithin } from './language.ts';
import { formatFits, lengthOf, numberFits, stringFits } from './member.ts';
import { numbersOf, stringsOf } from './sample.ts';

/** What of a boolean is not taken. */
export function booleanFaults(a: BooleanClause, b: BooleanClause): Fault[] {
  return a.values
    .filter((value) => !b.values.includes(value))
    .map((value) => fault('enum', `${value} may come, and only ${list(b.values)} is taken`, value));
}

/** What of a number is not taken. */
export function numberFaults(a: NumberClause, b: NumberClause): Fault[] {
  if (a.values !== undefined) {
    return a.values
      .filter((value) => !numberFits(value, b) || (b.values !== undefined && !b.values.includes(value)))
      .map((value) => fault('enum', `${value} may come, and is not taken`, value));
  }
  const refused = (value: number): boolean => !numberFits(value, b) || b.values?.includes(value) === false;
  const candidates = numbersOf(a, [b.min, b.max, ...(b.values ?? [])]).filter(refused);
  if (b.values !== undefined)
    return [fault('enum', `any of ${range(a)} may come, and only ${list(b.values)} is taken`, candidates[0])];
  const faults: Fault[] = [];
  const [low, high] = [lowOf(a), highOf(a)];
  const below = low.value < b.min || (low.value === b.min && b.openMin && !low.open);
  const above = high.value > b.max || (high.value === b.max && b.openMax && !high.open);
  const witness = (test: (value: number) => boolean): number | undefined => candidates.find(test);
  if (below)
    faults.push(
      fault(
        'minimum',
        `${range(a)} may come, and only ${range(b)} is taken`,
        witness((value) => value <= b.min),
      ),
    );
  if (above)
    faults.push(
      fault(
        'maximum',
        `${range(a)} may come, and only ${range(b)} is taken`,
        witness((value) => value >= b.max),
      ),
    );
  if (b.integer && !a.integer && !a.multiples.some(Number.isInteger))
    faults.push(
      fault(
        'type',
        'a number with a fraction may come, and only integers are taken',
        witness((value) => !Number.isInteger(value)),
      ),
    );
  for (const multiple of b.multiples) {
    const held = [...a.multiples, ...(a.integer ? [1] : [])].some((own) => Number.isInteger(own / multiple));
    if (!held)
      faults.push(
        fault(
          'multipleOf',
          `only multiples of ${multiple} are taken`,
          witness((value) => !Number.isInteger(value / multiple)),
        ),
      );
  }
  return faults;
}

interface Bound {
  readonly value: number;
  readonly open: boolean;
}

function lowOf({ min, openMin, integer }: NumberClause): Bound {
  if (!integer || !Number.isFinite(min)) return { value: min, open: openMin };
  return { value: openMin ? Math.floor(min) + 1 : Math.ceil(min), open: false };
}

function highOf({ max, openMax, integer }: NumberClause): Bound {
  if (!integer || !Number.isFinite(max)) return { value: max, open: openMax };
  return { value: openMax ? Math.ceil(max) - 1 : Math.floor(max), open: false };
}

function range(clause: NumberClause): string {
  const name = clause.integer ? 'integer' : 'number';
  const low = Number.isFinite(clause.min) ? `${clause.openMin ? 'above' : 'from'} ${clause.min}` : '';
  const high = Number.isFinite(clause.max) ? `${clause.openMax ? 'below' : 'up to'} ${clause.max}` : '';
  return ['any', name, low, high].filter((part) => part !== '').join(' ');
}

/**
 * Whether the intervals of several clauses together hold one, none alone does. Integers leave no gap between n and n + 1.
 */
export function covered(a: NumberClause, parts: readonly NumberClause[]): boolean {
  const usable = parts.filter(
    (part) => part.values === undefined && numberFaults({ ...a, ...FREE }, { ...part, ...FREE }).length === 0,
  );
  const bounds = usable.map((part) => ({
    low: a.integer ? lowOf({ ...part, integer: true }) : lowOf(part),
    high: a.integer ? highOf({ ...part, integer: true }) : highOf(part),
  }));
  let reached: Bound = { ...lowOf(a), open: !lowOf(a).open };
  const end = highOf(a);
  for (;;) {
    if (reached.value > end.value || (reached.value === end.value && (!reached.open || end.open))) return true;
    const next = bounds
      .filter(({ low, high }) => {
        const joins =
          low.value < reached.value ||
          (low.value === reached.value && !(low.open && reached.open)) ||
          (a.integer && low.value <= reached.value + (reached.open ? 0 : 1));
        return joins && (high.value > reached.value || (high.value === reached.value && reached.open && !high.open));
      })
      .sort((one, other) => other.high.value - one.high.value || Number(one.high.open) - Number(other.high.open))[0];
    if (next === undefined) return false;
    // `reached.open` says that the point itself is not covered yet.
    reached = { value: next.high.value, open: next.high.open };
  }
}

const FREE = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY, openMin: false, openMax: false };

/** Formats whose strings a pattern can name; the others are known only by asking the validator. */
const AS_PATTERN: Readonly<Record<string, string>> = {
  uuid: '^(?:urn:uuid:)?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$',
};

/** What of a string is not taken. */
export function stringFaults(a: StringClause, b: StringClause): Fault[] {
  const refused = (text: string): boolean => !stringFits(text, b) || b.values?.includes(text) === false;
  if (a.values !== undefined) {
    return a.values
      .filter(refused)
      .map((value) =>
        b.values === undefined
          ? fault(keywordOf(value, b), `${shown(value)} may come, which ${demand(b)}`, value)
          : fault('enum', `${shown(value)} may come, and only ${list(b.values)} is taken`, value),
      );
  }
  const missing = b.formats.filter((format) => !a.formats.includes(format));
  const asPattern = missing.flatMap((format) => AS_PATTERN[format] ?? []);
  const unknown = missing.filter((format) => AS_PATTERN[format] === undefined);
  const known = a.formats.flatMap((format) => AS_PATTERN[format] ?? []);
  const values = b.values === undefined ? [] : [`^(?:${b.values.map(quoted).join('|')})$`];
  const inclusion = languageWithin(
    { patterns: [...a.patterns, ...known], min: a.min, max: a.max },
    { patterns: [...b.patterns, ...asPattern, ...values], min: b.min, max: b.max },
  );
  if (inclusion?.within === true && unknown.length === 0) return [];
  const longer = b.max < a.max && b.max < 2 ** 25 ? ['a'.repeat(b.max + 1)] : [];
  const tried = [...(inclusion?.within === false ? inclusion.witnesses : []), ...stringsOf(a), ...longer];
  const witness = tried.find((text) => stringFits(text, a) && refused(text));
  if (b.values !== undefined)
    return [fault('enum', `other text than ${list(b.values)} may come, and is not taken`, witness)];
  if (witness !== undefined) {
    // Each rule that something of `a` breaks is a fault of its own.
    const byKeyword = new Map<string, string>();
    for (const text of tried.filter((each) => stringFits(each, a) && refused(each)))
      for (const keyword of keywordsOf(text, b)) if (!byKeyword.has(keyword)) byKeyword.set(keyword, text);
    return [...byKeyword].map(([keyword, text]) => fault(keyword, `${shown(text)} may come, which ${demand(b)}`, text));
  }
  const what = unknown.length > 0 ? `format ${unknown.join(', ')}` : `pattern ${list(b.patterns)}`;
  return [
    fault(
      unknown.length > 0 ? 'format' : 'pattern',
      `whether all that may come has the ${what} cannot be told`,
      undefined,
    ),
  ];
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

function keywordOf(text: string, b: StringClause): string {
  return keywordsOf(text, b)[0] ?? 'pattern';
}

function keywordsOf(text: string, b: StringClause): string[] {
  const length = lengthOf(text);
  return [
    ...(length < b.min ? ['minLength'] : []),
    ...(length > b.max ? ['maxLength'] : []),
    ...(b.patterns.some((pattern) => !new RegExp(pattern, 'u').test(text)) ? ['pattern'] : []),
    ...(b.formats.some((format) => !formatFits(text, format)) ? ['format'] : []),
  ];
}

function demand({ min, max, patterns, formats }: StringClause): string {
  const rules = [
    ...(min > 0 || Number.isFinite(max)
      ? [`${min}${Number.isFinite(max) ? ` to ${max}` : ' or more'} characters`]
      : []),
    ...patterns.map((pattern) => `the pattern ${pattern}`),
    ...formats.map((format) => `the format ${format}`),
  ];
  return `is refused: it takes ${rules.join(', ')}`;
}
