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
  /** A longer message is refused without being read; in bytes. */
  readonly maxMessageBytes: number;
  /** A job whose result is longer fails; in bytes of JSON. */
  readonly maxResultBytes: number;
}

const MIB = 1_048_576;

/** Reads what a worker takes from the environment (contracts.md, section 5). */
export function readWorkerConfig(reader: ConfigReader): WorkerConfig {
  return {
    jobTypes: reader.list('WORKER_JOB_TYPES', JOB_TYPE_VALUES, JOB_TYPE_VALUES),
    processTimeoutMs: reader.duration('WORKER_PROCESS_TIMEOUT', '45s'),
    drainTimeoutMs: reader.duration('WORKER_SHUTDOWN_DRAIN_TIMEOUT', '20s'),
    // Kafka's own bound on a message, and not far from it.
    maxMessageBytes: reader.integer('WORKER_MAX_MESSAGE_BYTES', MIB, 1024, 16 * MIB),
    // A document of MongoDB holds 16 MiB, with the input and the attempts beside the result.
    maxResultBytes: reader.integer('WORKER_MAX_RESULT_BYTES', MIB, 1024, 8 * MIB),
  };
}
