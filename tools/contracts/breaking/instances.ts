import fc, { type Arbitrary } from 'fast-check';
import type { Json, JsonObject } from '../../codegen/specs.ts';
import { contains, type Ranges } from './characters.ts';
import {
  type ArrayClause,
  additionalOf,
  type Clause,
  type NumberClause,
  type ObjectClause,
  type Scope,
  type StringClause,
} from './clauses.ts';
import type { Schema } from './contracts.ts';
import { numberFits, stringFits } from './member.ts';
import { parsePattern, type Regex } from './regex.ts';
import { FORMAT_SAMPLES, numbersOf, sampleOfClause, stringsOf } from './sample.ts';

const DEEPEST = 8;
const MOST_ITEMS = 4;
const LONGEST = 400;

/** Instances of a schema, as a scope reads it; at every limit more often than chance would have it. */
export function instancesOf(schema: Schema, scope: Scope, depth = 0): Arbitrary<Json> {
  const { list } = scope.clausesOf(schema);
  if (list.length === 0) throw new Error(`nothing satisfies ${JSON.stringify(schema)}`);
  return fc.oneof(...list.map((clause) => instancesOfClause(clause, scope, depth)));
}

function instancesOfClause(clause: Clause, scope: Scope, depth: number): Arbitrary<Json> {
  if (clause.type === 'null') return fc.constant(null);
  if (clause.values !== undefined) return fc.constantFrom<Json>(...clause.values);
  switch (clause.type) {
    case 'boolean':
      return fc.boolean();
    case 'number':
      return numbers(clause);
    case 'string':
      return strings(clause);
    case 'array':
      return arrays(clause, scope, depth);
    case 'object':
      return objects(clause, scope, depth);
  }
}

/** What is made, or where that is none of the clause's instances, one that is known: chance alone may not find any. */
function or<T extends Json>(made: Arbitrary<T>, fits: (value: T) => boolean, known: () => T | undefined): Arbitrary<T> {
  let sure: { value: T | undefined } | undefined;
  return made.map((value) => {
    if (fits(value)) return value;
    sure ??= { value: known() };
    if (sure.value === undefined) throw new Error(`no instance is known: ${JSON.stringify(value)} is none`);
    return sure.value;
  });
}

function arrays(clause: ArrayClause, scope: Scope, depth: number): Arbitrary<Json> {
  const minLength = clause.min;
  const maxLength = Math.min(clause.max, Math.max(minLength, depth > DEEPEST ? 0 : MOST_ITEMS));
  if (maxLength === 0) return fc.constant([]);
  const made = fc.array(instancesOf(clause.items, scope, depth + 1), { minLength, maxLength });
  if (!clause.unique) return made;
  const distinct = made.map((items) => [...new Map(items.map((item) => [JSON.stringify(item), item])).values()]);
  return or<Json[]>(
    distinct,
    (items) => items.length >= minLength,
    () => sampleOfClause(clause, scope) as Json[] | undefined,
  );
}

function objects(clause: ObjectClause, scope: Scope, depth: number): Arbitrary<Json> {
  const { properties, required, min, max } = clause;
  const names = Object.keys(properties).filter(
    (name) => scope.clausesOf(properties[name] ?? {}).list.length > 0 && (depth <= DEEPEST || required.includes(name)),
  );
  const named = fc.record(
    Object.fromEntries(names.map((name) => [name, instancesOf(properties[name] ?? {}, scope, depth + 1)])),
    { requiredKeys: names.filter((name) => required.includes(name)) },
  );
  const additional = additionalOf(clause, scope);
  const others =
    additional === undefined || depth > DEEPEST
      ? fc.constant({})
      : fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,11}$/), anything(additional, scope, depth), {
          maxKeys: 3,
          minKeys: Math.min(3, min),
        });
  return or<JsonObject>(
    fc.tuple(named, others).map(([some, more]) => ({ ...more, ...some }) as JsonObject),
    (value) => Object.keys(value).length >= min && Object.keys(value).length <= max,
    () => sampleOfClause(clause, scope) as JsonObject | undefined,
  );
}

function anything(schema: Schema, scope: Scope, depth: number): Arbitrary<Json> {
  if (Object.keys(schema).length > 0) return instancesOf(schema, scope, depth + 1);
  return fc.oneof<Arbitrary<Json>[]>(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string({ maxLength: 8 }),
    fc.constant([]),
    fc.constant({}),
  );
}

function numbers(clause: NumberClause): Arbitrary<number> {
  const edges = numbersOf(clause);
  const min = Math.max(clause.min, Number.MIN_SAFE_INTEGER);
  const max = Math.min(clause.max, Number.MAX_SAFE_INTEGER);
  const [multiple] = clause.multiples;
  const inner = clause.integer
    ? fc.integer({ min: Math.ceil(min), max: Math.floor(max) })
    : // JSON has no -0, and gives 0 for it.
      fc.double({ min, max, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
  const fitting = or(
    inner.map((value) => (multiple === undefined ? value : Math.round(value / multiple) * multiple)),
    (value) => numberFits(value, clause),
    () => edges[0],
  );
  return edges.length > 0 ? fc.oneof(fitting, fc.constantFrom(...edges)) : fitting;
}

function strings(clause: StringClause): Arbitrary<string> {
  const edges = stringsOf(clause).filter((text) => text.length <= 20_000);
  const inner = [...(edges.length > 0 ? [fc.constantFrom(...edges)] : [])];
  const random = randomStrings(clause);
  if (random !== undefined)
    inner.push(
      or(
        random,
        (text) => stringFits(text, clause),
        () => edges[0],
      ),
    );
  if (inner.length === 0) throw new Error(`no string of ${JSON.stringify(clause)} is known`);
  return fc.oneof(...inner);
}

function randomStrings({ min, max, patterns, formats }: StringClause): Arbitrary<string> | undefined {
  if (formats.length > 0) return FORMATS[formats[0] ?? ''];
  const [pattern] = patterns;
  if (pattern !== undefined) {
    const tree = parsePattern(pattern);
    return tree === undefined ? undefined : matching(tree, Math.min(max, LONGEST));
  }
  const sizes = { minLength: min, maxLength: Math.min(max, Math.max(min, LONGEST)) };
  return fc.oneof(fc.string({ ...sizes, unit: 'grapheme-ascii' }), fc.string({ ...sizes, unit: 'binary' }));
}

const dates = fc.date({
  min: new Date('1970-01-01T00:00:00Z'),
  max: new Date('2999-12-31T23:59:59Z'),
  noInvalidDate: true,
});

const FORMATS: Readonly<Record<string, Arbitrary<string>>> = {
  'date-time': fc.oneof(
    dates.map((date) => date.toISOString()),
    dates.map((date) => `${date.toISOString().slice(0, 19)}+00:00`),
    dates.map((date) => `${date.toISOString().slice(0, 19)}-05:30`),
  ),
  uuid: fc.uuid(),
  uri: fc.webUrl(),
  'uri-reference': fc.oneof(fc.webUrl(), fc.webPath()),
  email: fc.emailAddress().filter((address) => /^[a-z0-9.]+@[a-z0-9.-]+$/i.test(address)),
  duration: fc.constantFrom(...(FORMAT_SAMPLES['duration'] ?? [])),
};

/** Strings that a pattern matches. */
function matching(tree: Regex, longest: number): Arbitrary<string> {
  switch (tree.kind) {
    case 'class':
      return points(tree.ranges);
    case 'sequence':
      return fc.tuple(...tree.parts.map((part) => matching(part, longest))).map((parts) => parts.join(''));
    case 'choice':
      return fc.oneof(...tree.parts.map((part) => matching(part, longest)));
    case 'repeat': {
      const few = Math.min(tree.max, Math.max(tree.min, 8));
      const many = Math.min(tree.max, Math.max(tree.min, longest));
      const inner = matching(tree.part, longest);
      const array = (maxLength: number, minLength = tree.min): Arbitrary<string> =>
        fc.array(inner, { minLength, maxLength, size: 'max' }).map((parts) => parts.join(''));
      return fc.oneof({ weight: 4, arbitrary: array(few) }, { weight: 1, arbitrary: array(many) });
    }
    default:
      throw new Error('an anchor in the midst of a pattern');
  }
}

const ASCII: Ranges = [[0x20, 0x7e]];

function points(ranges: Ranges): Arbitrary<string> {
  const usable = ranges.flatMap(([first, last]) => withoutSurrogates(first, last));
  const any = fc
    .oneof(...usable.slice(0, 40).map(([min, max]) => fc.integer({ min, max })))
    .map((point) => String.fromCodePoint(point));
  const plain = Array.from({ length: 95 }, (_, index) => index + 0x20).filter(
    (point) => contains(ranges, point) && contains(ASCII, point),
  );
  if (plain.length === 0) return any;
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...plain).map((point) => String.fromCodePoint(point)) },
    { weight: 1, arbitrary: any },
  );
}

function withoutSurrogates(first: number, last: number): [number, number][] {
  const parts: [number, number][] = [
    [first, Math.min(last, 0xd7ff)],
    [Math.max(first, 0xe000), last],
  ];
  return parts.filter(([from, to]) => from <= to);
}
