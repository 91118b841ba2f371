import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import { invalid, type ProblemAnswer, problem } from '@dtq/core/problem.ts';
import { unsupportedMediaType, violationsOf } from '@dtq/core/request-body.ts';
import type { BodyRule } from '@dtq/generated/rest/bodies.ts';
import {
  OPERATIONS,
  type OperationId,
  type Parameters,
  type RequestBody,
  type Response,
} from '@dtq/generated/rest/operations.ts';
import type { Preferences } from './prefer.ts';
import type { Store } from './store.ts';

/** What an answer is made of. */
export interface Mock {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly startedAt: number;
  /** From it and an Idempotency-Key the id of a job is made. */
  readonly seed: number;
  /** Those who hold an event stream or a request that waits. */
  readonly clients: { count: number };
}

/** A request that has passed the contract's validators. */
export interface MockRequest<Op extends OperationId> extends Parameters<Op> {
  readonly body: RequestBody<Op>;
  readonly prefer: Preferences;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** Answers one operation with one of the answers that the contract allows it; any other does not compile. */
export type Answer<Op extends OperationId> = (
  request: MockRequest<Op>,
  mock: Mock,
) => Response<Op> | Promise<Response<Op>>;

/** The API's own limits where nothing else is set (API_MAX_BODY_BYTES, API_MAX_BATCH_BYTES). */
const MAX_BODY_BYTES = 65_536;
const MAX_BATCH_BYTES = 4_194_304;

/** The operation of a method and a path with the values of the path's parameters; the methods of the path where it has others. */
export function operationOf(
  method: string,
  pathname: string,
):
  | { readonly id: OperationId; readonly path: Record<string, string> }
  | { readonly id: null; readonly allowed: readonly string[] } {
  const asked = method === 'HEAD' ? 'GET' : method;
  const allowed: string[] = [];
  for (const [id, { method: takes, path }] of Object.entries(OPERATIONS)) {
    const match = patternOf(path).exec(pathname);
    if (match === null) continue;
    if (takes.toUpperCase() === asked) {
      const values = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decoded(value)]);
      return { id: id as OperationId, path: Object.fromEntries(values) as Record<string, string> };
    }
    allowed.push(takes.toUpperCase());
  }
  if (allowed.includes('GET')) allowed.push('HEAD');
  return { id: null, allowed };
}

function patternOf(template: string): RegExp {
  const escaped = template.replace(/[.*+?^$|()[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\{([^}]+)\}/g, '(?<$1>[^/]+)')}$`);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** A query as the validators take it: a name that comes more than once has all of its values. */
export function queryOf(search: URLSearchParams): Record<string, string | string[] | undefined> {
  return Object.fromEntries(
    [...new Set(search.keys())].map((name) => {
      const values = search.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}

export type ReadBody =
  | { readonly ok: true; readonly body: unknown }
  | {
      readonly ok: false;
      readonly problem: ProblemAnswer<'invalid_json' | 'invalid_request' | 'body_too_large' | 'unsupported_media_type'>;
    };

/** Reads a body and holds it to the contract: media type, length, JSON, schema. */
export async function readBody(request: Request, id: OperationId, rule: BodyRule): Promise<ReadBody> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.byteLength === 0 && OPERATIONS[id].requestBody?.required === false) return { ok: true, body: undefined };
  const refused = unsupportedMediaType(Object.fromEntries(request.headers));
  if (refused !== null) return { ok: false, problem: problem('unsupported_media_type', { detail: refused }) };
  const maxBytes = id === 'submitJobs' ? MAX_BATCH_BYTES : MAX_BODY_BYTES;
  if (bytes.byteLength > maxBytes) {
    const detail = `The body may have at most ${maxBytes} bytes.`;
    return { ok: false, problem: problem('body_too_large', { detail }) };
  }
  let body: unknown;
  try {
    body = parseJson(bytes);
  } catch (error) {
    if (!(error instanceof JsonRefused)) throw error;
    return { ok: false, problem: problem('invalid_json', { detail: `The body ${error.message}.` }) };
  }
  const found = violationsOf(body, rule);
  return found.length === 0 ? { ok: true, body } : { ok: false, problem: invalid(found) };
}
