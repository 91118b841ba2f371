import type { Metrics } from '@dtq/core/metrics.ts';
import { type Span, type SpanStart, tracedHere } from '@dtq/core/tracing.ts';
import type { ProviderAnswer, ProviderCall, ProviderFetch } from './provider.ts';

/** What came of a call, as far as its answer's head tells. */
type CallOutcome = 'ok' | 'client_error' | 'rate_limited' | 'server_error' | 'unreachable' | 'given_up';

/**
 * Counts and times the calls of a provider, each a span whose `traceparent` goes along with it. What the sandbox answers
 * counts as the sandbox's.
 */
export function observedFetch(
  name: string,
  fetch: ProviderFetch,
  { providerCalls }: Pick<Metrics, 'providerCalls'>,
): ProviderFetch {
  return async (call) => {
    const began = performance.now();
    const note = (provider: string, outcome: CallOutcome): void =>
      providerCalls.observe({ provider, outcome }, (performance.now() - began) / 1000);
    try {
      const answer = await tracedHere(startOf(name, call), (span) => ask(fetch, call, span));
      note(answer.provider, outcomeOf(answer.response.status));
      return answer;
    } catch (error) {
      note(name, call.signal.aborted ? 'given_up' : 'unreachable');
      throw error;
    }
  };
}

async function ask(fetch: ProviderFetch, call: ProviderCall, span: Span | null): Promise<ProviderAnswer> {
  if (span === null) return fetch(call);
  const answer = await fetch({ ...call, headers: { ...call.headers, traceparent: span.traceparent } });
  const { status } = answer.response;
  span.set({ 'http.response.status_code': status, 'dtq.provider': answer.provider });
  if (status >= 400) span.fail(String(status));
  return answer;
}

/** Nothing of the query: it may hold a key, and does hold the payload. */
function startOf(name: string, { url, number }: ProviderCall): SpanStart {
  const attributes = { 'http.request.method': 'GET', 'server.address': url.hostname, 'dtq.call': number };
  return { name: `call ${name}`, kind: 'client', attributes };
}

function outcomeOf(status: number): CallOutcome {
  if (status < 300) return 'ok';
  // A redirect, which is not followed.
  if (status < 400) return 'server_error';
  if (status === 429) return 'rate_limited';
  return status < 500 ? 'client_error' : 'server_error';
}
