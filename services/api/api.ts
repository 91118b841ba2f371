import path from 'node:path';
import { systemClock } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { processName } from '@dtq/core/process-name.ts';
import { startScheduler } from '@dtq/core/scheduler.ts';
import { StatsRecorder } from '@dtq/core/stats.ts';
import type { AppOptions } from './app.ts';
import { createApp } from './app.ts';
import type { ApiConfig } from './config.ts';
import { isLoopback } from './config.ts';
import { contextOver } from './context.ts';
import { LiveClients } from './live-clients.ts';
import { startServer } from './server.ts';

export interface ApiOptions {
  readonly backend: Backend;
  readonly config: ApiConfig;
  readonly routes: AppOptions['routes'];
  readonly log: Logger;
}

export interface RunningApi {
  readonly url: string;
  /** Answers `/readyz` with 503 from now on, ends the event streams, then stops the server and the scheduler. */
  stop(drainMs: number): Promise<void>;
}

/** Starts the API with the page over a backend that is open. Rejects where it cannot listen. */
export async function startApi({ backend, config, routes, log }: ApiOptions): Promise<RunningApi> {
  let takingWork = true;
  const clients = new LiveClients(config.eventsMaxClients);
  const own = { config, clients, clock: systemClock, log, isTakingWork: () => takingWork };
  const recorder = new StatsRecorder({ stats: backend.stats, clock: systemClock, log });
  const results = recorder.counting(backend.results);
  const context = { ...contextOver(backend, own), results };
  const root = path.join(import.meta.dirname, '../..');
  const folders = { pageFolder: path.join(root, 'web/dist'), docsFolder: path.join(root, 'dist/docs') };
  const app = createApp({ routes, context, ...folders });
  const server = await startServer((request, connection) => app.fetch(request, connection), config.address);
  if (!isLoopback(config.address))
    log.warn({ url: server.url }, 'the API listens beyond this machine, and asks for no key');
  log.info({ url: server.url }, 'the API listens');
  // A scheduled job runs, and one with an expiry expires, where no worker lives.
  const scheduler = startScheduler({ ...backend, results, clock: systemClock, log, owner: `api-${processName()}` });
  return {
    url: server.url,
    stop: async (drainMs) => {
      takingWork = false;
      clients.close();
      await Promise.all([server.stop(drainMs), scheduler.stop()]);
      await recorder.flush();
    },
  };
}
