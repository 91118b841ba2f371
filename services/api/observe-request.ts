import type { Logger } from '@dtq/core/log.ts';
import { traced } from '@dtq/core/tracing.ts';
import { OPERATIONS, type OperationId } from '@dtq/generated/rest/operations.ts';
import type { MiddlewareHandler } from 'hono';
import type { ApiContext } from './route.ts';
import type { Connection } from './server.ts';

/** What requests know while they are answered, beside what is Hono's. */
export interface ObservedVariables {
  /** The code of the problem that it was answered with. */
  problem?: string;
}

/**
 * Counts and times the requests of one operation, each a span. Whoever sent a `traceparent` goes on in their own trace where
 * callers are trusted (API_TRUST_TRACEPARENT); else, and where it is malformed, a new trace begins.
 */
export function observeRequest(
  operation: OperationId,
  { config, telemetry }: Pick<ApiContext, 'config' | 'telemetry'>,
): MiddlewareHandler<{ Variables: ObservedVariables & { traceId: string; log: Logger }; Bindings: Connection }> {
  const { tracer, metrics } = telemetry;
  const { method, path } = OPERATIONS[operation];
  const attributes = { 'http.request.method': method.toUpperCase(), 'http.route': path };
  return async (c, next) => {
    const began = performance.now();
    const parent = config.trustTraceparent ? (c.req.header('traceparent') ?? null) : null;
    const start = { name: operation, kind: 'server', traceId: c.get('traceId'), parent, attributes } as const;
    await traced(tracer, start, async (span) => {
      await next();
      const { status } = c.res;
      span?.set({ 'http.response.status_code': status });
      if (status >= 500) span?.fail(c.get('problem') ?? String(status));
    });
    metrics.requests.observe({ operation, status: String(c.res.status) }, (performance.now() - began) / 1000);
    const problem = c.get('problem');
    if (problem !== undefined) metrics.refused(operation, problem);
  };
}
