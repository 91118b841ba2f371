import { openDistributedBackend } from '@dtq/backend-distributed/backend.ts';
import { readDistributedConfig } from '@dtq/backend-distributed/config.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import { createLogger } from '@dtq/core/log.ts';
import { runMain } from '@dtq/core/main.ts';
import { sayMissing } from '@dtq/core/say-missing.ts';
import { Shutdown } from '@dtq/core/shutdown.ts';
import { collectSystem } from '@dtq/core/system-metrics.ts';
import { handlers } from '@dtq/generated/wiring/handlers.ts';
import { responders } from '@dtq/generated/wiring/responders.ts';
import { openTelemetry } from '@dtq/telemetry/telemetry.ts';
import { startHealthServer } from './health-server.ts';
import { readWorkerProcessConfig } from './process-config.ts';
import { createProviders } from './providers/providers.ts';
import { startWorker } from './worker.ts';

// A worker over Kafka, Redis, RabbitMQ and MongoDB. Any number of them may run.

await runMain('dtq-worker', async () => {
  const reader = new ConfigReader(process.env);
  const config = readWorkerProcessConfig(reader, (from) => readDistributedConfig(from, 'worker'));
  reader.finish();
  const log = createLogger(config.log);
  const shutdown = new Shutdown(log);
  shutdown.onSignals(config.worker.drainTimeoutMs + 5000);
  let takingWork = false;
  try {
    const telemetry = await openTelemetry(config.tracing, 'dtq-worker', log);
    shutdown.add('telemetry', () => telemetry.stop());
    const backend = await openDistributedBackend({
      config: config.backend,
      role: 'worker',
      log,
      // Only the end of the process frees what such a delivery holds back; whoever runs it starts it again.
      onStuck: () => {
        process.exitCode = 1;
        void shutdown.run().finally(() => process.exit(1));
      },
    });
    shutdown.add('backend', () => backend.close());
    const quiet = sayMissing(backend.checks, log);
    shutdown.add('what is missing', async () => quiet());
    collectSystem(telemetry.metrics, backend);
    const { healthAddress, healthAddressIsAsked } = config;
    const { metrics } = telemetry;
    const health = await startHealthServer(backend.checks, healthAddress, () => takingWork, metrics).catch(
      (error: NodeJS.ErrnoException) => {
        if (healthAddressIsAsked || error.code !== 'EADDRINUSE') throw error;
        return startHealthServer(backend.checks, { ...healthAddress, port: 0 }, () => takingWork, metrics);
      },
    );
    shutdown.add('health', () => health.stop());
    const worker = await startWorker({
      backend,
      config: config.worker,
      handlers,
      responders,
      providers: createProviders(config.providers, log, { metrics }),
      log,
      telemetry,
    });
    shutdown.add('worker', async () => {
      takingWork = false;
      await worker.stop();
    });
    takingWork = true;
    log.info({ url: health.url }, 'the health and the metrics of the worker');
  } catch (error) {
    await shutdown.run();
    throw error;
  }
});
