import type { Json, JsonObject } from '../../codegen/specs.ts';
import type { Clause, NumberClause, ObjectClause, Scope, StringClause } from './clauses.ts';
import type { Schema } from './contracts.ts';
import { languageWithin } from './language.ts';
import { numberFits, stringFits } from './member.ts';

/** Strings of each format, some of them with what a narrower rule might not take. */
export const FORMAT_SAMPLES: Readonly<Record<string, readonly string[]>> = {
  'date-time': [
    '2026-02-14T15:12:04Z',
    '2026-02-14T15:12:04.000Z',
    '2026-02-14T15:12:04.123456789+00:00',
    '2026-02-14T15:12:04+02:00',
    '2026-02-14t15:12:04z',
  ],
  uuid: [
    '6aab8fca-7059-40c4-97d4-53f55fd5bf67',
    '6AAB8FCA-7059-40C4-97D4-53F55FD5BF67',
    'urn:uuid:6aab8fca-7059-40c4-97d4-53f55fd5bf67',
  ],
  uri: ['https://example.org/a?b=c#d', 'urn:x:y'],
  'uri-reference': ['/a/b?c=d', 'https://example.org/', ''],
  duration: ['PT5S', 'P1D', 'P1Y2M3DT4H5M6S'],
  email: ['a@example.org'],
};

const NOTHING = { patterns: [], min: 1, max: 0 };
const LONGEST = 2 ** 25;
const LONGEST_EDGE = 20_000;

/** A few strings of a clause, the shortest first, and one as long as may be; none where none was found. */
export function stringsOf(clause: StringClause): readonly string[] {
  if (clause.values !== undefined) return clause.values;
  const known = strings.get(clause) ?? findStrings(clause);
  strings.set(clause, known);
  return known;
}

const strings = new WeakMap<StringClause, readonly string[]>();

function findStrings(clause: StringClause): string[] {
  const found: string[] = [];
  if (clause.formats.length === 0) {
    if (clause.patterns.length === 0) {
      const length = Math.max(clause.min, Math.min(1, clause.max));
      found.push('a'.repeat(Math.min(length, LONGEST)));
    } else {
      const language = languageWithin(clause, NOTHING);
      if (language?.within === false) found.push(...language.witnesses);
    }
  }
  for (const format of clause.formats) found.push(...(FORMAT_SAMPLES[format] ?? []));
  const others = ['', 'a', 'A', '0', 'ä', ' ', 'aa', '1.0', ...Object.values(FORMAT_SAMPLES).flat()];
  if (clause.max <= LONGEST_EDGE) others.push('a'.repeat(clause.max));
  return [...new Set([...found, ...others])].filter((text) => stringFits(text, clause));
}

/** A few numbers of a clause: its bounds and what is near to them. `near` are further numbers to try. */
export function numbersOf(clause: NumberClause, near: readonly number[] = []): number[] {
  if (clause.values !== undefined) return [...clause.values];
  const [multiple = 1] = clause.multiples;
  const round = (value: number): number[] => [
    Math.floor(value / multiple) * multiple,
    Math.ceil(value / multiple) * multiple,
  ];
  const bounds = [clause.min, clause.max, ...near].filter((bound) => Number.isFinite(bound));
  const tried = [0, 1, ...bounds].flatMap((bound) => [
    bound,
    ...round(bound),
    bound + multiple,
    bound - multiple,
    bound + 0.5,
    bound - 0.5,
  ]);
  if (bounds.length >= 2) tried.push(((bounds[0] ?? 0) + (bounds[1] ?? 0)) / 2);
  return [...new Set(tried)].filter((value) => numberFits(value, clause)).sort((a, b) => Math.abs(a) - Math.abs(b));
}

const DEEPEST = 24;

const samples = new WeakMap<Scope, WeakMap<Schema, Json>>();

/** A small instance of a schema, without what may be left out; undefined where none was found. */
export function sampleOf(schema: Schema, scope: Scope, depth = 0): Json | undefined {
  if (depth > DEEPEST) return undefined;
  const known = samples.get(scope) ?? new WeakMap<Schema, Json>();
  samples.set(scope, known);
  const before = known.get(schema);
  if (before !== undefined) return before;
  for (const clause of scope.clausesOf(schema).list) {
    const found = sampleOfClause(clause, scope, {}, depth);
    if (found === undefined) continue;
    known.set(schema, found);
    return found;
  }
  return undefined;
}

/** A small instance of a clause. `fixed` are fields that are to stand in it as they are, where it is an object. */
export function sampleOfClause(clause: Clause, scope: Scope, fixed: JsonObject = {}, depth = 0): Json | undefined {
  switch (clause.type) {
    case 'null':
      return null;
    case 'boolean':
      return clause.values[0];
    case 'number':
      return numbersOf(clause)[0];
    case 'string':
      return stringsOf(clause)[0];
    case 'array':
      return clause.values?.[0] ?? arrayOf(clause, scope, depth);
    case 'object':
      return clause.values?.[0] ?? objectOf(clause, scope, fixed, depth);
  }
}

function arrayOf(clause: Extract<Clause, { type: 'array' }>, scope: Scope, depth: number): Json[] | undefined {
  if (clause.min === 0) return [];
  return distinct(clause.items, scope, clause.min, clause.unique, [], depth);
}

/** `count` instances of a schema beside those given, all different where they must be; undefined where so many were not found. */
export function distinct(
  items: Schema,
  scope: Scope,
  count: number,
  unique: boolean,
  given: readonly Json[] = [],
  depth = 0,
): Json[] | undefined {
  if (count > 100_000) return undefined;
  const result = [...given];
  if (!unique) {
    const item = result.length < count ? sampleOf(items, scope, depth + 1) : null;
    if (item === undefined) return undefined;
    while (result.length < count) result.push(item);
    return result;
  }
  const taken = new Set(result.map((item) => JSON.stringify(item)));
  for (const item of severalOf(items, scope, depth)) {
    if (result.length >= count) break;
    const text = JSON.stringify(item);
    if (taken.has(text)) continue;
    taken.add(text);
    result.push(item);
  }
  return result.length >= count ? result : undefined;
}

function severalOf(schema: Schema, scope: Scope, depth: number): Json[] {
  return scope.clausesOf(schema).list.flatMap((clause): Json[] => {
    if (clause.type === 'string') return [...stringsOf(clause)];
    if (clause.type === 'number') return numbersOf(clause);
    if (clause.type === 'boolean') return [...clause.values];
    const one = sampleOfClause(clause, scope, {}, depth + 1);
    return one === undefined ? [] : [one];
  });
}

function objectOf(clause: ObjectClause, scope: Scope, fixed: JsonObject, depth: number): JsonObject | undefined {
  const result: JsonObject = { ...fixed };
  const add = (name: string, schema: Schema | undefined): boolean => {
    if (result[name] !== undefined) return true;
    const value = schema === undefined ? undefined : sampleOf(schema, scope, depth + 1);
    if (value === undefined) return false;
    result[name] = value;
    return true;
  };
  const { properties, required, min, max, unsaid } = clause;
  const additional =
    unsaid && scope.view === 'writer' && Object.keys(properties).length > 0 ? undefined : clause.additional;
  for (const name of required) if (!add(name, properties[name] ?? additional)) return undefined;
  const optional = Object.keys(properties).filter((name) => !required.includes(name));
  for (const name of optional) if (Object.keys(result).length < min) add(name, properties[name]);
  for (let index = 0; Object.keys(result).length < min && index < min; index += 1) add(`field_${index}`, additional);
  const count = Object.keys(result).length;
  if (count < min || count > max) return undefined;
  const order = Object.keys(properties).filter((name) => result[name] !== undefined);
  return { ...Object.fromEntries(order.map((name) => [name, result[name] ?? null])), ...result };
}
