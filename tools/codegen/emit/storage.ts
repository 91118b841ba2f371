import { fieldsOf, isObject } from '../check.ts';
import { constantCase, kebabCase, pascalCase } from '../names.ts';
import { REF_PREFIX, type SchemaSet } from '../schema-set.ts';
import type { JsonObject, Json as JsonValue, Specs } from '../specs.ts';
import { banner, docComment, type Files, literal, milliseconds } from './text.ts';

type RedisEntry = Hash | JsonText | Counters | Bare;

interface Counters {
  kind: 'counters';
  description: string;
  key: string;
  ttl: string;
}

interface Bare {
  kind: 'sorted_set' | 'text' | 'channel';
  description: string;
  key: string;
}

interface JsonText {
  kind: 'json';
  description: string;
  key: string;
  ttl: string;
  schema: { $ref: string };
}

interface Hash {
  kind: 'hash';
  description: string;
  key: string;
  notify: string;
  ttl: string;
  schema: { $ref: string };
  encoding: Record<string, 'integer' | 'json'>;
}

interface Collection {
  description: string;
  collection: string;
  schema: { $ref: string };
  /** The field that is the document's `_id` too. */
  id?: string;
  indexes: { name: string; keys: Record<string, number>; unique: boolean }[];
}

/** Codecs and key builders of what stands in Redis; names, indexes and validators of the MongoDB collections. */
export function emitStorage(specs: Specs, set: SchemaSet): Files {
  const { redis, mongodb } = specs.storage.data as {
    redis: Record<string, RedisEntry>;
    mongodb: Record<string, Collection>;
  };
  const files: Files = new Map();
  for (const [name, entry] of Object.entries(redis))
    files.set(
      `storage/${kebabCase(name)}.ts`,
      entry.kind === 'hash' ? hashModule(name, entry, set) : keyModule(name, entry),
    );
  for (const [name, collection] of Object.entries(mongodb))
    files.set(`storage/${kebabCase(name)}.ts`, collectionModule(name, collection, set));
  files.set('documents/storage.json', `${JSON.stringify({ redis, mongodb }, null, 2)}\n`);
  return files;
}

function typeName(reference: { $ref: string }): string {
  return reference.$ref.replace(/^.*\//, '').replace(/\.json$/, '');
}

function template(text: string): { parameters: string[]; code: string } {
  const parameters = [...text.matchAll(/\{([^}]*)\}/g)].map(([, field]) => field ?? '');
  return { parameters, code: `\`${text.replaceAll('{', '${')}\`` };
}

function builder(name: string, suffix: string, text: string, comment: string): string {
  const { parameters, code } = template(text);
  return `${docComment(comment)}\nexport function ${name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())}${suffix}(${parameters.map((field) => `${field}: string`).join(', ')}): string {\n  return ${code};\n}`;
}

/** The name of a key or channel, and how long what stands there is kept. */
function keyModule(name: string, entry: JsonText | Counters | Bare): string {
  const { description, key } = entry;
  const isTemplate = template(key).parameters.length > 0;
  const ttl =
    entry.kind === 'json' || entry.kind === 'counters'
      ? `/** The default time to live, in milliseconds. */\nexport const ${constantCase(name)}_TTL_MS = ${milliseconds(entry.ttl)};\n\n`
      : '';
  const named = isTemplate
    ? builder(name, 'Key', key, description)
    : `${docComment(description)}\nexport const ${constantCase(name)} = ${literal(key)};`;
  return `${banner('specs/storage.yaml')}${ttl}${named}\n`;
}

function hashModule(name: string, hash: Hash, set: SchemaSet): string {
  const type = typeName(hash.schema);
  const pascal = pascalCase(name);
  const fields = [...fieldsOf(type, set)];
  const encodings = Object.fromEntries(fields.map((field) => [field, hash.encoding[field] ?? 'string']));
  return `${banner('specs/storage.yaml', `specs/schemas/${type}.json`)}import type { ${type} } from '../schemas/types.ts';

${docComment(hash.description)}
export const ${constantCase(name)} = {
  /** The default time to live, in milliseconds. */
  ttlMs: ${milliseconds(hash.ttl)},
  /** How each field becomes the string that the hash holds. */
  fields: ${literal(encodings)},
} as const satisfies { ttlMs: number; fields: { readonly [Field in keyof Required<${type}>]: 'string' | 'integer' | 'json' } };

/** The fields of the hash by name, for scripts that run in the server. */
export const ${constantCase(name)}_FIELD = ${literal(Object.fromEntries(fields.map((field) => [field, field])))} as const satisfies { readonly [Field in keyof Required<${type}>]: Field };

${builder(name, 'Key', hash.key, 'The key of the hash.')}

${builder(name, 'Channel', hash.notify, 'The channel that every change is published on.')}

const ENCODINGS = Object.entries(${constantCase(name)}.fields);

/** A value as the strings that the hash holds. */
export function encode${pascal}(value: ${type}): Record<string, string> {
  const hash: Record<string, string> = {};
  for (const [field, encoding] of ENCODINGS) {
    const item: unknown = value[field as keyof ${type}];
    if (item !== undefined) hash[field] = encoding === 'json' ? JSON.stringify(item) : String(item);
  }
  return hash;
}

/** What a hash holds, turned back into its types; still to be validated, for another program may have written it. */
export function decode${pascal}(hash: Readonly<Record<string, string>>): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const [field, encoding] of ENCODINGS) {
    const item = hash[field];
    if (item !== undefined) value[field] = encoding === 'string' ? item : fromText(item, encoding);
  }
  return value;
}

function fromText(text: string, encoding: 'integer' | 'json'): unknown {
  if (encoding === 'integer') return /^-?\\d{1,16}$/.test(text) ? Number(text) : text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
`;
}

function collectionModule(name: string, collection: Collection, set: SchemaSet): string {
  const type = typeName(collection.schema);
  const fields = [...fieldsOf(type, set)];
  const validator = { $jsonSchema: { bsonType: 'object', ...mongoSchema(set.get(type)?.schema ?? {}, set) } };
  return `${banner('specs/storage.yaml', `specs/schemas/${type}.json`)}
${docComment(collection.description)}
export const ${constantCase(name)} = {
  /** The default name of the collection. */
  collection: ${literal(collection.collection)},
  /** The field whose value is the document's \`_id\` too; null where the server makes one. */
  id: ${literal(collection.id ?? null)},
  indexes: ${literal(collection.indexes)},
} as const satisfies {
  collection: string;
  id: string | null;
  indexes: readonly { readonly name: string; readonly keys: Readonly<Record<string, 1 | -1>>; readonly unique: boolean }[];
};

/** The fields of the documents by name, for filters and sorts. */
export const ${constantCase(name)}_FIELD = ${literal(Object.fromEntries(fields.map((field) => [field, field])))} as const;

/** For servers that can hold documents to a schema. Unknown fields pass, as they do for every reader. */
export const ${constantCase(name)}_VALIDATOR: object = ${literal(validator)};
`;
}

// MongoDB reads a part of JSON Schema draft 4, with BSON's types and without references.
function mongoSchema(schema: JsonObject, set: SchemaSet): JsonObject {
  if (typeof schema['$ref'] === 'string')
    return mongoSchema(set.get(schema['$ref'].slice(REF_PREFIX.length))?.schema ?? {}, set);
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) {
    if (
      ['title', 'description', 'examples', 'default', 'format', '$schema', 'additionalProperties'].includes(key) ||
      key.startsWith('x-dtq-')
    )
      continue;
    // Not every server of the family knows Unicode property classes; what was written passed our own validator before.
    if (key === 'pattern' && String(value).includes('\\p{')) continue;
    if (key === 'type') result['bsonType'] = bsonType(value);
    else if (key === 'exclusiveMinimum' || key === 'exclusiveMaximum') {
      result[key === 'exclusiveMinimum' ? 'minimum' : 'maximum'] = value;
      result[key] = true;
    } else if (key === 'const') result['enum'] = [value];
    else if (key === 'properties')
      result[key] = mapValues(value as JsonObject, (item) => mongoSchema(item as JsonObject, set));
    else if (['oneOf', 'anyOf', 'allOf'].includes(key))
      result[key] = (value as JsonObject[]).map((item) => mongoSchema(item, set));
    else if (key === 'items' && isObject(value)) result[key] = mongoSchema(value, set);
    else result[key] = value;
  }
  return result;
}

function mapValues(object: JsonObject, change: (value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

function bsonType(type: JsonValue): JsonValue {
  const map: Record<string, JsonValue> = { boolean: 'bool', integer: ['int', 'long', 'double'] };
  const names = [type].flat().flatMap((name) => map[String(name)] ?? name);
  return names.length === 1 ? (names[0] as JsonValue) : names;
}
