import { type Clock, timestamp } from '@dtq/core/clock.ts';
import { cut } from '@dtq/core/cut.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { StatusChange, StatusStore } from '@dtq/core/ports.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobResult } from '@dtq/generated/schemas/types.ts';

interface Parts {
  readonly statuses: Pick<StatusStore, 'advance'>;
  readonly clock: Clock;
}

export interface JobIds {
  readonly job_id: string;
  readonly trace_id?: string | undefined;
}

/** Writes a job's status where it can, and says in the log where it cannot. */
export class StatusWriter {
  attempt = 1;
  #progress: number;
  readonly #parts: Parts;
  readonly #ids: JobIds;
  readonly #log: Logger;

  /** `progress` is what the job has reached already, in percent. */
  constructor(parts: Parts, { job_id, trace_id }: JobIds, log: Logger, progress: number) {
    this.#parts = parts;
    this.#ids = { job_id, trace_id };
    this.#log = log;
    this.#progress = progress;
  }

  async write(
    step: Pick<StatusChange, 'state' | 'progress_percent' | 'message' | 'error_code' | 'error_message'>,
  ): Promise<void> {
    this.#progress = step.progress_percent;
    const { statuses, clock } = this.#parts;
    try {
      await statuses.advance({ ...this.#ids, attempt: this.attempt, updated_at: timestamp(clock), ...step });
      this.#log.debug(
        { state: step.state, progress_percent: step.progress_percent, attempt: this.attempt },
        'progress',
      );
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      this.#log.warn({ err: error }, 'the status could not be written');
    }
  }

  /** Publishes how the job ended, as its durable document has it. A failure keeps the progress that it reached. */
  async finish({ error }: JobResult): Promise<void> {
    if (error === null) return this.write(MILESTONES.completed);
    const message = cut(`${error.code}: ${error.message}`, 500);
    return this.write({
      state: 'failed',
      progress_percent: this.#progress,
      message,
      error_code: error.code,
      error_message: error.message,
    });
  }
}
