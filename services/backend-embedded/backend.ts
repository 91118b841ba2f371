import path from 'node:path';
import { type Clock, systemClock } from '@dtq/core/clock.ts';
import { StartError } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { JOB_STATUS } from '@dtq/generated/storage/job-status.ts';
import { EmbeddedCancels } from './cancels.ts';
import { DATA_FILE, type Database, openDatabase, type Synchronous } from './database.ts';
import { EmbeddedDeadLetters } from './dead-letters.ts';
import { faultOf } from './faults.ts';
import { EmbeddedJobQueue } from './kafka.ts';
import { EmbeddedResultStore } from './mongodb.ts';
import { EmbeddedOpenJobs } from './open-jobs.ts';
import { EmbeddedProgressChannel } from './rabbitmq.ts';
import { EmbeddedStatusStore } from './redis.ts';
import { EmbeddedReplays } from './replays.ts';
import { EmbeddedJobSchedule } from './schedule.ts';
import { EmbeddedStats } from './stats.ts';
import { StatusRows } from './status-rows.ts';
import { EmbeddedSubmitKeys } from './submit-keys.ts';
import { EmbeddedWorkerRegistry } from './workers.ts';

/** Far above every attempt's own limit (WORKER_PROCESS_TIMEOUT), so that it only ever meets a handler that is lost. */
const VISIBILITY_MS = 300_000;

export interface EmbeddedOptions {
  /** The folder of the data file; made where it is missing, for this user alone. */
  readonly dataDir: string;
  readonly log: Logger;
  /** Every time that is stored or compared. One that is moved by hand needs `lookAgain`: timers know the machine's alone. */
  readonly clock?: Clock;
  /** How long a status is kept after its last change, in milliseconds. */
  readonly statusTtlMs?: number;
  /** A delivery that has no outcome after so long is taken away and made again; in milliseconds of the machine's clock. */
  readonly visibilityMs?: number;
  /** NORMAL: a commit outlives the process. FULL: it outlives a power cut too, and takes longer (database.ts). */
  readonly synchronous?: Synchronous;
}

export interface EmbeddedBackend extends Backend {
  /** Beside the port it takes messages as bytes, as any program could put them into a topic. */
  readonly queue: EmbeddedJobQueue;
  /** Whether no job was ever submitted to this file. */
  isUnused(): boolean;
  /**
   * Looks at once at everything that waits for a time: jobs that come again become free, and what is out of date goes. Nobody
   * needs it but whoever moves a clock of their own. Starts no delivery by itself: those begin in the next turn of the event loop.
   */
  lookAgain(): Promise<void>;
}

/**
 * Opens all ports over one SQLite file in a folder that this process then owns alone. Rejects with StartError where the folder
 * or the file cannot be used, another dtq that uses it included.
 */
export async function openEmbeddedBackend(options: EmbeddedOptions): Promise<EmbeddedBackend> {
  const {
    dataDir,
    log,
    clock = systemClock,
    statusTtlMs = JOB_STATUS.ttlMs,
    synchronous = 'NORMAL',
    visibilityMs = VISIBILITY_MS,
  } = options;
  const database = openDatabase(dataDir, synchronous);
  try {
    return portsOver(database, { log, clock, statusTtlMs, synchronous, visibilityMs });
  } catch (error) {
    database.close();
    throw new StartError(
      `${path.join(dataDir, DATA_FILE)} cannot be used: ${faultOf(error) ?? (error as Error).message}`,
      { cause: error },
    );
  }
}

function portsOver(
  database: Database,
  { log, clock, statusTtlMs, synchronous, visibilityMs }: Required<Omit<EmbeddedOptions, 'dataDir'>>,
): EmbeddedBackend {
  const statusRows = new StatusRows({ database, log });
  const queue = new EmbeddedJobQueue({ database, statusRows, clock, log, visibilityMs });
  const statuses = new EmbeddedStatusStore({ database, rows: statusRows, clock, log, ttlMs: statusTtlMs });
  const progress = new EmbeddedProgressChannel(log);
  const results = new EmbeddedResultStore(database, log);
  const cancels = new EmbeddedCancels(statuses, log);
  const submitKeys = new EmbeddedSubmitKeys({ database, clock, log });
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    progress.close();
    await queue.close();
    cancels.close();
    submitKeys.close();
    statuses.close();
    database.close();
  };
  return {
    name: 'embedded',
    queue,
    statuses,
    openJobs: new EmbeddedOpenJobs(database, statusRows, clock),
    cancels,
    submitKeys,
    progress,
    results,
    schedule: new EmbeddedJobSchedule({ database, clock, log }),
    deadLetters: new EmbeddedDeadLetters(database),
    replays: new EmbeddedReplays(database),
    workers: new EmbeddedWorkerRegistry(clock),
    stats: new EmbeddedStats(database),
    lookAgain: async () => {
      await Promise.all([queue.lookAgain(), statuses.sweep(), submitKeys.sweep()]);
    },
    isUnused: () => queue.isUnused(),
    checks: {
      kafka: () => queue.check(),
      redis: () => statuses.check(),
      rabbitmq: () => progress.check(),
      mongodb: () => results.check(),
    },
    capabilities: [
      {
        name: 'several-processes',
        supported: false,
        reason: 'the API and the worker share one process, which owns the file alone',
      },
      {
        name: 'queue-look-up',
        supported: true,
        reason: 'the queue is a table',
      },
      {
        name: 'priority-topics',
        supported: true,
        reason: 'the queue is a table',
      },
      {
        name: 'power-loss',
        supported: synchronous === 'FULL',
        reason:
          synchronous === 'FULL'
            ? 'every commit waits for the disk'
            : 'a commit does not wait for the disk: a power cut may take the newest ones, the death of the process none',
      },
    ],
    // SQLite works while it is asked; nothing is taken of anything meanwhile.
    pools: () => [],
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}
