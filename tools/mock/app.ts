import { randomUUID } from 'node:crypto';
import { invalid, PROBLEM_TYPE, problem, shownPath } from '@dtq/core/problem.ts';
import { violations } from '@dtq/core/violations.ts';
import openapi from '@dtq/generated/documents/openapi.json' with { type: 'json' };
import { BODIES } from '@dtq/generated/rest/bodies.ts';
import { EVENT_STREAM, OPERATIONS, type OperationId } from '@dtq/generated/rest/operations.ts';
import { PARAMETERS } from '@dtq/generated/rest/parameters.js';
import type { JobEvent, Problem } from '@dtq/generated/schemas/types.ts';
import { ANSWERS } from './answers/answers.ts';
import { bytesOf } from './event-bytes.ts';
import { type Folders, fileAt } from './files.ts';
import { someLetters } from './letters.ts';
import type { MockOptions } from './options.ts';
import { livePast } from './past.ts';
import { readPreferences } from './prefer.ts';
import { seeded } from './random.ts';
import { type Mock, operationOf, queryOf, readBody } from './request.ts';
import { Store } from './store.ts';

export interface AppOptions extends MockOptions, Folders {
  /** Milliseconds since 1970; the machine's clock where it is left out. */
  readonly now?: () => number;
  /** Aborted when the mock ends; its streams end then. */
  readonly closing?: AbortSignal;
}

// The types of the answers have proved what each operation may say; from here on only their common shape matters.
interface AnyAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly body: unknown;
  readonly headers: object;
}
type AnyRoute = (request: object, mock: Mock) => AnyAnswer | Promise<AnyAnswer>;

/** The whole mock as one function from Request to Response. */
export function createApp(options: AppOptions): (request: Request) => Promise<Response> {
  const now = options.now ?? Date.now;
  const store = new Store(options);
  const startedAt = now();
  for (const letter of someLetters(seeded(options.seed, 0), startedAt)) store.bury(letter);
  livePast(store, options, startedAt);
  const mock: Mock = { store, now, startedAt, seed: options.seed, clients: { count: 0 } };
  return async (request) => {
    const url = new URL(request.url);
    // A mock that ends does not wait for those who wait.
    if (options.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, options.latencyMs).unref());
    const operation = operationOf(request.method, url.pathname);
    if (operation.id !== null) return answerOperation(request, url, operation, mock, options);
    if (operation.allowed.length > 0) {
      const allowed = operation.allowed.join(', ');
      const detail = `${request.method} is not among ${allowed}.`;
      return respond(request, url, { ...problem('method_not_allowed', { detail }), headers: { Allow: allowed } });
    }
    if (url.pathname === '/openapi.json' && request.method === 'GET') return Response.json(openapi);
    const file = await fileAt(request, url.pathname, options);
    const detail = `There is no ${request.method} ${shownPath(url.href)}.`;
    return file ?? respond(request, url, problem('route_not_found', { detail }));
  };
}

async function answerOperation(
  request: Request,
  url: URL,
  { id, path }: { readonly id: OperationId; readonly path: Record<string, string> },
  mock: Mock,
  { closing }: AppOptions,
): Promise<Response> {
  const parameters = { path, query: queryOf(url.searchParams), header: Object.fromEntries(request.headers) };
  const validate = PARAMETERS[id];
  if (!validate(parameters)) return respond(request, url, invalid(violations(validate.errors, parameters, '#')));
  const { prefer, faults } = readPreferences(request.headers.get('prefer'), id);
  // The contract has no 400 for an operation that nothing can be wrong with; there the header is as unknown as anywhere else.
  if (faults.length > 0 && '400' in OPERATIONS[id].responses) return respond(request, url, invalid(faults));
  if (prefer.problem !== undefined) {
    const detail = 'It was asked for with the header Prefer.';
    return respond(request, url, problem(prefer.problem, { detail }), 'problem');
  }
  const rule = BODIES[id];
  const read = rule === null ? ({ ok: true, body: undefined } as const) : await readBody(request, id, rule);
  if (!read.ok) return respond(request, url, read.problem);
  const signal = closing === undefined ? request.signal : AbortSignal.any([request.signal, closing]);
  const route = ANSWERS[id] as AnyRoute;
  const answer = await route({ ...parameters, body: read.body, prefer, signal }, mock);
  return respond(request, url, answer, prefer.example === undefined ? undefined : 'example');
}

function respond(request: Request, url: URL, answer: AnyAnswer, applied?: string): Response {
  const { status, type, body, headers } = answer;
  const sent = new Headers({ 'Cache-Control': 'no-store' });
  for (const [name, value] of Object.entries(headers)) sent.set(name, String(value));
  if (type !== null) sent.set('Content-Type', type);
  if (applied !== undefined) sent.set('Preference-Applied', applied);
  if (type === EVENT_STREAM) {
    const events = body as ReadableStream<JobEvent>;
    if (request.method !== 'HEAD') return new Response(bytesOf(events), { status, headers: sent });
    void events.cancel();
  }
  if (type === null || request.method === 'HEAD') return new Response(null, { status, headers: sent });
  const isProblem = type === PROBLEM_TYPE;
  const content = isProblem ? { ...(body as Problem), instance: shownPath(url.href), trace_id: randomUUID() } : body;
  return new Response(JSON.stringify(content), { status, headers: sent });
}
