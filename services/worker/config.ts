import type { ConfigReader } from '@dtq/core/config.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';

export interface WorkerConfig {
  /** The types of job that this worker does. */
  readonly jobTypes: readonly JobType[];
  /** No attempt may take longer, whatever its type's policy says; in milliseconds. */
  readonly processTimeoutMs: number;
  /** How long a stop waits for what is being done, in milliseconds. */
  readonly drainTimeoutMs: number;
}

/** Reads what a worker takes from the environment (contracts.md, section 5). */
export function readWorkerConfig(reader: ConfigReader): WorkerConfig {
  return {
    jobTypes: reader.list('WORKER_JOB_TYPES', JOB_TYPE_VALUES, JOB_TYPE_VALUES),
    processTimeoutMs: reader.duration('WORKER_PROCESS_TIMEOUT', '45s'),
    drainTimeoutMs: reader.duration('WORKER_SHUTDOWN_DRAIN_TIMEOUT', '20s'),
  };
}
