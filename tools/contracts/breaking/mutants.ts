import type { Json, JsonObject } from '../../codegen/specs.ts';
import { additionalOf, type Clause, type Scope } from './clauses.ts';
import type { Schema } from './contracts.ts';
import { isMember, isMemberOf } from './member.ts';

/** An instance with one thing broken, and where. */
export interface Mutant {
  /** JSON pointer of what is wrong: the field itself, where one is missing or too many. */
  readonly pointer: string;
  readonly keyword: string;
  readonly value: Json;
}

const OF_EACH_TYPE: readonly Json[] = [null, true, 7.5, 'x', [], {}];
const UNKNOWN = 'no_such_field';
const LONGEST = 2000;

/** Every way to break one keyword of an instance of a schema. What may be read in two ways is left as it is. */
export function mutantsOf(value: Json, schema: Schema, scope: Scope): Mutant[] {
  const { list } = scope.clausesOf(schema);
  const held = list.filter((clause) => isMemberOf(value, clause, scope));
  const [clause] = held;
  if (clause === undefined || held.length > 1) return [];
  const wrongType = OF_EACH_TYPE.find((other) => !list.some(({ type }) => type === typeOf(other)));
  const own: Mutant[] = [
    ...(wrongType === undefined ? [] : [{ pointer: '', keyword: 'type', value: wrongType }]),
    ...broken(value, clause, scope),
  ];
  return [...own.filter((mutant) => !isMember(mutant.value, schema, scope)), ...below(value, clause, scope)];
}

function typeOf(value: Json): Clause['type'] {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : (typeof value as Clause['type']);
}

function broken(value: Json, clause: Clause, scope: Scope): Mutant[] {
  const mutant = (keyword: string, other: Json, pointer = ''): Mutant => ({ pointer, keyword, value: other });
  switch (clause.type) {
    case 'string':
      if (clause.values !== undefined) return [mutant('enum', `${String(value)} not`)];
      return [
        ...(clause.max <= LONGEST ? [mutant('maxLength', `${String(value)}${'a'.repeat(clause.max)}a`)] : []),
        ...(clause.min > 0 ? [mutant('minLength', '')] : []),
        ...(clause.patterns.length + clause.formats.length > 0
          ? [mutant('pattern', `\u0001${String(value).slice(1)}`)]
          : []),
      ];
    case 'number':
      if (clause.values !== undefined) return [mutant('enum', Number(value) + 1)];
      return [
        ...(Number.isFinite(clause.max) ? [mutant('maximum', clause.max + 2)] : []),
        ...(Number.isFinite(clause.min) ? [mutant('minimum', clause.min - 1)] : []),
        ...(clause.integer ? [mutant('type', 0.5)] : []),
      ];
    case 'array': {
      const [item] = value as Json[];
      if (item === undefined || clause.max > LONGEST) return [];
      return [
        mutant(
          'maxItems',
          Array.from({ length: clause.max + 1 }, () => item),
        ),
      ];
    }
    case 'object': {
      const object = value as JsonObject;
      const missing = clause.required.map((name) => {
        const { [name]: _, ...rest } = object;
        return mutant('required', rest, `/${name}`);
      });
      const closed = additionalOf(clause, scope) === undefined;
      return closed
        ? [...missing, mutant('additionalProperties', { ...object, [UNKNOWN]: 1 }, `/${UNKNOWN}`)]
        : missing;
    }
    default:
      return [];
  }
}

function below(value: Json, clause: Clause, scope: Scope): Mutant[] {
  if (clause.type === 'array') {
    const items = value as Json[];
    return items.slice(0, 2).flatMap((item, index) =>
      mutantsOf(item, clause.items, scope).map((mutant) => ({
        ...mutant,
        pointer: `/${index}${mutant.pointer}`,
        value: items.with(index, mutant.value),
      })),
    );
  }
  if (clause.type !== 'object') return [];
  const object = value as JsonObject;
  return Object.entries(object).flatMap(([name, item]) => {
    const schema = clause.properties[name];
    if (schema === undefined) return [];
    return mutantsOf(item, schema, scope).map((mutant) => ({
      ...mutant,
      pointer: `/${name}${mutant.pointer}`,
      value: { ...object, [name]: mutant.value },
    }));
  });
}
