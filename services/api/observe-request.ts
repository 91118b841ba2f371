import type { RequestHeaders } from '@dtq/core/request-body.ts';
import { traced } from '@dtq/core/tracing.ts';
import { OPERATIONS, type OperationId } from '@dtq/generated/rest/operations.ts';
import { type AnyAnswer, problemOf } from './respond.ts';
import type { ApiContext } from './route.ts';

export type Observer = (
  request: { readonly traceId: string; readonly headers: RequestHeaders },
  answer: () => Promise<AnyAnswer>,
) => Promise<AnyAnswer>;

/**
 * Counts and times the requests of one operation, each a span. Whoever sent a `traceparent` goes on in their own trace where
 * callers are trusted (API_TRUST_TRACEPARENT); else, and where it is malformed, a new trace begins.
 */
export function observer(
  operation: OperationId,
  { config, telemetry }: Pick<ApiContext, 'config' | 'telemetry'>,
): Observer {
  const { tracer, metrics } = telemetry;
  const { method, path } = OPERATIONS[operation];
  const attributes = { 'http.request.method': method.toUpperCase(), 'http.route': path };
  return async ({ traceId, headers }, work) => {
    const began = performance.now();
    const parent = config.trustTraceparent ? (headers['traceparent'] ?? null) : null;
    const start = { name: operation, kind: 'server', traceId, parent, attributes } as const;
    const answer = await traced(tracer, start, async (span) => {
      const made = await work();
      span?.set({ 'http.response.status_code': made.status });
      if (made.status >= 500) span?.fail(problemOf(made) ?? String(made.status));
      return made;
    });
    const problem = problemOf(answer);
    metrics.requests.observe({ operation, status: String(answer.status) }, (performance.now() - began) / 1000);
    if (problem !== undefined) metrics.refused(operation, problem);
    return answer;
  };
}
