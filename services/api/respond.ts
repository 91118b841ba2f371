import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import { PROBLEM_TYPE, problem, shownPath } from '@dtq/core/problem.ts';
import type { Problem } from '@dtq/generated/schemas/types.ts';
import type { Context } from 'hono';
import { eventStream, type ServerSentEvent, SlowClient } from './event-stream.ts';
import type { ApiContext } from './route.ts';
import { SECURITY_HEADERS } from './security.ts';
import type { Connection } from './server.ts';

/** An answer that the types of the routes have proved; from here on only the common shape matters. */
export interface AnyAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly body: unknown;
  readonly headers: object;
  /** Of a stream: whether its client may be told more (gate.ts, isStill). */
  readonly isStill?: () => boolean;
}

/** What a request is known by: the id under which the log has it. */
export interface Asked {
  readonly traceId: string;
  readonly log: Logger;
}

export type ApiHono = Context<{ Bindings: Connection }>;

/** The code of the problem that an answer is; undefined for any other. */
export function problemOf({ type, body }: AnyAnswer): string | undefined {
  return type === PROBLEM_TYPE ? (body as Problem).code : undefined;
}

/** What is answered where the answer could not be made; the log has why. */
export function faultAnswer(error: unknown, url: string, { traceId, log }: Asked): AnyAnswer {
  if (error instanceof Unavailable)
    log.warn({ trace_id: traceId, err: error, part: error.part }, 'a store does not answer');
  else log.error({ trace_id: traceId, err: error, path: shownPath(url) }, 'a request failed');
  return faultProblem(error);
}

/** The same, of which the log has been told, or will be. */
export function faultProblem(error: unknown): AnyAnswer {
  if (!(error instanceof Unavailable)) return problem('internal_error');
  return problem('store_unavailable', { detail: 'A store that is needed for the answer does not answer.' });
}

/** An answer with all its headers. */
export function respond(c: ApiHono, answer: AnyAnswer, { traceId, log }: Asked): Response {
  const { status, type, body, headers } = answer;
  const code = problemOf(answer);
  // Callers quote what they see, so a problem carries the id under which the log has the rest.
  const content =
    code === undefined ? body : { ...(body as Problem), instance: shownPath(c.req.url), trace_id: traceId };
  if (code !== undefined) log.debug({ trace_id: traceId, code, status }, 'answered with a problem');
  return new Response(type === null ? null : JSON.stringify(content), { status, headers: headersOf(type, headers) });
}

/** An answer that goes on: its body is a stream of events. */
export function respondWithEvents(
  c: ApiHono,
  { status, type, body, headers, isStill: isAdmitted = () => true }: AnyAnswer,
  signal: AbortSignal,
  { config, clients }: Pick<ApiContext, 'config' | 'clients'>,
  { traceId, log }: Asked,
): Response {
  const events = body as ReadableStream<ServerSentEvent>;
  const onFault = (fault: unknown): void => {
    if (fault instanceof SlowClient) log.info({ trace_id: traceId }, fault.message);
    else log.error({ trace_id: traceId, err: fault, path: shownPath(c.req.url) }, 'an event stream failed');
  };
  const init = { status, headers: headersOf(type, headers) };
  if (c.req.raw.method === 'HEAD') {
    events.cancel().catch(onFault);
    return new Response(null, init);
  }
  const stream = eventStream(events, {
    heartbeatMs: config.eventsHeartbeatMs,
    signal,
    isAdmitted,
    closing: clients.closing,
    cut: c.env?.cut,
    onFault,
  });
  return new Response(stream, init);
}

// A plain object, and made at once: Headers, and every header that is set later, cost more than all the rest of an answer.
function headersOf(type: string | null, headers: object): Record<string, string> {
  const all: Record<string, string> = { ...SECURITY_HEADERS, 'Cache-Control': 'no-store' };
  if (type !== null) all['Content-Type'] = type;
  for (const [name, value] of Object.entries(headers)) all[name] = String(value);
  return all;
}
