import type { Contracts, Schema } from './contracts.ts';
import { nameOfReference } from './schemas.ts';

/** No schema is deeper; one that refers to itself would be. */
const DEEPEST = 12;

/** By format; what has none of these is made of its bounds. */
const BY_FORMAT: Readonly<Record<string, string>> = {
  'date-time': '2026-02-14T15:12:04.000Z',
  uuid: '6aab8fca-7059-40c4-97d4-53f55fd5bf67',
  uri: 'https://example.com/',
};

/** A value that fits a schema: the schema's own example, else one made of its parts. */
export function exampleOf(schema: Schema, schemas: Contracts['schemas'], depth = 0): unknown {
  if (depth > DEEPEST) return null;
  const next = (part: Schema | undefined): unknown => exampleOf(part ?? {}, schemas, depth + 1);
  if (schema.$ref !== undefined) return next(schemas[nameOfReference(schema.$ref) ?? '']);
  if (schema.examples !== undefined) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const [first] = schema.oneOf ?? schema.anyOf ?? [];
  if (first !== undefined) return next(first);
  if (schema.properties !== undefined) {
    const shown = Object.entries(schema.properties).filter(([name]) => schema.required?.includes(name) ?? false);
    return Object.fromEntries(shown.map(([name, part]) => [name, next(part)]));
  }
  switch (schema.type) {
    case 'array':
      return [next(schema.items)];
    case 'object':
      return {};
    case 'string':
      return BY_FORMAT[schema.format ?? ''] ?? 'text'.padEnd(Number(schema['minLength'] ?? 0), '.');
    case 'integer':
    case 'number':
      return Math.max(1, Number(schema['minimum'] ?? 1));
    case 'boolean':
      return true;
    default:
      return null;
  }
}
