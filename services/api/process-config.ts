import type { ConfigReader } from '@dtq/core/config.ts';
import { type LogOptions, readLogOptions } from '@dtq/core/log.ts';
import { readTracingConfig, type TracingConfig } from '@dtq/core/tracing-config.ts';
import { type ApiConfig, readApiConfig } from './config.ts';

export interface ApiProcessConfig<B> {
  readonly api: ApiConfig;
  readonly log: LogOptions;
  readonly tracing: TracingConfig;
  readonly backend: B;
}

/** Reads all that an API process takes; what its backend takes is read by the backend. Faults are left to the reader. */
export function readApiProcessConfig<B>(
  reader: ConfigReader,
  readBackend: (reader: ConfigReader) => B,
): ApiProcessConfig<B> {
  return {
    api: readApiConfig(reader),
    log: readLogOptions(reader),
    tracing: readTracingConfig(reader),
    backend: readBackend(reader),
  };
}
