import type { OperationId } from '@dtq/generated/rest/operations.ts';

/** The servers beside HTTP that the kit may look into, each where its address is given. */
export const WIRES = ['kafka', 'amqp', 'redis', 'mongo'] as const;
export type Wire = (typeof WIRES)[number];

/** How the server's own OpenAPI document shows that it has an optional part. */
type Shown =
  | { readonly operation: OperationId }
  | { readonly submitField: string }
  | { readonly parameter: string; readonly of: OperationId };

interface PartDefinition {
  readonly title: string;
  /** Undefined for a part that no OpenAPI document tells of: it is there unless it is declared as left out. */
  readonly shown?: Shown;
}

/** What contracts.md marks as *ours*: an implementation may leave it out, and says so. */
export const PARTS = {
  results: { title: 'the durable document over HTTP', shown: { operation: 'getJob' } },
  wait: { title: 'waiting for the end of a job', shown: { parameter: 'wait', of: 'getJob' } },
  events: { title: 'the event stream of a job', shown: { operation: 'watchJob' } },
  list: { title: 'the list of jobs', shown: { operation: 'listJobs' } },
  batch: { title: 'many jobs in one request', shown: { operation: 'submitJobs' } },
  cancel: { title: 'cancelling a job', shown: { operation: 'cancelJob' } },
  positions: { title: 'the place of a job in its queue', shown: { operation: 'getJobPosition' } },
  failures: { title: 'the report of failures', shown: { operation: 'listFailures' } },
  'dead-letters': { title: 'dead letters over HTTP', shown: { operation: 'listDeadLetters' } },
  replays: { title: 'replays', shown: { operation: 'replayJobs' } },
  system: { title: 'the system report', shown: { operation: 'getSystem' } },
  probes: { title: 'liveness and readiness', shown: { operation: 'getLiveness' } },
  schedule: { title: 'jobs that run later', shown: { submitField: 'delay' } },
  expiry: { title: 'jobs that expire', shown: { submitField: 'expires_at' } },
  priorities: { title: 'priorities other than normal', shown: { submitField: 'priority' } },
  idempotency: { title: 'Idempotency-Key', shown: { parameter: 'Idempotency-Key', of: 'submitJob' } },
  'failing-job': { title: 'a job that fails: --failing-job' },
  'slow-job': { title: 'a job that runs for ten seconds and more: --slow-job' },
  'dead-letter-topics': { title: 'topics of dead letters' },
  history: { title: 'attempt, sequence and history in the hash of a status' },
  'open-jobs': { title: 'the index of open jobs in Redis' },
} as const satisfies Readonly<Record<string, PartDefinition>>;

export type Part = keyof typeof PARTS;

/** What a check cannot do without. */
export type Need = Wire | Part;

export function isPart(name: string): name is Part {
  return Object.hasOwn(PARTS, name);
}

/** Of an OpenAPI document only what the kit looks at. */
interface OpenApi {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components?: object;
}
interface OpenApiOperation {
  readonly parameters?: readonly unknown[];
  readonly requestBody?: unknown;
}

/**
 * Why an optional part is left out by what the server's own OpenAPI document offers; null where the document has it. Routes are
 * found by method and path, whatever the server calls them.
 */
export function missingIn(
  document: OpenApi,
  part: Part,
  routeOf: (id: OperationId) => { method: string; path: string },
): string | null {
  const { shown }: PartDefinition = PARTS[part];
  if (shown === undefined) return null;
  const id = 'operation' in shown ? shown.operation : 'of' in shown ? shown.of : 'submitJob';
  const { method, path } = routeOf(id);
  const operation = document.paths?.[path]?.[method];
  const name = `${method.toUpperCase()} ${path}`;
  if (operation === undefined) return `its OpenAPI document offers no ${name}`;
  if ('operation' in shown) return null;
  if ('parameter' in shown) {
    const names = (operation.parameters ?? []).map((one) => (resolved(document, one) as { name?: string }).name);
    return names.includes(shown.parameter) ? null : `${name} in its OpenAPI document takes no ${shown.parameter}`;
  }
  return hasProperty(document, operation.requestBody, shown.submitField, new Set())
    ? null
    : `the body of ${name} in its OpenAPI document has no ${shown.submitField}`;
}

function resolved(document: OpenApi, value: unknown): unknown {
  const reference = (value as { $ref?: unknown } | undefined)?.$ref;
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return value;
  let found: unknown = document;
  for (const token of reference.slice(2).split('/'))
    found = (found as Record<string, unknown> | undefined)?.[token.replaceAll('~1', '/').replaceAll('~0', '~')];
  return found;
}

/** Whether a schema, or one that it is put together from, has a property. */
function hasProperty(document: OpenApi, schema: unknown, name: string, seen: Set<unknown>): boolean {
  const value = resolved(document, schema);
  if (typeof value !== 'object' || value === null || seen.has(value)) return false;
  seen.add(value);
  const { properties } = value as { properties?: object };
  if (properties !== undefined && Object.hasOwn(properties, name)) return true;
  return Object.entries(value)
    .filter(
      ([key]) =>
        ['content', 'application/json', 'schema', 'oneOf', 'anyOf', 'allOf'].includes(key) || /^\d+$/.test(key),
    )
    .some(([, item]) => hasProperty(document, item, name, seen));
}
