import { checkName } from './names.ts';
import { fillTemplate, REF_PREFIX, referenced, type SchemaSet } from './schema-set.ts';
import { escapePointer, type Source } from './source.ts';
import { SpecError } from './spec-error.ts';
import type { JobSpec, Json, JsonObject, Specs } from './specs.ts';

/** A whole document: what is marked for each job type stands once a type, and every type it needs is in it. */
export interface Documents {
  readonly openapi: JsonObject;
  readonly asyncapi: JsonObject;
}

export interface RestOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly pointer: string;
  readonly definition: JsonObject;
}

/** Makes the whole OpenAPI and AsyncAPI documents. Throws SpecError for a reference or a name that does not hold. */
export function buildDocuments(specs: Specs, set: SchemaSet): Documents {
  return {
    openapi: wholeDocument(specs.openapi, specs.jobs, set, (schema) => forOpenapi(schema, set)),
    asyncapi: wholeDocument(specs.asyncapi, specs.jobs, set, forAsyncapi),
  };
}

function wholeDocument(
  source: Source,
  jobs: readonly JobSpec[],
  set: SchemaSet,
  render: (schema: JsonObject) => JsonObject,
): JsonObject {
  const needed = new Set<string>();
  const expanded = expand(source.data as Json, jobs) as JsonObject;
  const linked = link(expanded, '', source, set, needed, jobs) as JsonObject;
  const components = (linked['components'] ?? {}) as JsonObject;
  for (const name of needed) collectNeeded(set.get(name)?.schema ?? {}, needed);
  const schemas = Object.fromEntries([...needed].sort().map((name) => [name, render(set.get(name)?.schema ?? {})]));
  const document = { ...linked, components: { ...components, schemas } };
  checkLocalReferences(document, document, '', source, jobs);
  return document;
}

/** Repeats each member of an object that is marked x-dtq-for-each-job-type, once for each job type. */
function expand(value: Json, jobs: readonly JobSpec[]): Json {
  if (Array.isArray(value)) return value.map((item) => expand(item, jobs));
  if (typeof value !== 'object' || value === null) return value;
  const entries: [string, Json][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === 'object' && item !== null && !Array.isArray(item) && item['x-dtq-for-each-job-type'] === true) {
      const { 'x-dtq-for-each-job-type': _, ...body } = item;
      for (const job of jobs)
        entries.push([
          fillTemplate(key, job) as string,
          { ...(fillTemplate(body, job) as JsonObject), 'x-dtq-job-type': job.jobType },
        ]);
    } else {
      entries.push([key, expand(item, jobs)]);
    }
  }
  return Object.fromEntries(entries);
}

function link(
  value: Json,
  pointer: string,
  source: Source,
  set: SchemaSet,
  needed: Set<string>,
  jobs: readonly JobSpec[],
): Json {
  if (Array.isArray(value))
    return value.map((item, index) => link(item, `${pointer}/${index}`, source, set, needed, jobs));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref } = value;
  if (typeof $ref === 'string' && !$ref.startsWith('#')) {
    const name = referenced($ref, source, sourcePointer(`${pointer}/$ref`, jobs), set);
    needed.add(name);
    return { ...value, $ref: `#/components/schemas/${name}` };
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      link(item, `${pointer}/${escapePointer(key)}`, source, set, needed, jobs),
    ]),
  );
}

/** The pointer in the hand-written file for a pointer in the whole document: a job's name becomes its template again. */
export function sourcePointer(pointer: string, jobs: readonly JobSpec[]): string {
  let found = pointer;
  for (const job of jobs) {
    found = found
      .replace(new RegExp(`/channels/${job.jobType}((?:High|Low)?Jobs|DeadLetters)`), '/channels/{job_type}$1')
      .replace(new RegExp(`/(operations|components/messages)/([a-z]*)${job.pascal}`), '/$1/$2{JobType}');
  }
  return found;
}

function checkLocalReferences(
  value: Json,
  root: JsonObject,
  pointer: string,
  source: Source,
  jobs: readonly JobSpec[],
): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      checkLocalReferences(item, root, `${pointer}/${index}`, source, jobs);
    });
  } else if (typeof value === 'object' && value !== null) {
    const { $ref } = value;
    if (typeof $ref === 'string' && follow(root, $ref) === undefined) {
      throw new SpecError(
        source.locate(sourcePointer(`${pointer}/$ref`, jobs)),
        `unresolved $ref ${JSON.stringify($ref)}: there is nothing at that place`,
      );
    }
    for (const [key, item] of Object.entries(value))
      checkLocalReferences(item, root, `${pointer}/${escapePointer(key)}`, source, jobs);
  }
}

/** The value that a local reference (#/a/b) names, or undefined. */
export function follow(root: Json, reference: string): Json | undefined {
  let value: Json | undefined = root;
  for (const token of reference.slice(1).split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as JsonObject)[token.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return value;
}

function collectNeeded(value: Json, needed: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collectNeeded(item, needed);
  else if (typeof value === 'object' && value !== null) {
    const { $ref } = value;
    // A Set that grows while it is walked is walked to its end, so the caller's loop follows what is added here.
    if (typeof $ref === 'string') needed.add($ref.slice(REF_PREFIX.length));
    for (const item of Object.values(value)) collectNeeded(item, needed);
  }
}

/** A schema as OpenAPI 3.1 reads it: local references, discriminators, none of our own keywords. */
export function forOpenapi(schema: JsonObject, set: SchemaSet): JsonObject {
  const plain = rewrite(schema, (ref) => `#/components/schemas/${ref}`);
  const variants = Object.entries(set.get(String(schema['title']))?.variants ?? {});
  // OpenAPI's discriminator wants the property in each direct alternative; a nested union has none of its own.
  const direct = variants.every(([, name]) => set.get(name)?.schema['properties'] !== undefined);
  if (schema['x-dtq-union'] !== undefined && direct) {
    const mapping = Object.fromEntries(variants.map(([value, name]) => [value, `#/components/schemas/${name}`]));
    return { ...plain, discriminator: { propertyName: String(schema['x-dtq-union']), mapping } };
  }
  return plain;
}

function forAsyncapi(schema: JsonObject): JsonObject {
  return rewrite(schema, (ref) => `#/components/schemas/${ref}`);
}

/** A copy with references rewritten and our own keywords left out. */
export function rewrite(value: JsonObject, reference: (name: string) => string): JsonObject {
  const visit = (item: Json): Json => {
    if (Array.isArray(item)) return item.map(visit);
    if (typeof item !== 'object' || item === null) return item;
    const entries = Object.entries(item).filter(([key]) => !key.startsWith('x-dtq-'));
    return Object.fromEntries(
      entries.map(([key, inner]) => [
        key,
        key === '$ref' && typeof inner === 'string' && inner.startsWith(REF_PREFIX)
          ? reference(inner.slice(REF_PREFIX.length))
          : visit(inner),
      ]),
    );
  };
  return visit(value) as JsonObject;
}

/** Every operation of the OpenAPI document, in its order. Throws SpecError for a bad or repeated operationId. */
export function restOperations(openapi: JsonObject, source: Source): RestOperation[] {
  const operations: RestOperation[] = [];
  for (const [path, item] of Object.entries(openapi['paths'] as JsonObject)) {
    for (const [method, definition] of Object.entries(item as JsonObject)) {
      const pointer = `/paths/${escapePointer(path)}/${method}`;
      const id = String((definition as JsonObject)['operationId']);
      checkName('operation name', id, source, `${pointer}/operationId`);
      if (operations.some((other) => other.id === id))
        throw new SpecError(source.locate(`${pointer}/operationId`), `two operations with one name: ${id}`);
      const declared = parametersOf(openapi, definition as JsonObject).filter(
        (parameter) => parameter['in'] === 'path',
      );
      for (const [, name] of path.matchAll(/\{([^}]*)\}/g)) {
        if (!declared.some((parameter) => parameter['name'] === name))
          throw new SpecError(source.locate(pointer), `{${name}} of the path is not among the operation's parameters`);
      }
      operations.push({ id, method, path, pointer, definition: definition as JsonObject });
    }
  }
  return operations;
}

/** The parameters of an operation, references followed. */
export function parametersOf(openapi: JsonObject, definition: JsonObject): JsonObject[] {
  return ((definition['parameters'] as JsonObject[] | undefined) ?? []).map((parameter) => deref(openapi, parameter));
}

/** The object itself, or what its local reference names. */
export function deref(root: JsonObject, value: JsonObject): JsonObject {
  return typeof value['$ref'] === 'string' ? (follow(root, value['$ref']) as JsonObject) : value;
}

export const EVENT_STREAM = 'text/event-stream';

/** Whether an operation answers a stream of events. */
export function isEventStream(openapi: JsonObject, { definition }: RestOperation): boolean {
  return eventSchemas(openapi, definition).length > 0;
}

/** The schema of each stream that an operation answers, beside the status of the answer. */
export function eventSchemas(openapi: JsonObject, definition: JsonObject): (readonly [status: string, JsonObject])[] {
  return Object.entries(definition['responses'] as JsonObject).flatMap(([status, response]) => {
    const content = deref(openapi, response as JsonObject)['content'] as JsonObject | undefined;
    const stream = content?.[EVENT_STREAM] as JsonObject | undefined;
    return stream === undefined ? [] : [[status, stream['schema'] as JsonObject] as const];
  });
}
