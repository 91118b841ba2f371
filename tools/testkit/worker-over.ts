import { silentLogger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { handlers } from '@dtq/generated/wiring/handlers.ts';
import { responders } from '@dtq/generated/wiring/responders.ts';
import { readWorkerConfig } from '@dtq/worker/config.ts';
import { sandboxProviders } from '@dtq/worker/providers/providers.ts';
import { type RunningWorker, startWorker, type WorkerOptions } from '@dtq/worker/worker.ts';
import { readConfig } from './app-over.ts';

export interface WorkerOverOptions extends Partial<Omit<WorkerOptions, 'backend' | 'handlers'>> {
  /** In place of those of the wiring. */
  readonly handlers?: Partial<WorkerOptions['handlers']> | undefined;
}

/** A worker over a backend and the sandbox, which says nothing and is configured as an empty environment does. */
export function workerOver(backend: Backend, options: WorkerOverOptions = {}): Promise<RunningWorker> {
  return startWorker({
    config: readConfig(readWorkerConfig),
    responders,
    providers: sandboxProviders(),
    log: silentLogger(),
    ...options,
    handlers: { ...handlers, ...options.handlers },
    backend,
  });
}
