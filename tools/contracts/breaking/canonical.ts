import type { Json, JsonObject } from '../../codegen/specs.ts';
import { Scope } from './clauses.ts';
import type { NamedType, Schema } from './contracts.ts';

type Types = Readonly<Record<string, NamedType>>;

/** What is said for people alone, or for the page. */
const TEXT = new Set(['title', 'description', 'examples', 'default', 'deprecated', '$schema']);
/** Lists whose order means nothing. */
const UNORDERED = new Set(['required', 'enum', 'type', 'anyOf', 'oneOf', 'allOf']);

const known = new WeakMap<Types, Map<string, number>>();
/** Texts that stood for a type, by number, so that a text that mentions others stays short. */
const numbers = new Map<string, number>();

/** A schema as text, references followed, without what is no rule: two that read the same take the same instances. */
export function canonical(schema: Schema, types: Types): string {
  return JSON.stringify(visit(schema, types, []));
}

export function sameSchema(a: Schema, types: Types, b: Schema, others: Types): boolean {
  return canonical(a, types) === canonical(b, others);
}

function visit(value: Json, types: Types, within: readonly string[]): Json {
  if (Array.isArray(value)) return value.map((item) => visit(item, types, within));
  if (typeof value !== 'object' || value === null) return value;
  const name = Scope.nameOf(value);
  const rest = Object.keys(value).filter((key) => key !== '$ref' && !TEXT.has(key) && !key.startsWith('x-dtq-'));
  // A reference alone is what it refers to.
  if (name !== undefined && rest.length === 0) return named(name, types, within);
  const result: JsonObject = {};
  for (const key of rest.sort()) result[key] = keyword(key, value[key] ?? null, types, within);
  if (name !== undefined) result['$ref'] = named(name, types, within);
  return result;
}

function keyword(key: string, value: Json, types: Types, within: readonly string[]): Json {
  if (key === 'const' || key === 'enum') return key === 'enum' ? sorted(value as Json[]) : value;
  if (key === 'properties')
    return Object.fromEntries(
      Object.entries(value as JsonObject)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, schema]) => [name, visit(schema, types, within)]),
    );
  const seen = visit(value, types, within);
  return UNORDERED.has(key) && Array.isArray(seen) ? sorted(seen) : seen;
}

function sorted(values: Json[]): Json[] {
  return [...values].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function named(name: string, types: Types, within: readonly string[]): Json {
  if (within.includes(name)) return { $ref: name };
  const found = known.get(types) ?? new Map<string, number>();
  known.set(types, found);
  let number = found.get(name);
  if (number === undefined) {
    const schema = types[name]?.schema;
    if (schema === undefined) throw new Error(`there is no type ${name}`);
    const text = JSON.stringify(visit(schema, types, [...within, name]));
    number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    found.set(name, number);
  }
  return { '=': number };
}
