import { type Clock, timestamp } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { WorkerRegistry } from '@dtq/core/ports.ts';
import type { JobMessage, WorkerReport } from '@dtq/generated/schemas/types.ts';

/** A worker that is silent for 15 s is gone (specs/storage.yaml), so two of its words may get lost; in milliseconds. */
const TELL_EVERY_MS = 4000;

/** The bound of a report (specs/schemas/WorkerReport.json). */
const MOST_SHOWN = 50;

export interface ActivityParts {
  readonly workers: WorkerRegistry;
  readonly worker: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How many jobs of each type it does at once, now; 0 for one that it takes none of. */
  readonly concurrency: () => Readonly<Record<string, number>>;
}

type Doing = WorkerReport['running'][number];

/** What a worker does now, told to whoever asks for the system every few seconds. */
export class Activity {
  readonly #parts: ActivityParts;
  readonly #startedAt: string;
  /** The longest running first, for a set keeps the order in which it was filled. */
  readonly #doing = new Set<Doing>();
  #timer: NodeJS.Timeout | undefined;
  #isSilent = false;

  constructor(parts: ActivityParts) {
    this.#parts = parts;
    this.#startedAt = timestamp(parts.clock);
  }

  /** An attempt is being made until the returned function is called. */
  show({ job_id, job_type }: Pick<JobMessage, 'job_id' | 'job_type'>, attempt: number): () => void {
    const doing = { job_id, job_type, attempt, since: timestamp(this.#parts.clock) };
    this.#doing.add(doing);
    return () => this.#doing.delete(doing);
  }

  /** How many attempts at jobs of a type are being made. */
  countOf(jobType: string): number {
    let count = 0;
    for (const { job_type } of this.#doing) if (job_type === jobType) count += 1;
    return count;
  }

  /** Tells of it at once, and again and again. */
  start(): void {
    void this.#tell();
    this.#timer = setInterval(() => void this.#tell(), TELL_EVERY_MS);
  }

  /** Tells that the worker has gone. Never rejects. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const { workers, worker } = this.#parts;
    await this.#unlessSilent(workers.leave(worker));
  }

  async #tell(): Promise<void> {
    const { workers, worker, clock, concurrency } = this.#parts;
    const seats = Object.entries(concurrency());
    const report: WorkerReport = {
      worker,
      started_at: this.#startedAt,
      seen_at: timestamp(clock),
      job_types: seats.map(([jobType]) => jobType),
      running: [...this.#doing].slice(0, MOST_SHOWN),
      running_count: this.#doing.size,
      concurrency: seats.reduce((sum, [, most]) => sum + most, 0),
      paused: seats.flatMap(([jobType, most]) => (most === 0 ? [jobType] : [])),
    };
    await this.#unlessSilent(workers.beat(report));
  }

  async #unlessSilent(telling: Promise<void>): Promise<void> {
    try {
      await telling;
      this.#isSilent = false;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      if (!this.#isSilent) this.#parts.log.warn({ err: error }, 'what this worker does could not be told');
      this.#isSilent = true;
    }
  }
}
