import path from 'node:path';
import { type ApiConfig, readApiConfig } from '@dtq/api/config.ts';
import { ConfigReader, type Environment } from '@dtq/core/config.ts';
import { type LogOptions, readLogOptions } from '@dtq/core/log.ts';
import { readTracingConfig, type TracingConfig } from '@dtq/core/tracing-config.ts';
import { JOB_STATUS } from '@dtq/generated/storage/job-status.ts';
import { readWorkerConfig, type WorkerConfig } from '@dtq/worker/config.ts';
import { type ProvidersConfig, readProvidersConfig } from '@dtq/worker/providers/providers.ts';

export interface StandaloneConfig {
  readonly api: ApiConfig;
  readonly worker: WorkerConfig;
  readonly providers: ProvidersConfig;
  readonly log: LogOptions;
  readonly tracing: TracingConfig;
  /** The folder of the one file that holds everything. */
  readonly dataDir: string;
  /** What a commit outlives: the process, or a power cut too, which takes longer. */
  readonly synchronous: 'NORMAL' | 'FULL';
  /** How long a status is kept, in milliseconds. */
  readonly statusTtlMs: number;
}

/** More than a message adds to the body that it was made of, in bytes. */
const MESSAGE_OVERHEAD_BYTES = 1024;

/** Reads the whole configuration. Throws ConfigError, which names every fault at once. */
export function readStandaloneConfig(environment: Environment): StandaloneConfig {
  const reader = new ConfigReader(environment);
  const config = {
    api: readApiConfig(reader),
    worker: readWorkerConfig(reader),
    // Without a network the first job of a new user still shows what dtq does; every other program asks the real provider.
    providers: readProvidersConfig(reader, { mode: 'auto' }),
    log: readLogOptions(reader),
    tracing: readTracingConfig(reader),
    dataDir: path.resolve(reader.text('DTQ_DATA_DIR', '.dtq')),
    synchronous: reader.choice('SQLITE_SYNCHRONOUS', ['NORMAL', 'FULL'], 'NORMAL'),
    statusTtlMs: reader.duration('STATUS_TTL', `${JOB_STATUS.ttlMs}ms`, 365 * 24 * 3_600_000),
  };
  // What is accepted must be read: a message is a body with ids and times around it.
  if (config.worker.maxMessageBytes < config.api.maxBodyBytes + MESSAGE_OVERHEAD_BYTES) {
    const least = config.api.maxBodyBytes + MESSAGE_OVERHEAD_BYTES;
    reader.fault('WORKER_MAX_MESSAGE_BYTES', `at least ${least}: API_MAX_BODY_BYTES and what a message adds`);
  }
  reader.finish();
  return config;
}
