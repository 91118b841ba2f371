import { randomUUID } from 'node:crypto';
import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import { METRICS_PATH } from '@dtq/core/metrics.ts';
import { invalid, type ProblemAnswer, problem } from '@dtq/core/problem.ts';
import { violations } from '@dtq/core/violations.ts';
import { BODIES } from '@dtq/generated/rest/bodies.ts';
import { EVENT_STREAM, OPERATIONS, type OperationId } from '@dtq/generated/rest/operations.ts';
import { PARAMETERS } from '@dtq/generated/rest/parameters.js';
import type { Problem } from '@dtq/generated/schemas/types.ts';
import { type Context, Hono } from 'hono';
import { METHOD_NAME_ALL } from 'hono/router';
import { audit } from './audit.ts';
import { readBody } from './body.ts';
import { crossOrigin } from './cors.ts';
import { docsRoutes } from './docs.ts';
import { eventStream, type ServerSentEvent, SlowClient } from './event-stream.ts';
import { Gate } from './gate.ts';
import { type ObservedVariables, observeRequest } from './observe-request.ts';
import { pageRoutes } from './page.ts';
import { RequestLife } from './request-life.ts';
import type { ApiContext, Route } from './route.ts';
import { securityHeaders } from './security.ts';
import type { Connection } from './server.ts';

export interface AppOptions {
  /** The wiring's table; only a `main` knows it. */
  readonly routes: { readonly [Op in OperationId]: Route<Op> };
  readonly context: ApiContext;
  /** Folder of the built page; undefined for an API without one. */
  readonly pageFolder?: string | undefined;
  /** Whether it shows what it counts to whoever asks; for listeners that only this machine reaches. */
  readonly showsMetrics?: boolean;
  /** Folder where the documentation of the contracts may have been built; undefined for an API without it. */
  readonly docsFolder?: string | undefined;
}

type Variables = { Variables: ObservedVariables & { traceId: string; log: Logger }; Bindings: Connection };

/** The whole API as one function from Request to Response: the contract's operations, the documents, and the page. */
export function createApp({
  routes,
  context,
  pageFolder,
  docsFolder,
  showsMetrics = false,
}: AppOptions): Hono<Variables> {
  const app = new Hono<Variables>();
  app.use(securityHeaders());
  app.use(crossOrigin(context.config.corsOrigins));
  app.use(async (c, next) => {
    const traceId = randomUUID();
    c.set('traceId', traceId);
    c.set('log', context.log);
    await next();
  });
  const gate = new Gate(context.config, context.clock);
  for (const id of Object.keys(OPERATIONS) as OperationId[]) mount(app, id, routes[id] as AnyRoute, context, gate);
  refuseOtherMethods(app);
  if (showsMetrics) {
    const { metrics } = context.telemetry;
    app.get(METRICS_PATH, async (c) => c.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType }));
  }
  app.route('/', docsRoutes(docsFolder));
  if (pageFolder !== undefined) app.route('/', pageRoutes(pageFolder));
  app.notFound((c) =>
    respond(c, problem('route_not_found', { detail: `There is no ${c.req.method} ${shownPath(c)}.` })),
  );
  app.onError((error, c) => {
    if (error instanceof Unavailable) {
      c.get('log').warn({ trace_id: c.get('traceId'), err: error, part: error.part }, 'a store does not answer');
    } else {
      c.get('log').error({ trace_id: c.get('traceId'), err: error, path: shownPath(c) }, 'a request failed');
    }
    return respond(c, problemOf(error));
  });
  return app;
}

function mount(app: Hono<Variables>, id: OperationId, route: AnyRoute, context: ApiContext, gate: Gate): void {
  const { method, path: template } = OPERATIONS[id];
  const rule = BODIES[id];
  const { maxBodyBytes, maxBatchBytes } = context.config;
  const maxBytes = id === 'submitJobs' ? maxBatchBytes : maxBodyBytes;
  const required = OPERATIONS[id].requestBody?.required ?? false;
  app.on(method.toUpperCase(), honoPaths(template), observeRequest(id, context), async (c) => {
    const traceId = c.get('traceId');
    // One child a request: each costs as much as a line.
    const log = context.log.child({ trace_id: traceId, operation: id });
    const header = c.req.header();
    const path = c.req.param() as Record<string, string>;
    const admission = gate.enter({ operation: id, headers: header, connection: c.env?.address });
    const { caller, address } = admission;
    let sent: unknown;
    const note = (answer: AnyAnswer): void => audit(log, { operation: id, caller, address, path, body: sent, answer });
    if (!admission.ok) {
      note(admission.answer);
      return respond(c, admission.answer);
    }
    const parameters = {
      path,
      query: Object.fromEntries(
        Object.entries(c.req.queries()).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
      ),
      header,
    };
    const validate = PARAMETERS[id];
    if (!validate(parameters)) {
      const answer = invalid(violations(validate.errors, parameters, '#'));
      note(answer);
      return respond(c, answer);
    }
    const life = new RequestLife(c.req.raw, context.config.requestTimeoutMs);
    let isReading = rule !== null;
    const answering = async (): Promise<AnyAnswer> => {
      const read =
        rule === null
          ? ({ ok: true, body: undefined } as const)
          : await readBody(c.req.raw, rule, { maxBytes, required });
      isReading = false;
      if (!read.ok) return read.problem;
      sent = read.body;
      const request = {
        ...parameters,
        body: read.body,
        traceId,
        caller,
        charge: admission.charge,
        log,
        extendTime: life.extend,
        get signal() {
          return life.signal;
        },
      };
      return await route(request, context);
    };
    const answered = answering();
    let isUnread = false;
    // What fails was perhaps done in part, and what comes too late may yet be done: neither goes without its line.
    answered.then(
      (answer) => isUnread || note(answer),
      (error: unknown) => isUnread || note(problemOf(error)),
    );
    const answer = (await life.within(answered)) ?? tooLate(isReading, life.limitMs);
    if (isReading) {
      isUnread = true;
      note(answer);
    }
    if (answer.type !== EVENT_STREAM) return respond(c, answer);
    return respondWithEvents(c, answer, { signal: life.signal, isAdmitted: admission.isStill }, context);
  });
}

/** What is answered where an operation fails. */
function problemOf(error: unknown): ProblemAnswer<'store_unavailable' | 'internal_error'> {
  if (!(error instanceof Unavailable)) return problem('internal_error');
  return problem('store_unavailable', { detail: 'A store that is needed for the answer does not answer.' });
}

/** What is answered when the time is over: whose fault it is shows in whether the body had arrived by then. */
function tooLate(isReading: boolean, limitMs: number): AnyAnswer {
  if (!isReading) return problem('request_timeout', { detail: `The answer took longer than ${limitMs} ms.` });
  const answer = problem('request_too_slow', { detail: `The body did not arrive within ${limitMs} ms.` });
  // What is still to come of it is not read.
  return { ...answer, headers: { Connection: 'close' } };
}

/** A path of the contract asked for with another method is not unknown: the answer names the methods it takes. */
function refuseOtherMethods(app: Hono<Variables>): void {
  const methods = Map.groupBy(Object.values(OPERATIONS), ({ path }) => path);
  for (const [path, operations] of methods) {
    const allowed = operations.map(({ method }) => method.toUpperCase());
    if (allowed.includes('GET')) allowed.push('HEAD');
    app.on(METHOD_NAME_ALL, honoPaths(path), (c) => {
      c.header('Allow', allowed.join(', '));
      return respond(
        c,
        problem('method_not_allowed', { detail: `${c.req.method} is not among ${allowed.join(', ')}.` }),
      );
    });
  }
}

/** "/v1/jobs/{job_id}" -> "/v1/jobs/:job_id"; a colon of the path itself also as clients write it that encode every segment. */
function honoPaths(path: string): string[] {
  const encodings = path.includes(':') ? [':', '%3A', '%3a'] : [':'];
  return encodings.map((colon) => path.replaceAll(':', colon).replace(/\{([^}]+)\}/g, ':$1'));
}

// The types of the routes have proved which answers there can be; from here on only their common shape matters.
interface AnyAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly body: unknown;
  readonly headers: object;
}
type AnyRoute = (request: object, context: ApiContext) => Promise<AnyAnswer>;

function respond(c: Context<Variables>, { status, type, body, headers }: AnyAnswer): Response {
  const isProblem = type === 'application/problem+json';
  // Callers quote what they see, so a problem carries the id under which the log has the rest.
  const content = isProblem ? { ...(body as Problem), instance: shownPath(c), trace_id: c.get('traceId') } : body;
  if (isProblem) {
    const { code } = body as Problem;
    c.set('problem', code);
    c.get('log').debug({ trace_id: c.get('traceId'), code, status }, 'answered with a problem');
  }
  setHeaders(c, type, headers);
  return type === null ? c.body(null, status as 204) : c.body(JSON.stringify(content), status as 200);
}

/** An answer that goes on: its body is a stream of events. */
function respondWithEvents(
  c: Context<Variables>,
  { status, type, body, headers }: AnyAnswer,
  { signal, isAdmitted }: { readonly signal: AbortSignal; readonly isAdmitted: () => boolean },
  { config, clients }: ApiContext,
): Response {
  const events = body as ReadableStream<ServerSentEvent>;
  const onFault = (fault: unknown): void => {
    if (fault instanceof SlowClient) c.get('log').info({ trace_id: c.get('traceId') }, fault.message);
    else c.get('log').error({ trace_id: c.get('traceId'), err: fault, path: shownPath(c) }, 'an event stream failed');
  };
  setHeaders(c, type, headers);
  if (c.req.raw.method === 'HEAD') {
    events.cancel().catch(onFault);
    return c.body(null, status as 200);
  }
  const stream = eventStream(events, {
    heartbeatMs: config.eventsHeartbeatMs,
    signal,
    isAdmitted,
    closing: clients.closing,
    cut: c.env?.cut,
    onFault,
  });
  return c.body(stream, status as 200);
}

function setHeaders(c: Context<Variables>, type: string | null, headers: object): void {
  for (const [name, value] of Object.entries(headers)) c.header(name, String(value));
  c.header('Content-Type', type ?? undefined);
  c.header('Cache-Control', 'no-store');
}

/** The path as it was asked for, as a URI reference of bounded length. */
function shownPath(c: Context): string {
  const path = URL.parse(c.req.url)?.pathname ?? '/';
  // What a client sends after a % need not be two digits; in a URI reference it must.
  return path.slice(0, 500).replace(/%(?![0-9A-Fa-f]{2})/g, '%25');
}
