import { takesPriorities } from '@dtq/core/accept-job.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { NO_TELEMETRY } from '@dtq/core/telemetry.ts';
import { Backlog } from './backlog.ts';
import type { ApiContext } from './route.ts';

/** What routes have, over a backend. */
export function contextOver(
  backend: Backend,
  own: Pick<ApiContext, 'config' | 'clients' | 'clock' | 'log' | 'isTakingWork'> &
    Partial<Pick<ApiContext, 'telemetry'>>,
): ApiContext {
  const { close: _, ...ports } = backend;
  const { clock, log, config } = own;
  const { openJobs, stats } = backend;
  const backlog = new Backlog({ openJobs, stats, clock, log }, config.maxBacklog);
  const priorities = takesPriorities(backend.capabilities);
  return { ...ports, takesPriorities: priorities, backlog, telemetry: NO_TELEMETRY, ...own };
}
