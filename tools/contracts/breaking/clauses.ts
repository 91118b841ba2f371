import { REF_PREFIX } from '../../codegen/schema-set.ts';
import type { Json, JsonObject } from '../../codegen/specs.ts';
import type { NamedType, Schema } from './contracts.ts';
import { meet, onlyValues } from './meet.ts';

// A schema as a set of instances: a list of clauses, each of one type and without alternatives in itself. What stands in an
// object or array is left unopened until somebody asks, so that types that mention themselves end.

/**
 * How an object that does not say everything is read.
 * - `exact`: as it stands, for a strict reader: only `additionalProperties: false` closes an object.
 * - `writer`: who writes, writes no field that the contract does not name; an object that names none may hold anything.
 * - `reader`: a tolerant reader: a field that it does not know is no fault, whatever `additionalProperties` says.
 */
export type View = 'exact' | 'writer' | 'reader';

/** Where references of a schema lead, and how its objects are read. */
export class Scope {
  readonly types: Readonly<Record<string, NamedType>>;
  readonly view: View;
  readonly #clauses = new WeakMap<Schema, Clauses>();

  constructor(types: Readonly<Record<string, NamedType>>, view: View) {
    this.types = types;
    this.view = view;
  }

  /** The name that a schema refers to, or undefined. */
  static nameOf(schema: Schema): string | undefined {
    const { $ref } = schema;
    return typeof $ref === 'string' ? $ref.slice(REF_PREFIX.length) : undefined;
  }

  schemaOf(name: string): Schema {
    const found = this.types[name];
    if (found === undefined) throw new Error(`there is no type ${name}`);
    return found.schema;
  }

  /** Every alternative of a schema; none for one that nothing can satisfy. */
  clausesOf(schema: Schema): Clauses {
    let found = this.#clauses.get(schema);
    if (found === undefined) {
      found = read(schema, this);
      this.#clauses.set(schema, found);
    }
    return found;
  }
}

export interface Clauses {
  readonly list: readonly Clause[];
  /** Why the list may hold more than the schema takes; undefined where it is exactly that. */
  readonly loose: string | undefined;
}

export type Clause = (NullClause | BooleanClause | NumberClause | StringClause | ArrayClause | ObjectClause) & {
  /** The type that the clause is an alternative of, the innermost that has a name. */
  readonly origin?: string;
};

export interface NullClause {
  readonly type: 'null';
}

export interface BooleanClause {
  readonly type: 'boolean';
  readonly values: readonly boolean[];
}

export interface NumberClause {
  readonly type: 'number';
  readonly integer: boolean;
  readonly min: number;
  readonly max: number;
  readonly openMin: boolean;
  readonly openMax: boolean;
  readonly multiples: readonly number[];
  readonly values: readonly number[] | undefined;
}

export interface StringClause {
  readonly type: 'string';
  readonly min: number;
  readonly max: number;
  readonly patterns: readonly string[];
  readonly formats: readonly string[];
  readonly values: readonly string[] | undefined;
}

export interface ArrayClause {
  readonly type: 'array';
  readonly min: number;
  readonly max: number;
  readonly unique: boolean;
  readonly items: Schema;
  readonly values: readonly Json[][] | undefined;
}

export interface ObjectClause {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
  /** What a field that is not named may be; undefined where none may stand. */
  readonly additional: Schema | undefined;
  /** additionalProperties was left out: what that means depends on who reads, and on the fields of the other branches. */
  readonly unsaid: boolean;
  readonly min: number;
  readonly max: number;
  readonly values: readonly JsonObject[] | undefined;
}

const ANYTHING: Schema = {};
const FREE = { min: 0, max: Number.POSITIVE_INFINITY, values: undefined };

const WHOLE: { readonly [T in Clause['type']]: Clause } = {
  null: { type: 'null' },
  boolean: { type: 'boolean', values: [false, true] },
  number: {
    ...FREE,
    type: 'number',
    integer: false,
    min: Number.NEGATIVE_INFINITY,
    openMin: false,
    openMax: false,
    multiples: [],
  },
  string: { ...FREE, type: 'string', patterns: [], formats: [] },
  array: { ...FREE, type: 'array', unique: false, items: ANYTHING },
  object: { ...FREE, type: 'object', properties: {}, required: [], additional: ANYTHING, unsaid: true },
};

/** The fields of an object that may stand, beside those it names; undefined where none may. */
export function additionalOf(clause: ObjectClause, scope: Scope): Schema | undefined {
  if (!clause.unsaid) return clause.additional;
  return scope.view === 'writer' && Object.keys(clause.properties).length > 0 ? undefined : clause.additional;
}

function read(schema: Schema, scope: Scope): Clauses {
  const only = Scope.nameOf(schema);
  if (only !== undefined && Object.keys(schema).every((key) => key === '$ref' || key === 'description')) {
    const { list, loose } = scope.clausesOf(scope.schemaOf(only));
    return { list: list.map((clause) => ({ origin: only, ...clause })), loose };
  }
  let result: Clauses = { list: own(schema, scope), loose: undefined };
  const name = Scope.nameOf(schema);
  if (name !== undefined) result = both(result, scope.clausesOf(scope.schemaOf(name)), scope);
  for (const branch of branchesOf(schema, 'allOf')) result = both(result, scope.clausesOf(branch), scope);
  for (const key of ['anyOf', 'oneOf'] as const) {
    if (schema[key] === undefined) continue;
    const branches = branchesOf(schema, key).map((branch) => scope.clausesOf(branch));
    const overlap = key === 'oneOf' && !disjoint(branches, scope) ? 'branches of a oneOf may both hold' : undefined;
    const union = {
      list: branches.flatMap(({ list }) => list),
      loose: overlap ?? branches.find(({ loose }) => loose !== undefined)?.loose,
    };
    // Where nothing else is said the branches stand as they are, with what they come from.
    result = isFree(schema) ? union : both(result, union, scope);
  }
  return result;
}

const FREE_KEYS = new Set(['title', 'description', 'examples', '$schema', 'x-dtq-union', 'x-dtq-discriminator']);

/** Whether a schema is one choice, and nothing beside it. */
function isFree(schema: Schema): boolean {
  const keys = Object.keys(schema).filter((key) => !FREE_KEYS.has(key));
  return keys.length === 1 && (keys[0] === 'anyOf' || keys[0] === 'oneOf');
}

function branchesOf(schema: Schema, key: string): Schema[] {
  return (schema[key] ?? []) as Schema[];
}

/** What the keywords of a schema say that stand in it itself. */
function own(schema: Schema, scope: Scope): Clause[] {
  const names = schema['type'] === undefined ? Object.keys(WHOLE) : [schema['type']].flat().map(String);
  const list = names.map((name) => limited(name, schema, scope));
  const allowed = schema['const'] !== undefined ? [schema['const']] : (schema['enum'] as Json[] | undefined);
  const result = allowed === undefined ? list : list.flatMap((clause) => onlyValues(clause, allowed));
  return result.filter((clause) => !isEmpty(clause, scope));
}

function limited(name: string, schema: Schema, scope: Scope): Clause {
  const number = (key: string, otherwise: number): number => (schema[key] as number | undefined) ?? otherwise;
  const list = <T>(key: string): T[] => (schema[key] === undefined ? [] : [schema[key] as T]);
  const infinite = Number.POSITIVE_INFINITY;
  switch (name) {
    case 'number':
    case 'integer': {
      const min = Math.max(number('minimum', -infinite), number('exclusiveMinimum', -infinite));
      const max = Math.min(number('maximum', infinite), number('exclusiveMaximum', infinite));
      return {
        ...(WHOLE.number as NumberClause),
        integer: name === 'integer',
        min,
        max,
        openMin: min === schema['exclusiveMinimum'],
        openMax: max === schema['exclusiveMaximum'],
        multiples: list('multipleOf'),
      };
    }
    case 'string':
      return {
        ...(WHOLE.string as StringClause),
        min: number('minLength', 0),
        max: number('maxLength', infinite),
        patterns: list('pattern'),
        formats: list('format'),
      };
    case 'array':
      return {
        ...(WHOLE.array as ArrayClause),
        min: number('minItems', 0),
        max: number('maxItems', infinite),
        unique: schema['uniqueItems'] === true,
        items: (schema['items'] ?? ANYTHING) as Schema,
      };
    case 'object': {
      const said = schema['additionalProperties'];
      const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
      const dropped = said === false && scope.view === 'reader';
      return {
        ...(WHOLE.object as ObjectClause),
        properties,
        required: (schema['required'] ?? []) as string[],
        additional:
          said === false && !dropped
            ? undefined
            : said === true || said === false
              ? ANYTHING
              : ((said ?? ANYTHING) as Schema),
        unsaid: said === undefined,
        min: number('minProperties', 0),
        // Our tolerant validators count the fields before they drop any.
        max: number('maxProperties', infinite),
      };
    }
    default:
      return WHOLE[name as 'null' | 'boolean'];
  }
}

/** Whether nothing can satisfy a clause, as far as it shows without opening what stands in it. */
function isEmpty(clause: Clause, scope: Scope): boolean {
  if (clause.type === 'null') return false;
  if (clause.values?.length === 0) return true;
  if (clause.type === 'boolean') return false;
  if (clause.min > clause.max) return true;
  if (clause.type === 'number') return clause.min === clause.max && (clause.openMin || clause.openMax);
  if (clause.type !== 'object') return false;
  const additional = additionalOf(clause, scope);
  return clause.required.some((name) => clause.properties[name] === undefined && additional === undefined);
}

function both(one: Clauses, other: Clauses, scope: Scope): Clauses {
  const list = one.list.flatMap((a) => other.list.flatMap((b) => meet(a, b)));
  return { list: list.filter((clause) => !isEmpty(clause, scope)), loose: one.loose ?? other.loose };
}

/** Whether no instance satisfies two branches, as far as types, values and fields with fixed values tell. */
function disjoint(branches: readonly Clauses[], scope: Scope): boolean {
  return branches.every(({ list }, index) =>
    branches.slice(index + 1).every((other) => list.every((a) => other.list.every((b) => apart(a, b, scope)))),
  );
}

function apart(a: Clause, b: Clause, scope: Scope): boolean {
  if (a.type !== b.type) return true;
  if (meet(a, b).every((clause) => isEmpty(clause, scope))) return true;
  if (a.type !== 'object' || b.type !== 'object') return false;
  return Object.keys(a.properties).some((name) => {
    if (!(a.required.includes(name) && b.required.includes(name))) return false;
    const [one, other] = [a.properties[name], b.properties[name]];
    if (one === undefined || other === undefined) return false;
    const values = new Set(valuesOf(one, scope).map((value) => JSON.stringify(value)));
    return (
      values.size > 0 &&
      valuesOf(other, scope).every((value) => !values.has(JSON.stringify(value))) &&
      valuesOf(other, scope).length > 0
    );
  });
}

/** The few values that a schema takes; empty where they are not a short list. */
export function valuesOf(schema: Schema, scope: Scope): Json[] {
  const { list } = scope.clausesOf(schema);
  const values = list.map((clause) => (clause.type === 'null' ? [null] : clause.values));
  return values.some((found) => found === undefined) ? [] : values.flat().map((value) => value as Json);
}
