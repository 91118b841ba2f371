import type { ValidateFunction } from 'ajv';
import { isSafePattern } from 'redos-detector';
import { EVENT_STREAM, eventSchemas, type RestOperation } from './documents.ts';
import { checkName } from './names.ts';
import type { SchemaSet, TypeDef } from './schema-set.ts';
import { escapePointer, type Source } from './source.ts';
import { SpecError, SpecErrors } from './spec-error.ts';
import { faultPointer, faultText, type Json, type JsonObject, type Specs } from './specs.ts';

// The part of JSON Schema 2020-12 that openapi-typescript, ajv, the AsyncAPI parser and MongoDB read alike.
// `$defs` and OpenAPI's `discriminator` are left out on purpose: the first becomes a property in the bundled types, the
// second is refused by the AsyncAPI parser. One type a file, and x-dtq-discriminator, stand for them.
const KEYWORDS = new Set(
  `$ref title description examples default deprecated type enum const properties required additionalProperties
   minProperties maxProperties items minItems maxItems uniqueItems minLength maxLength pattern format minimum maximum
   exclusiveMinimum exclusiveMaximum multipleOf oneOf anyOf allOf
   x-dtq-ui x-dtq-union x-dtq-discriminator`.split(/\s+/),
);
const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);
const FORMATS = new Set(['date-time', 'uuid', 'uri', 'uri-reference', 'duration', 'email']);
const UI_KEYS = new Set(['label', 'placeholder', 'widget', 'unit', 'help', 'order']);

/** Holds every schema to the house's part of JSON Schema. Throws SpecErrors that name each place. */
export function checkSchemas(set: SchemaSet): void {
  const faults: SpecError[] = [];
  for (const type of set.values()) {
    if (type.variants === undefined) checkSchema(type.schema, type, '', faults);
  }
  if (faults.length > 0) throw new SpecErrors(unique(faults));
}

function checkSchema(schema: JsonObject, type: TypeDef, at: string, faults: SpecError[]): void {
  const fault = (key: string, text: string): void => {
    faults.push(new SpecError(type.source.locate(`${type.pointer}${at}/${escapePointer(key)}`), text));
  };
  for (const key of Object.keys(schema)) {
    if (!KEYWORDS.has(key)) fault(key, `unknown keyword ${JSON.stringify(key)} in a schema`);
  }
  const { properties, required, pattern, format, items, additionalProperties } = schema;
  for (const name of [schema['type'] ?? []].flat()) {
    if (!TYPES.has(String(name)))
      fault('type', `unknown type ${JSON.stringify(name)}; known: ${[...TYPES].join(', ')}`);
  }
  if (schema['enum'] !== undefined && (!Array.isArray(schema['enum']) || schema['enum'].length === 0))
    fault('enum', 'an enum needs at least one member');
  if (format !== undefined && !FORMATS.has(String(format)))
    fault('format', `unknown format ${JSON.stringify(format)}; known: ${[...FORMATS].join(', ')}`);
  if (typeof pattern === 'string') checkPattern(pattern, (text) => fault('pattern', text));
  if (isObject(schema['x-dtq-ui'])) {
    for (const key of Object.keys(schema['x-dtq-ui'])) {
      if (!UI_KEYS.has(key))
        fault('x-dtq-ui', `unknown hint ${JSON.stringify(key)}; known: ${[...UI_KEYS].join(', ')}`);
    }
  }
  for (const name of Array.isArray(required) ? required : []) {
    if (!isObject(properties) || properties[String(name)] === undefined)
      fault('required', `requires ${JSON.stringify(name)}, which is not among its properties`);
  }
  if (isObject(properties)) {
    for (const [name, property] of Object.entries(properties)) {
      const below = `${at}/properties/${escapePointer(name)}`;
      try {
        checkName('field name', name, type.source, `${type.pointer}${below}`);
      } catch (error) {
        faults.push(error as SpecError);
      }
      checkSchema(property as JsonObject, type, below, faults);
    }
  }
  if (isObject(items)) checkSchema(items, type, `${at}/items`, faults);
  if (isObject(additionalProperties)) checkSchema(additionalProperties, type, `${at}/additionalProperties`, faults);
  for (const key of ['oneOf', 'anyOf', 'allOf']) {
    for (const [index, branch] of ((schema[key] as Json[] | undefined) ?? []).entries())
      checkSchema(branch as JsonObject, type, `${at}/${key}/${index}`, faults);
  }
}

function checkPattern(pattern: string, fault: (text: string) => void): void {
  try {
    new RegExp(pattern, 'u');
  } catch (error) {
    fault(`not a regular expression: ${(error as Error).message}`);
    return;
  }
  // With allErrors a pattern runs on input of any length, whatever maxLength says, so it must not backtrack much on any.
  const { safe } = isSafePattern(pattern, { unicode: true, maxSteps: 20_000, timeout: Number.POSITIVE_INFINITY });
  if (!safe) fault('may take more than linear time on some input: no part of it may match the same text in two ways');
}

function unique(faults: readonly SpecError[]): SpecError[] {
  return [...new Map(faults.map((fault) => [fault.message, fault])).values()];
}

/** Holds every example to the schema it illustrates. */
export function checkExamples(set: SchemaSet, validate: (typeName: string) => ValidateFunction): void {
  const faults: SpecError[] = [];
  for (const type of set.values()) {
    const { examples } = type.schema;
    if (!Array.isArray(examples)) continue;
    const check = validate(type.name);
    for (const [index, example] of examples.entries()) {
      if (check(example)) continue;
      for (const error of check.errors ?? []) {
        const at = exampleBase(type, index);
        faults.push(
          new SpecError(
            type.source.locate(`${at}${faultPointer(error)}`),
            `the example does not validate: ${faultText(error)}`,
          ),
        );
      }
    }
  }
  if (faults.length > 0) throw new SpecErrors(unique(faults));
}

function exampleBase(type: TypeDef, index: number): string {
  return type.pointer === '' ? `/examples/${index}` : `/examples/${index}${type.pointer}`;
}

/** Holds lifecycle.yaml and storage.yaml to what they refer to. */
export function checkCrossReferences(specs: Specs, set: SchemaSet): void {
  const { states, transitions, milestones } = specs.lifecycle.data as {
    states: Record<string, unknown>;
    transitions: { from: string; to: string }[];
    milestones: Record<string, { state: string }>;
  };
  const state = (name: string, pointer: string): void => {
    if (states[name] === undefined)
      throw new SpecError(
        specs.lifecycle.locate(pointer),
        `there is no state ${JSON.stringify(name)}; known: ${Object.keys(states).join(', ')}`,
      );
  };
  for (const name of Object.keys(states)) checkName('code', name, specs.lifecycle, `/states/${escapePointer(name)}`);
  transitions.forEach(({ from, to }, index) => {
    state(from, `/transitions/${index}/from`);
    state(to, `/transitions/${index}/to`);
  });
  for (const [name, milestone] of Object.entries(milestones)) {
    checkName('code', name, specs.lifecycle, `/milestones/${escapePointer(name)}`);
    state(milestone.state, `/milestones/${name}/state`);
  }
  checkStorage(specs.storage, set);
}

function checkStorage(source: Source, set: SchemaSet): void {
  const { redis, mongodb } = source.data as {
    redis: Record<
      string,
      { kind: string; key: string; notify: string; schema?: { $ref: string }; encoding: Record<string, string> }
    >;
    mongodb: Record<string, { schema: { $ref: string }; id?: string; indexes: { keys: Record<string, number> }[] }>;
  };
  for (const [name, { kind, key, notify, schema, encoding }] of Object.entries(redis)) {
    checkName('code', name, source, `/redis/${escapePointer(name)}`);
    for (const [, parameter] of key.matchAll(/\{([^}]*)\}/g))
      checkName('parameter', parameter ?? '', source, `/redis/${name}/key`);
    if (schema === undefined) continue;
    const fields = fieldsOf(refName(schema, source, `/redis/${name}/schema/$ref`), set);
    if (kind !== 'hash') continue;
    for (const [at, template] of Object.entries({ key, notify })) {
      for (const [whole, field] of template.matchAll(/\{([^}]*)\}/g)) {
        if (!fields.has(field ?? ''))
          throw new SpecError(
            source.locate(`/redis/${name}/${at}`),
            `${whole} is not a field of the hash; known: ${[...fields].join(', ')}`,
          );
      }
    }
    for (const field of Object.keys(encoding)) {
      if (!fields.has(field))
        throw new SpecError(
          source.locate(`/redis/${name}/encoding/${escapePointer(field)}`),
          `${JSON.stringify(field)} is not a field of the hash; known: ${[...fields].join(', ')}`,
        );
    }
  }
  for (const [name, { schema, id, indexes }] of Object.entries(mongodb)) {
    checkName('code', name, source, `/mongodb/${escapePointer(name)}`);
    const type = refName(schema, source, `/mongodb/${name}/schema/$ref`);
    const mustBeField = (path: string, at: string): void => {
      const parts = path.split('.');
      for (const [depth, field] of parts.entries()) {
        const fields = fieldsOf(type, set, parts.slice(0, depth));
        if (fields.has(field)) continue;
        const whole = depth === 0 ? 'the document' : parts.slice(0, depth).join('.');
        throw new SpecError(
          source.locate(`/mongodb/${name}/${at}`),
          `${JSON.stringify(field)} is not a field of ${whole}; known: ${[...fields].join(', ') || 'none'}`,
        );
      }
    };
    if (id !== undefined) mustBeField(id, 'id');
    indexes.forEach(({ keys }, index) => {
      for (const field of Object.keys(keys)) mustBeField(field, `indexes/${index}/keys/${escapePointer(field)}`);
    });
  }

  function refName(reference: { $ref: string }, from: Source, pointer: string): string {
    const name = /^schemas\/([A-Za-z0-9]+)\.json$/.exec(reference.$ref)?.[1] ?? '';
    if (!set.has(name))
      throw new SpecError(
        from.locate(pointer),
        `unresolved $ref ${JSON.stringify(reference.$ref)}: there is no such type in specs/schemas`,
      );
    return name;
  }
}

const EVENT_FIELDS = ['event', 'id', 'data'];

/** Holds each stream to what the wire of Server-Sent Events can carry: its schema is a type of these fields alone. */
export function checkEventStreams(
  openapi: JsonObject,
  operations: readonly RestOperation[],
  source: Source,
  set: SchemaSet,
): void {
  for (const { definition, pointer } of operations) {
    for (const [status, schema] of eventSchemas(openapi, definition)) {
      const at = `${pointer}/responses/${status}/content/${escapePointer(EVENT_STREAM)}/schema`;
      const fields = fieldsOf(String(schema['$ref'] ?? '').replace(/^.*\//, ''), set);
      const strange = [...fields].filter((field) => !EVENT_FIELDS.includes(field));
      if (!fields.has('event') || !fields.has('data') || strange.length > 0)
        throw new SpecError(
          source.locate(at),
          `the schema of a stream is that of one event: a type with \`event\`, \`data\` and perhaps \`id\`, and no other field`,
        );
    }
  }
}

/** Every field that an instance of a type, or what stands at a path in it, may have, through its alternatives. */
export function fieldsOf(name: string, set: SchemaSet, path: readonly string[] = []): Set<string> {
  const fields = new Set<string>();
  const collect = (schema: JsonObject, below: readonly string[]): void => {
    if (typeof schema['$ref'] === 'string') collect(set.get(schema['$ref'].slice(4))?.schema ?? {}, below);
    const [part, ...further] = below;
    if (isObject(schema['properties'])) {
      if (part === undefined) for (const field of Object.keys(schema['properties'])) fields.add(field);
      else if (isObject(schema['properties'][part])) collect(schema['properties'][part], further);
    }
    // MongoDB looks through lists by itself: attempts.outcome names a field of each of them.
    if (isObject(schema['items'])) collect(schema['items'], below);
    for (const key of ['oneOf', 'anyOf', 'allOf'])
      for (const branch of (schema[key] as JsonObject[] | undefined) ?? []) collect(branch, below);
  };
  collect(set.get(name)?.schema ?? {}, path);
  return fields;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
