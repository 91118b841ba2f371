import { openDistributedBackend } from '@dtq/backend-distributed/backend.ts';
import { readDistributedConfig } from '@dtq/backend-distributed/config.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import { createLogger } from '@dtq/core/log.ts';
import { runMain } from '@dtq/core/main.ts';
import { sayMissing } from '@dtq/core/say-missing.ts';
import { Shutdown } from '@dtq/core/shutdown.ts';
import { routes } from '@dtq/generated/wiring/routes.ts';
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
    const backend = await openDistributedBackend({ config: config.backend, role: 'api', log });
    shutdown.add('backend', () => backend.close());
    const quiet = sayMissing(backend.checks, log);
    shutdown.add('what is missing', async () => quiet());
    const api = await startApi({ backend, config: config.api, routes, log });
    shutdown.add('api', () => api.stop(REQUEST_DRAIN_MS));
  } catch (error) {
    await shutdown.run();
    throw error;
  }
});
