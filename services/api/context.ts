import { takesPriorities } from '@dtq/core/accept-job.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { NO_TELEMETRY } from '@dtq/core/telemetry.ts';
import type { ApiContext } from './route.ts';

/** What routes have, over a backend. */
export function contextOver(
  backend: Backend,
  own: Pick<ApiContext, 'config' | 'clients' | 'clock' | 'log' | 'isTakingWork'> &
    Partial<Pick<ApiContext, 'telemetry'>>,
): ApiContext {
  const { close: _, ...ports } = backend;
  return { ...ports, takesPriorities: takesPriorities(backend.capabilities), telemetry: NO_TELEMETRY, ...own };
}
