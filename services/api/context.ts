import { takesPriorities } from '@dtq/core/accept-job.ts';
import type { Backend } from '@dtq/core/ports.ts';
import type { ApiContext } from './route.ts';

/** What routes have, over a backend. */
export function contextOver(
  backend: Backend,
  own: Pick<ApiContext, 'config' | 'clients' | 'clock' | 'log' | 'isTakingWork'>,
): ApiContext {
  const { close: _, ...ports } = backend;
  return { ...ports, takesPriorities: takesPriorities(backend.capabilities), ...own };
}
