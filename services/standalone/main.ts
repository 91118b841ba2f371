import { startApi } from '@dtq/api/api.ts';
import { openEmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { createLogger } from '@dtq/core/log.ts';
import { runMain } from '@dtq/core/main.ts';
import { Shutdown } from '@dtq/core/shutdown.ts';
import { collectSystem } from '@dtq/core/system-metrics.ts';
import { handlers } from '@dtq/generated/wiring/handlers.ts';
import { responders } from '@dtq/generated/wiring/responders.ts';
import { routes } from '@dtq/generated/wiring/routes.ts';
import { startMetricsServer } from '@dtq/telemetry/metrics-server.ts';
import { openTelemetry } from '@dtq/telemetry/telemetry.ts';
import { createProviders } from '@dtq/worker/providers/providers.ts';
import { startWorker } from '@dtq/worker/worker.ts';
import { readStandaloneConfig } from './config.ts';
import { showFirstJob } from './first-job.ts';

// The API, a worker and the page in one process over one SQLite file: what `npm start` runs.

/** Requests that are being answered get this long at a stop, in milliseconds. */
const REQUEST_DRAIN_MS = 2000;

/** A delivery without an outcome is made again after this, in milliseconds. */
const LEAST_VISIBILITY_MS = 300_000;

await runMain('dtq', async () => {
  const config = readStandaloneConfig(process.env);
  const log = createLogger(config.log);
  const shutdown = new Shutdown(log);
  const stopping = new AbortController();
  shutdown.onSignals(config.api.shutdownGraceMs + config.worker.drainTimeoutMs + REQUEST_DRAIN_MS + 3000);
  try {
    const telemetry = await openTelemetry(config.tracing, 'dtq', log);
    shutdown.add('telemetry', () => telemetry.stop());
    const backend = await openEmbeddedBackend({
      dataDir: config.dataDir,
      synchronous: config.synchronous,
      log,
      statusTtlMs: config.statusTtlMs,
      // Far above the longest attempt, so that it only ever meets a handler that is lost.
      visibilityMs: Math.max(LEAST_VISIBILITY_MS, 2 * config.worker.processTimeoutMs),
    });
    shutdown.add('backend', () => backend.close());
    collectSystem(telemetry.metrics, backend);
    const isNew = backend.isUnused();
    const worker = await startWorker({
      backend,
      config: config.worker,
      handlers,
      responders,
      providers: createProviders(config.providers, log, { metrics: telemetry.metrics }),
      log,
      telemetry,
    });
    shutdown.add('worker', () => worker.stop());
    const api = await startApi({ backend, config: config.api, routes, log, telemetry });
    shutdown.add('api', () => api.stop(REQUEST_DRAIN_MS));
    const metrics = await startMetricsServer(config.api.metricsAddress, telemetry.metrics, log);
    shutdown.add('metrics', () => metrics.stop());
    shutdown.add('first job', async () => stopping.abort());
    const print = (line: string): void => void process.stdout.write(`${line}\n`);
    print(
      `dtq listens on ${api.url} (the page), ${api.url}/docs (the API); its data is in ${config.dataDir}. Ctrl-C ends it.`,
    );
    // With keys it would need one of its own.
    if (isNew && config.api.keys === null) {
      await showFirstJob(api.url, backend.statuses, print, stopping.signal).catch((error: unknown) => {
        if (!stopping.signal.aborted) log.error({ err: error }, 'the first job could not be shown');
      });
    }
  } catch (error) {
    await shutdown.run();
    throw error;
  }
});
