import type { Json, JsonObject } from '../../codegen/specs.ts';
import type { Clause, NumberClause, ObjectClause, StringClause } from './clauses.ts';
import type { Schema } from './contracts.ts';
import { numberFits, stringFits } from './member.ts';

/** The part of a clause that is among some values, but for limits: those are compared when somebody asks for a member. */
export function onlyValues(clause: Clause, allowed: readonly Json[]): Clause[] {
  const of = <T extends Json>(test: (value: Json) => boolean): T[] => allowed.filter(test) as T[];
  switch (clause.type) {
    case 'null':
      return allowed.includes(null) ? [clause] : [];
    case 'boolean':
      return [{ ...clause, values: of<boolean>((value) => typeof value === 'boolean') }];
    case 'number':
      return [{ ...clause, values: of<number>((value) => typeof value === 'number' && numberFits(value, clause)) }];
    case 'string':
      return [{ ...clause, values: of<string>((value) => typeof value === 'string' && stringFits(value, clause)) }];
    case 'array':
      return [{ ...clause, values: of<Json[]>(Array.isArray) }];
    case 'object':
      return [
        {
          ...clause,
          values: of<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
        },
      ];
  }
}

/** What satisfies both clauses; nothing where their types differ. */
export function meet(a: Clause, b: Clause): Clause[] {
  if (a.type === 'null' && b.type === 'null') return [a];
  if (a.type === 'boolean' && b.type === 'boolean')
    return [{ type: 'boolean', values: a.values.filter((value) => b.values.includes(value)) }];
  if (a.type === 'number' && b.type === 'number') {
    const min = Math.max(a.min, b.min);
    const max = Math.min(a.max, b.max);
    const clause: NumberClause = {
      type: 'number',
      integer: a.integer || b.integer,
      min,
      max,
      openMin: (a.min === min && a.openMin) || (b.min === min && b.openMin),
      openMax: (a.max === max && a.openMax) || (b.max === max && b.openMax),
      multiples: union(a.multiples, b.multiples),
      values: common(a.values, b.values),
    };
    return [{ ...clause, values: clause.values?.filter((value) => numberFits(value, clause)) }];
  }
  if (a.type === 'string' && b.type === 'string') {
    const clause: StringClause = {
      type: 'string',
      min: Math.max(a.min, b.min),
      max: Math.min(a.max, b.max),
      patterns: union(a.patterns, b.patterns),
      formats: union(a.formats, b.formats),
      values: common(a.values, b.values),
    };
    return [{ ...clause, values: clause.values?.filter((value) => stringFits(value, clause)) }];
  }
  if (a.type === 'array' && b.type === 'array')
    return [
      {
        type: 'array',
        min: Math.max(a.min, b.min),
        max: Math.min(a.max, b.max),
        unique: a.unique || b.unique,
        items: allOf(a.items, b.items),
        values: common(a.values, b.values),
      },
    ];
  if (a.type === 'object' && b.type === 'object') return [meetObjects(a, b)];
  return [];
}

function meetObjects(a: ObjectClause, b: ObjectClause): ObjectClause {
  const properties: Record<string, Schema> = {};
  for (const name of union(Object.keys(a.properties), Object.keys(b.properties))) {
    const one = a.properties[name] ?? a.additional;
    const other = b.properties[name] ?? b.additional;
    // A field that either side forbids is named by neither: what is left of the two is closed then.
    if (one !== undefined && other !== undefined) properties[name] = allOf(one, other);
  }
  const additional =
    a.additional === undefined || b.additional === undefined ? undefined : allOf(a.additional, b.additional);
  return {
    type: 'object',
    properties,
    required: union(a.required, b.required),
    additional,
    unsaid: a.unsaid && b.unsaid,
    min: Math.max(a.min, b.min),
    max: Math.min(a.max, b.max),
    values: common(a.values, b.values),
  };
}

function allOf(a: Schema, b: Schema): Schema {
  if (a === b || Object.keys(b).length === 0) return a;
  if (Object.keys(a).length === 0) return b;
  return { allOf: [a, b] };
}

function union<T>(a: readonly T[], b: readonly T[]): T[] {
  return [...new Set([...a, ...b])];
}

function common<T extends Json>(a: readonly T[] | undefined, b: readonly T[] | undefined): readonly T[] | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const texts = new Set(b.map((value) => JSON.stringify(value)));
  return a.filter((value) => texts.has(JSON.stringify(value)));
}
