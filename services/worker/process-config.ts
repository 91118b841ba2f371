import type { Address, ConfigReader } from '@dtq/core/config.ts';
import { type LogOptions, readLogOptions } from '@dtq/core/log.ts';
import { readTracingConfig, type TracingConfig } from '@dtq/core/tracing-config.ts';
import { readWorkerConfig, type WorkerConfig } from './config.ts';
import { type ProvidersConfig, readProvidersConfig } from './providers/providers.ts';

export interface WorkerProcessConfig<B> {
  readonly worker: WorkerConfig;
  readonly providers: ProvidersConfig;
  readonly log: LogOptions;
  readonly tracing: TracingConfig;
  /** Where the health routes are. */
  readonly healthAddress: Address;
  /** Whether somebody asked for that address; if not, any free port will do where it is taken. */
  readonly healthAddressIsAsked: boolean;
  readonly backend: B;
}

/** Reads all that a worker process takes; what its backend takes is read by the backend. Faults are left to the reader. */
export function readWorkerProcessConfig<B>(
  reader: ConfigReader,
  readBackend: (reader: ConfigReader) => B,
): WorkerProcessConfig<B> {
  return {
    worker: readWorkerConfig(reader),
    providers: readProvidersConfig(reader, { mode: 'live' }),
    log: readLogOptions(reader),
    tracing: readTracingConfig(reader),
    healthAddress: reader.address('WORKER_HEALTH_ADDR', '127.0.0.1:8081'),
    healthAddressIsAsked: reader.raw('WORKER_HEALTH_ADDR') !== undefined,
    backend: readBackend(reader),
  };
}
