import { openDistributedBackend } from '@dtq/backend-distributed/backend.ts';
import { readDistributedConfig } from '@dtq/backend-distributed/config.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import { createLogger } from '@dtq/core/log.ts';
import { runMain } from '@dtq/core/main.ts';
import { sayMissing } from '@dtq/core/say-missing.ts';
import { Shutdown } from '@dtq/core/shutdown.ts';
import { collectSystem } from '@dtq/core/system-metrics.ts';
import { routes } from '@dtq/generated/wiring/routes.ts';
import { startMetricsServer } from '@dtq/telemetry/metrics-server.ts';
import { openTelemetry } from '@dtq/telemetry/telemetry.ts';
import { startApi } from './api.ts';
import { readApiProcessConfig } from './process-config.ts';

// An API, with the page, over Kafka, Redis, RabbitMQ and MongoDB. Any number of them may run.

/** Requests that are being answered get this long at a stop, in milliseconds. */
const REQUEST_DRAIN_MS = 5000;

await runMain('dtq-api', async () => {
  const reader = new ConfigReader(process.env);
  const config = readApiProcessConfig(reader, (from) => readDistributedConfig(from, 'api'));
  reader.finish();
  const log = createLogger(config.log);
  const shutdown = new Shutdown(log);
  shutdown.onSignals(config.api.shutdownGraceMs + REQUEST_DRAIN_MS + 5000);
  try {
    const telemetry = await openTelemetry(config.tracing, 'dtq-api', log);
    shutdown.add('telemetry', () => telemetry.stop());
    const backend = await openDistributedBackend({ config: config.backend, role: 'api', log });
    shutdown.add('backend', () => backend.close());
    const quiet = sayMissing(backend.checks, log);
    shutdown.add('what is missing', async () => quiet());
    collectSystem(telemetry.metrics, backend);
    const api = await startApi({ backend, config: config.api, routes, log, telemetry });
    shutdown.add('api', () => api.stop(REQUEST_DRAIN_MS));
    const metrics = await startMetricsServer(config.api.metricsAddress, telemetry.metrics, log);
    shutdown.add('metrics', () => metrics.stop());
  } catch (error) {
    await shutdown.run();
    throw error;
  }
});
