import { buildDocuments, deref, parametersOf, restOperations } from '../../codegen/documents.ts';
import { buildSchemaSet, REF_PREFIX, type SchemaSet } from '../../codegen/schema-set.ts';
import type { Json, JsonObject, Specs } from '../../codegen/specs.ts';

/** A schema of the house's part of JSON Schema; its references are {"$ref": "dtq:NAME"}. */
export type Schema = JsonObject;

export interface Body {
  readonly contentType: string;
  readonly schema: Schema;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: Schema;
}

export interface Answer {
  readonly headers: Readonly<Record<string, { required: boolean; schema: Schema }>>;
  readonly bodies: readonly Body[];
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly deprecated: boolean;
  readonly secured: boolean;
  readonly parameters: readonly Parameter[];
  readonly bodyRequired: boolean;
  readonly bodies: readonly Body[];
  readonly answers: Readonly<Record<string, Answer>>;
}

export interface Message {
  readonly contentType: string;
  readonly correlation: string | null;
  readonly headers: Schema | null;
  readonly payload: Schema | null;
}

export interface Channel {
  readonly protocol: string;
  readonly address: string | null;
  readonly messages: Readonly<Record<string, Message>>;
  readonly kafka: { readonly partitions: number; readonly configuration: Readonly<Record<string, string>> } | null;
  /** The queue as it is declared: its flags and arguments. */
  readonly queue: JsonObject | null;
  /** What we do with it: `send`, `receive`, and of each where a reply is expected. */
  readonly roles: Readonly<Record<string, { readonly replyTo: string | null; readonly replyChannel: string | null }>>;
}

export interface RedisEntry {
  readonly kind: string;
  readonly key: string;
  readonly notify: string | null;
  readonly ttl: string | null;
  readonly schema: Schema | null;
  readonly encoding: Readonly<Record<string, string>>;
}

export interface Collection {
  readonly collection: string;
  readonly id: string | null;
  readonly schema: Schema;
  readonly indexes: readonly { name: string; keys: Record<string, number>; unique: boolean }[];
}

export interface NamedType {
  readonly schema: Schema;
  /** The file of specs/ that it is made from, with the pointer where it is a part of one. */
  readonly source: string;
  /** For a type that stands for one of each job type: job type -> name of that one. */
  readonly variants: Readonly<Record<string, string>> | null;
}

/** All that another program can see, in one form that does not depend on how specs/ is laid out. A bundle is this as JSON. */
export interface Contracts {
  readonly form: 1;
  readonly version: string;
  readonly jobTypes: readonly string[];
  readonly types: Readonly<Record<string, NamedType>>;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly channels: Readonly<Record<string, Channel>>;
  readonly redis: Readonly<Record<string, RedisEntry>>;
  readonly mongodb: Readonly<Record<string, Collection>>;
  readonly states: Readonly<Record<string, { final: boolean }>>;
  readonly transitions: readonly string[];
  readonly milestones: Readonly<Record<string, { state: string; progress_percent: number }>>;
  /** The problems of the API: code -> HTTP status. */
  readonly problems: Readonly<Record<string, number>>;
  readonly jobErrors: readonly string[];
}

/** The contracts that specs describe. Throws SpecError for a reference or a name that does not hold. */
export function contractsOf(specs: Specs): Contracts {
  const set = buildSchemaSet(specs);
  const { openapi, asyncapi } = buildDocuments(specs, set);
  const version = String((openapi['info'] as JsonObject)['version']);
  const other = String((asyncapi['info'] as JsonObject)['version']);
  if (version !== other)
    throw new Error(`specs/openapi.yaml says version ${version}, specs/asyncapi.yaml ${other}: the contracts have one`);
  const { states, transitions, milestones } = specs.lifecycle.data as {
    states: Record<string, { final: boolean }>;
    transitions: { from: string; to: string }[];
    milestones: Record<string, { state: string; progress_percent: number }>;
  };
  const { problems, job_errors } = specs.errors.data as {
    problems: Record<string, { status: number }>;
    job_errors: Record<string, unknown>;
  };
  const { redis, mongodb } = specs.storage.data as {
    redis: Record<string, JsonObject>;
    mongodb: Record<string, JsonObject>;
  };
  return {
    form: 1,
    version,
    jobTypes: specs.jobs.map(({ jobType }) => jobType),
    types: typesOf(set),
    operations: Object.fromEntries(
      restOperations(openapi, specs.openapi).map((operation) => [operation.id, operationOf(openapi, operation)]),
    ),
    channels: Object.fromEntries(
      Object.entries(asyncapi['channels'] as JsonObject).map(([id, channel]) => [
        id,
        channelOf(asyncapi, id, channel as JsonObject),
      ]),
    ),
    redis: mapValues(redis, (entry) => ({
      kind: String(entry['kind'] ?? 'hash'),
      key: String(entry['key']),
      notify: textOrNull(entry['notify']),
      ttl: textOrNull(entry['ttl']),
      schema: entry['schema'] === undefined ? null : local(entry['schema']),
      encoding: (entry['encoding'] ?? {}) as Record<string, string>,
    })),
    mongodb: mapValues(mongodb, (entry) => ({
      collection: String(entry['collection']),
      id: textOrNull(entry['id']),
      schema: local(entry['schema'] ?? {}),
      indexes: entry['indexes'] as unknown as Collection['indexes'],
    })),
    states: mapValues(states, ({ final }) => ({ final })),
    transitions: transitions.map(({ from, to }) => `${from} -> ${to}`),
    milestones: mapValues(milestones, ({ state, progress_percent }) => ({ state, progress_percent })),
    problems: mapValues(problems, ({ status }) => status),
    jobErrors: [...Object.keys(job_errors), ...specs.jobs.flatMap(({ errors }) => Object.keys(errors))],
  };
}

function typesOf(set: SchemaSet): Record<string, NamedType> {
  return Object.fromEntries(
    [...set.values()].map(({ name, schema, source, pointer, variants }) => [
      name,
      {
        schema: structuredClone(schema),
        source: pointer === '' ? source.file : `${source.file}#${pointer}`,
        variants: variants === undefined ? null : { ...variants },
      },
    ]),
  );
}

function operationOf(openapi: JsonObject, found: { method: string; path: string; definition: JsonObject }): Operation {
  const { definition, method, path } = found;
  const body = (definition['requestBody'] ?? {}) as JsonObject;
  const security = (definition['security'] ?? openapi['security'] ?? []) as Json[];
  return {
    method,
    path,
    deprecated: definition['deprecated'] === true,
    secured: security.length > 0,
    parameters: parametersOf(openapi, definition).map((parameter) => ({
      name: String(parameter['name']),
      in: String(parameter['in']),
      required: parameter['required'] === true,
      schema: local(parameter['schema'] ?? {}),
    })),
    bodyRequired: body['required'] === true,
    bodies: bodiesOf(body['content']),
    answers: mapValues(definition['responses'] as Record<string, JsonObject>, (answer) => {
      const { headers, content } = deref(openapi, answer);
      return {
        headers: mapValues((headers ?? {}) as Record<string, JsonObject>, (reference) => {
          const header = deref(openapi, reference);
          return { required: header['required'] === true, schema: local(header['schema'] ?? {}) };
        }),
        bodies: bodiesOf(content),
      };
    }),
  };
}

function bodiesOf(content: Json | undefined): Body[] {
  return Object.entries((content ?? {}) as Record<string, JsonObject>).map(([contentType, { schema }]) => ({
    contentType,
    schema: local(schema ?? {}),
  }));
}

function channelOf(asyncapi: JsonObject, id: string, channel: JsonObject): Channel {
  const bindings = (channel['bindings'] ?? {}) as { kafka?: JsonObject; amqp?: { queue?: JsonObject } };
  const [server] = channel['servers'] as JsonObject[];
  const partitions = bindings.kafka?.['partitions'];
  const roles: Record<string, { replyTo: string | null; replyChannel: string | null }> = {};
  for (const operation of Object.values(asyncapi['operations'] as Record<string, JsonObject>)) {
    if ((operation['channel'] as JsonObject)['$ref'] !== `#/channels/${id}`) continue;
    const reply = operation['reply'] as { address?: { location?: string }; channel?: { $ref?: string } } | undefined;
    roles[String(operation['action'])] = {
      replyTo: reply?.address?.location ?? null,
      replyChannel: reply?.channel?.$ref?.replace('#/channels/', '') ?? null,
    };
  }
  return {
    protocol: String((server === undefined ? {} : deref(asyncapi, server))['protocol'] ?? ''),
    address: textOrNull(channel['address'] ?? undefined),
    messages: mapValues(channel['messages'] as Record<string, JsonObject>, (reference) =>
      messageOf(asyncapi, deref(asyncapi, reference)),
    ),
    kafka:
      partitions === undefined
        ? null
        : {
            partitions: Number(partitions),
            configuration: mapValues((bindings.kafka?.['topicConfiguration'] ?? {}) as Record<string, Json>, (value) =>
              [value].flat().join(','),
            ),
          },
    queue: bindings.amqp?.queue ?? null,
    roles,
  };
}

function messageOf(asyncapi: JsonObject, message: JsonObject): Message {
  return {
    contentType: String(message['contentType'] ?? asyncapi['defaultContentType'] ?? ''),
    correlation: textOrNull((message['correlationId'] as JsonObject | undefined)?.['location']),
    headers: message['headers'] === undefined ? null : local(message['headers']),
    payload: message['payload'] === undefined ? null : local(message['payload']),
  };
}

/** A schema with its references in one form, wherever it came from. */
function local(schema: Json): Schema {
  const visit = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        key === '$ref' && typeof item === 'string'
          ? `${REF_PREFIX}${item
              .replace(/^.*\//, '')
              .replace(/\.json$/, '')
              .replace(REF_PREFIX, '')}`
          : visit(item),
      ]),
    );
  };
  return visit(schema) as Schema;
}

function textOrNull(value: Json | undefined): string | null {
  return value === undefined || value === null ? null : String(value);
}

export function mapValues<T, R>(object: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
