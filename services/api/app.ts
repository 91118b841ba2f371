import { randomUUID } from 'node:crypto';
import { METRICS_PATH } from '@dtq/core/metrics.ts';
import { problem, shownPath } from '@dtq/core/problem.ts';
import { OPERATIONS, type OperationId } from '@dtq/generated/rest/operations.ts';
import { Hono } from 'hono';
import { crossOrigin } from './cors.ts';
import { docsRoutes } from './docs.ts';
import { Gate } from './gate.ts';
import { type AnyRoute, handlerOf } from './operation.ts';
import { pageRoutes } from './page.ts';
import { honoPaths, OtherMethods } from './paths.ts';
import { type ApiHono, type Asked, faultAnswer, respond } from './respond.ts';
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

type App = Hono<{ Bindings: Connection }>;

/** The whole API as one function from Request to Response: the contract's operations, the documents, and the page. */
export function createApp({ routes, context, pageFolder, docsFolder, showsMetrics = false }: AppOptions): App {
  const { config, log, telemetry } = context;
  const unnamed = (): Asked => ({ traceId: randomUUID(), log });
  const failed = (error: Error, c: ApiHono): Response => {
    const asked = unnamed();
    return respond(c, faultAnswer(error, c.req.url, asked), asked);
  };
  const files: App = new Hono();
  files.use(securityHeaders());
  if (showsMetrics) {
    const { metrics } = telemetry;
    files.get(METRICS_PATH, async (c) => c.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType }));
  }
  files.route('/', docsRoutes(docsFolder));
  if (pageFolder !== undefined) files.route('/', pageRoutes(pageFolder));
  files.onError(failed);
  files.notFound((c) => {
    const detail = `There is no ${c.req.method} ${shownPath(c.req.url)}.`;
    return respond(c, problem('route_not_found', { detail }), unnamed());
  });

  // An operation is one handler, and nothing goes before or behind it: whatever all share, each pays for.
  const app: App = new Hono();
  if (config.corsOrigins.length > 0) app.use(crossOrigin(config.corsOrigins));
  const gate = new Gate(config, context.clock);
  for (const id of Object.keys(OPERATIONS) as OperationId[]) {
    const { method, path } = OPERATIONS[id];
    app.on(method.toUpperCase(), honoPaths(path), handlerOf(id, routes[id] as AnyRoute, context, gate));
  }
  app.onError(failed);
  const otherMethods = new OtherMethods();
  app.notFound((c) => {
    const allowed = otherMethods.of(c.req.path);
    if (allowed === undefined) return files.fetch(c.req.raw, c.env);
    const answer = problem('method_not_allowed', { detail: `${c.req.method} is not among ${allowed}.` });
    return respond(c, { ...answer, headers: { Allow: allowed } }, unnamed());
  });
  return app;
}
