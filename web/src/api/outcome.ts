import type { Problem } from '@dtq/generated/schemas/types.ts';

/** What became of a request: its data, a problem that the API told, or no answer of the API at all. */
export type Outcome<T> =
  | { readonly kind: 'ok'; readonly data: T }
  | { readonly kind: 'problem'; readonly problem: Problem; readonly retryAfterMs: number }
  | { readonly kind: 'unreachable' };

interface Answer<T> {
  readonly data?: T | undefined;
  readonly error?: unknown;
  readonly response: Response;
}

/**
 * Waits for a call of the generated client and tells what became of it; never rejects. An error that is no problem
 * document comes from something in front of the API (a proxy, a load balancer), so it counts as unreachable.
 */
export async function settle<T>(call: Promise<Answer<T>>): Promise<Outcome<T>> {
  try {
    const { data, error, response } = await call;
    if (response.ok && data !== undefined) return { kind: 'ok', data };
    if (isProblem(error)) return { kind: 'problem', problem: error, retryAfterMs: retryAfterOf(response) };
  } catch {
    // The network, a time-out, or a body that is no JSON: the page can only try again.
  }
  return { kind: 'unreachable' };
}

function isProblem(error: unknown): error is Problem {
  return typeof error === 'object' && error !== null && 'code' in error && 'title' in error && 'status' in error;
}

function retryAfterOf(response: Response): number {
  const seconds = Number(response.headers.get('retry-after'));
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}
