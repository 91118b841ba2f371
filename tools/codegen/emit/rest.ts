import { roleOf } from '../check-roles.ts';
import { deref, EVENT_STREAM, isEventStream, type RestOperation } from '../documents.ts';
import type { SchemaSet } from '../schema-set.ts';
import type { JsonObject } from '../specs.ts';
import { banner, docComment, type Files, literal } from './text.ts';

/** The table of operations, types of their requests and responses, and the typed client. */
export function emitRest(openapi: JsonObject, operations: readonly RestOperation[], set: SchemaSet): Files {
  return new Map([
    ['rest/operations.ts', table(openapi, operations)],
    // A client that reads one answer as one value has no use for a stream; its path is that of operationPath.
    ['rest/client.ts', client(operations.filter((operation) => !isEventStream(openapi, operation)))],
    ['rest/bodies.ts', bodies(operations, set)],
  ]);
}

function table(openapi: JsonObject, operations: readonly RestOperation[]): string {
  const rows = operations.map((operation) => {
    const { id, method, path, definition } = operation;
    const body = definition['requestBody'] as JsonObject | undefined;
    const responses = Object.entries(definition['responses'] as JsonObject).map(([status, response]) => {
      const content = deref(openapi, response as JsonObject)['content'] as JsonObject | undefined;
      return [status, Object.keys(content ?? {})];
    });
    const row = {
      method,
      path,
      role: roleOf(operation),
      requestBody:
        body === undefined
          ? null
          : { required: body['required'] === true, mediaTypes: Object.keys(body['content'] as JsonObject) },
      responses: Object.fromEntries(responses),
    };
    return `${docComment(String(definition['summary']))}\n${id}: ${literal(row)},`;
  });
  return `${banner('specs/openapi.yaml')}import type { operations } from '../schemas/openapi-types.ts';
import type { ApiRole } from '../schemas/types.ts';

export type OperationId = keyof typeof OPERATIONS;

export interface OperationDefinition {
  readonly method: 'get' | 'post' | 'put' | 'delete' | 'patch';
  /** The path as OpenAPI writes it, with {name} for a parameter. */
  readonly path: string;
  /** What a key must be able to do; null for what everybody may ask. */
  readonly role: ApiRole | null;
  readonly requestBody: { readonly required: boolean; readonly mediaTypes: readonly string[] } | null;
  /** Status -> media types of its body. */
  readonly responses: { readonly [status: string]: readonly string[] };
}

/** Every operation of the REST contract. */
export const OPERATIONS = {
${rows.join('\n')}
} as const satisfies { readonly [Id in keyof operations]: OperationDefinition };

/**
 * The path of an operation with its parameters filled in and encoded, such as /v1/jobs/ID/status. A value that would climb
 * ("." and "..") cannot be encoded in a URL and throws RangeError.
 */
export function operationPath<Op extends OperationId>(id: Op, parameters: Parameters<Op>['path']): string {
  return OPERATIONS[id].path.replace(/\\{([^}]+)\\}/g, (_whole, name: string) => {
    const value = String((parameters as Record<string, unknown>)[name]);
    if (value === '' || value === '.' || value === '..') throw new RangeError(\`\${name} cannot be \${JSON.stringify(value)} in a path\`);
    return encodeURIComponent(value);
  });
}

type Place = 'path' | 'query' | 'header';
type Part<Op extends OperationId, P extends Place> = Declared<operations[Op]['parameters'] extends { [K in P]?: infer Values } ? Values : never>;
// A part of which every member is optional may be missing as a whole for a client; a route always gets it.
type Declared<Values> = [NonNullable<Values>] extends [never] ? Record<string, never> : NonNullable<Values>;
type LowerCase<Values> = { [Name in keyof Values as Name extends string ? Lowercase<Name> : Name]: Values[Name] };

/** The parameters of an operation, by where they stand. The names of headers are in lower case, as HTTP libraries give them. */
export interface Parameters<Op extends OperationId> {
  path: Part<Op, 'path'>;
  query: Part<Op, 'query'>;
  header: LowerCase<Part<Op, 'header'>>;
}

/** The body that an operation takes; undefined for one that takes none, and for one that was not sent and need not be. */
export type RequestBody<Op extends OperationId> = operations[Op] extends { requestBody: infer Sent } ? JsonOf<Sent> : JsonOf<operations[Op]['requestBody']> | undefined;
type JsonOf<Sent> = Extract<Sent, { content: { 'application/json': unknown } }>['content']['application/json'];

type Responses<Op extends OperationId> = operations[Op]['responses'];
type Headers<Response> = Response extends { headers: infer Values } ? { [Name in keyof Values as string extends Name ? never : Name]: Values[Name] } : never;


/** The media type of a stream of events; the schema of such a body is that of one event. */
export const EVENT_STREAM = '${EVENT_STREAM}';

type BodyOf<Type, Content> = Type extends typeof EVENT_STREAM ? ReadableStream<Content> : Content;

/** Every answer that the contract allows an operation: a status with its media type, body and headers. */
export type Response<Op extends OperationId> = {
  [Status in keyof Responses<Op> & number]: Responses<Op>[Status] extends { content: infer Content }
    ? { [Type in keyof Content & string]: { status: Status; type: Type; body: BodyOf<Type, Content[Type]>; headers: Headers<Responses<Op>[Status]> } }[keyof Content & string]
    : { status: Status; type: null; body: null; headers: Headers<Responses<Op>[Status]> };
}[keyof Responses<Op> & number];
`;
}

function client(operations: readonly RestOperation[]): string {
  const rows = operations.map(({ id, method, path, definition }) => {
    const optional = method === 'get' && !path.includes('{') ? '?' : '';
    const type = `FetchOptions<paths[${literal(path)}][${literal(method)}]>`;
    return `${docComment(`${String(definition['summary'])}. \`${method.toUpperCase()} ${path}\``)}\n${id}: (options${optional}: ${type}): Promise<Result<${literal(id)}>> => typed(http.${method.toUpperCase()}(${literal(path)}, options)),`;
  });
  return `${banner('specs/openapi.yaml')}import createFetchClient, { type ClientOptions, type FetchOptions } from 'openapi-fetch';
import type { paths } from '../schemas/openapi-types.ts';
import type { OperationId, Response as Answer } from './operations.ts';

export type { ClientOptions };

/** The statuses of the contract that are a success. */
type Good = 200 | 201 | 202 | 204 | 207;

/** What an operation answers where it succeeds, and where it does not. */
export type Success<Op extends OperationId> = Extract<Answer<Op>, { status: Good }>['body'];
export type Failure<Op extends OperationId> = Exclude<Answer<Op>, { status: Good }>['body'];

export type Result<Op extends OperationId> =
  | { readonly data: Success<Op>; readonly error?: undefined; readonly response: Response }
  | { readonly data?: undefined; readonly error: Failure<Op>; readonly response: Response };

// openapi-fetch's own types drop every field whose type is null alone, such as the \`error\` of a completed job.
function typed<Op extends OperationId>(result: Promise<unknown>): Promise<Result<Op>> {
  return result as Promise<Result<Op>>;
}

/**
 * A client with one method for each operation but those that answer a stream. Each resolves to \`{ data, error, response }\`: test \`response.ok\`, for an
 * empty error body gives an empty \`error\`. Rejects only where no answer came at all.
 */
export function createClient(options: ClientOptions) {
  const http = createFetchClient<paths>(options);
  return {
${rows.join('\n')}
  };
}

export type Client = ReturnType<typeof createClient>;
`;
}

/** How the body of each operation is held to its schema: by one validator, or by that of its kind. */
function bodies(operations: readonly RestOperation[], set: SchemaSet): string {
  const rows = operations.map(({ id, definition }) => {
    const content = (definition['requestBody'] as JsonObject | undefined)?.['content'] as JsonObject | undefined;
    const schema = (content?.['application/json'] as JsonObject | undefined)?.['schema'] as JsonObject | undefined;
    if (schema === undefined) return `${id}: null,`;
    const name = String(schema['$ref']).replace(/^.*\//, '');
    const by = set.get(name)?.variants === undefined ? null : set.get(name)?.schema['x-dtq-union'];
    return `${id}: { by: ${literal(by ?? null)}, validators: ${by === null ? `{ only: strict.${name} }` : `strict.${name}`} },`;
  });
  return `${banner('specs/openapi.yaml')}import type { Validator } from '../validators/validator.ts';
import * as strict from '../validators/strict.ts';
import type { OperationId } from './operations.ts';

export interface BodyRule {
  /** The field whose value names the validator; null where there is only one. */
  readonly by: string | null;
  readonly validators: { readonly [kind: string]: Validator<unknown> };
}

/** How the body of each operation is held to its schema; null for one that takes none. */
export const BODIES: { readonly [Op in OperationId]: BodyRule | null } = {
${rows.join('\n')}
};
`;
}
