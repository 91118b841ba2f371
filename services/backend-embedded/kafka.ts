import type { Clock } from '@dtq/core/clock.ts';
import { settlesWithin } from '@dtq/core/clock.ts';
import { type Envelope, headersOf, PLAIN } from '@dtq/core/envelope.ts';
import { encodeJobMessage } from '@dtq/core/job-message.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { ConsumeOptions, Consumer, JobQueue } from '@dtq/core/ports.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobMessage, JobPriority, JobType } from '@dtq/generated/schemas/types.ts';
import type { Database } from './database.ts';
import { Lane } from './lane.ts';
import { QueueTable, type RawMessage } from './queue-table.ts';
import { PART, type Seat, UNWIND_MS } from './seat.ts';
import type { Standing, StatusRows } from './status-rows.ts';

export interface QueueOptions {
  readonly database: Database;
  readonly statusRows: StatusRows;
  readonly clock: Clock;
  readonly log: Logger;
  /** A delivery that has no outcome after so long is taken away and made again; in milliseconds. */
  readonly visibilityMs: number;
}

/**
 * The job queue, as a table. A row leaves it with its outcome, in one transaction. What is being delivered is known to memory
 * alone (lane.ts): one process owns the file, so its death is the only way in which a delivery can be lost, and the next
 * owner finds every row free. A handler that never ends cannot keep a row for ever: the visibility time-out gives it to the next.
 */
export class EmbeddedJobQueue implements JobQueue {
  readonly #options: QueueOptions;
  readonly #table: QueueTable;
  readonly #lanes = new Map<JobType, Lane>();
  readonly #consumers = new Set<Consumer>();

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#table = new QueueTable(options.database);
  }

  async publish(job: JobMessage, envelope: Partial<Envelope> = {}): Promise<void> {
    const message = { key: job.job_id, value: encodeJobMessage(job), headers: headersOf(envelope) };
    const { priority } = { ...PLAIN, ...envelope };
    const { database, statusRows } = this.#options;
    const insert = (): Standing | undefined => {
      this.#table.insert(job.job_type, message, priority);
      // In one transaction, so that no job is ever in the queue and unknown to the index of open jobs.
      return statusRows.open(job, envelope);
    };
    await database.commits.write(PART, insert, (standing) => {
      if (standing !== undefined) statusRows.opened(job.job_id, standing);
      this.#lane(job.job_type).wake(priority);
    });
  }

  /** Puts any message into the queue of a type, as another program might; resolves and rejects as `publish` does. */
  async put(jobType: JobType, message: RawMessage, priority: JobPriority = PLAIN.priority): Promise<void> {
    const insert = (): void => this.#table.insert(jobType, message, priority);
    await this.#options.database.commits.write(PART, insert, () => this.#lane(jobType).wake(priority));
  }

  async consume({ jobTypes, concurrency, deliver }: ConsumeOptions): Promise<Consumer> {
    await this.check();
    const seats = new Map<Lane, Seat>();
    for (const jobType of new Set(jobTypes)) {
      const limit = atMost(concurrency[jobType] ?? JOB_POLICIES[jobType].concurrency);
      seats.set(this.#lane(jobType), { deliver, limit, held: new Set() });
    }
    for (const [lane, seat] of seats) lane.open(seat);
    let stopped: Promise<void> | undefined;
    const consumer: Consumer = {
      stop: (drainMs) => {
        stopped ??= stop(seats, drainMs).finally(() => this.#consumers.delete(consumer));
        return stopped;
      },
      limit: (jobType, most) => {
        const lane = this.#lane(jobType);
        const seat = seats.get(lane);
        if (seat !== undefined) lane.limit(seat, atMost(most));
      },
    };
    this.#consumers.add(consumer);
    return consumer;
  }

  async holds(jobId: string): Promise<boolean> {
    return this.#options.database.commits.read(PART, () =>
      JOB_TYPE_VALUES.some((jobType) => this.#table.holds(jobType, jobId)),
    );
  }

  /** Whether no job was ever put into this queue. */
  isUnused(): boolean {
    return !this.#table.wasEverUsed();
  }

  /** Frees what has become due by a clock that was moved; what is free now starts in the next turn of the event loop. */
  async lookAgain(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.lookAgain()));
  }

  /** Resolves where the table can be read now, from the file that was opened. */
  async check(): Promise<void> {
    const { commits } = this.#options.database;
    commits.check(PART);
    commits.read(PART, () => this.#table.probe());
  }

  /** Stops the consumers that nobody stopped, without waiting for what they do. */
  async close(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop(0)));
  }

  #lane(jobType: JobType): Lane {
    let lane = this.#lanes.get(jobType);
    if (lane === undefined) {
      lane = new Lane(jobType, { ...this.#options, table: this.#table });
      this.#lanes.set(jobType, lane);
    }
    return lane;
  }
}

/** A limit as a whole number from 0. */
function atMost(limit: number): number {
  return Math.max(0, Math.trunc(limit));
}

async function stop(seats: ReadonlyMap<Lane, Seat>, drainMs: number): Promise<void> {
  for (const [lane, seat] of seats) lane.leave(seat);
  const held = [...seats.values()].flatMap((seat) => [...seat.held]);
  const ended = Promise.all(held.map((one) => one.ended));
  await settlesWithin(drainMs, ended);
  for (const { controller } of held) controller.abort(new Error('the consumer stops'));
  await settlesWithin(UNWIND_MS, ended);
  for (const [lane, seat] of seats) for (const one of [...seat.held]) lane.handBack(seat, one);
}
