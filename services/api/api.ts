import path from 'node:path';
import { sleep, systemClock } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { processName } from '@dtq/core/process-name.ts';
import { startScheduler } from '@dtq/core/scheduler.ts';
import { StatsRecorder } from '@dtq/core/stats.ts';
import { NO_TELEMETRY, type Telemetry } from '@dtq/core/telemetry.ts';
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
  /** Default: none. */
  readonly telemetry?: Telemetry;
}

export interface RunningApi {
  readonly url: string;
  /**
   * Answers `/readyz` with 503 from now on, goes on answering for the grace of the configuration, so that whoever hands out
   * requests notices, then ends the event streams, and stops the server and the scheduler.
   */
  stop(drainMs: number): Promise<void>;
}

/** Starts the API with the page over a backend that is open. Rejects where it cannot listen. */
export async function startApi({
  backend,
  config,
  routes,
  log,
  telemetry = NO_TELEMETRY,
}: ApiOptions): Promise<RunningApi> {
  let takingWork = true;
  const clients = new LiveClients(config.eventsMaxClients);
  const { metrics } = telemetry;
  const forgetClients = metrics.collect(() => metrics.liveClients.set(clients.count));
  const own = { config, clients, clock: systemClock, log, telemetry, isTakingWork: () => takingWork };
  const recorder = new StatsRecorder({ stats: backend.stats, clock: systemClock, log, metrics });
  const results = recorder.counting(backend.results);
  const context = { ...contextOver(backend, own), results };
  // Whoever can reach it there may read it: how much is done, and what goes wrong.
  const showsMetrics = config.metricsAddress === null && isLoopback(config.address);
  const root = path.join(import.meta.dirname, '../..');
  const folders = { pageFolder: path.join(root, 'web/dist'), docsFolder: path.join(root, 'dist/docs') };
  const app = createApp({ routes, context, ...folders, showsMetrics });
  const server = await startServer((request, connection) => app.fetch(request, connection), config.address, config);
  const unwatchKeys = config.keys?.watch(log);
  if (config.keys === null && !isLoopback(config.address))
    log.warn({ url: server.url }, 'the API listens beyond this machine, and asks for no key');
  log.info({ url: server.url }, 'the API listens');
  // A scheduled job runs, and one with an expiry expires, where no worker lives.
  const owner = `api-${processName()}`;
  const scheduler = startScheduler({ ...backend, results, clock: systemClock, log, owner, telemetry });
  return {
    url: server.url,
    stop: async (drainMs) => {
      takingWork = false;
      server.sendAway();
      if (config.shutdownGraceMs > 0) await sleep(config.shutdownGraceMs);
      unwatchKeys?.();
      forgetClients();
      clients.close();
      await Promise.all([server.stop(drainMs), scheduler.stop()]);
      await recorder.flush();
    },
  };
}
