import formats from 'ajv-formats/dist/formats.js';
import type { Json } from '../../codegen/specs.ts';
import {
  additionalOf,
  type Clause,
  type NumberClause,
  type ObjectClause,
  type Scope,
  type StringClause,
} from './clauses.ts';
import type { Schema } from './contracts.ts';

/** Whether a number satisfies every limit of a clause, its list of values left aside. */
export function numberFits(value: number, clause: NumberClause): boolean {
  if (clause.integer && !Number.isInteger(value)) return false;
  if (value < clause.min || (clause.openMin && value === clause.min)) return false;
  if (value > clause.max || (clause.openMax && value === clause.max)) return false;
  return clause.multiples.every((multiple) => Number.isInteger(value / multiple));
}

/** Whether a string satisfies every limit of a clause, its list of values left aside. */
export function stringFits(value: string, clause: StringClause): boolean {
  const length = lengthOf(value);
  if (length < clause.min || length > clause.max) return false;
  if (!clause.patterns.every((pattern) => new RegExp(pattern, 'u').test(value))) return false;
  return clause.formats.every((format) => formatFits(value, format));
}

/** The length of a string as JSON Schema counts: in code points. */
export function lengthOf(value: string): number {
  let pairs = 0;
  for (const pair of value.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)) pairs += pair.length;
  return value.length - pairs;
}

type Format = RegExp | ((value: string) => boolean) | { validate: RegExp | ((value: string) => boolean) } | true;

/** Whether a string is of a format, as our validators see it. */
export function formatFits(value: string, format: string): boolean {
  let test = (formats.fullFormats as Record<string, Format | undefined>)[format] ?? true;
  if (typeof test === 'object' && 'validate' in test) test = test.validate;
  if (test === true) return true;
  return typeof test === 'function' ? test(value) : new RegExp(test.source, test.flags).test(value);
}

/** Whether a value is one of a schema's instances. */
export function isMember(value: Json, schema: Schema, scope: Scope): boolean {
  return scope.clausesOf(schema).list.some((clause) => isMemberOf(value, clause, scope));
}

/** Whether a value is one of a clause's instances. */
export function isMemberOf(value: Json, clause: Clause, scope: Scope): boolean {
  if (clause.type === 'null') return value === null;
  if (clause.values !== undefined) {
    const text = JSON.stringify(value);
    if (!clause.values.some((allowed) => JSON.stringify(allowed) === text)) return false;
  }
  switch (clause.type) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'number':
      return typeof value === 'number' && numberFits(value, clause);
    case 'string':
      return typeof value === 'string' && stringFits(value, clause);
    case 'array':
      if (!Array.isArray(value) || value.length < clause.min || value.length > clause.max) return false;
      if (clause.unique && new Set(value.map((item) => JSON.stringify(item))).size < value.length) return false;
      return value.every((item) => isMember(item, clause.items, scope));
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value) && objectFits(value, clause, scope);
  }
}

function objectFits(value: { [key: string]: Json }, clause: ObjectClause, scope: Scope): boolean {
  const names = Object.keys(value);
  if (names.length < clause.min || names.length > clause.max) return false;
  if (clause.required.some((name) => value[name] === undefined)) return false;
  const additional = additionalOf(clause, scope);
  return names.every((name) => {
    const schema = clause.properties[name] ?? additional;
    return schema !== undefined && isMember(value[name] ?? null, schema, scope);
  });
}
