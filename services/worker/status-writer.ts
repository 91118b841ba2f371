import { type Clock, timestamp } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { finalStatus } from '@dtq/core/job-document.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { StatusChange, StatusStore } from '@dtq/core/ports.ts';
import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { JobResult } from '@dtq/generated/schemas/types.ts';

interface Parts {
  readonly statuses: Pick<StatusStore, 'advance'>;
  readonly clock: Clock;
}

export interface JobIds {
  readonly job_id: string;
  readonly trace_id?: string | undefined;
}

/** What a write found: nothing that matters, that the job has ended without this attempt, or that its cancel was asked for. */
export type Found = 'nothing' | 'ended' | 'cancel';

type Step = Pick<StatusChange, 'state' | 'progress_percent' | 'message' | 'attempts' | 'next_attempt_at'>;

/** Writes a job's status where it can, and says in the log where it cannot. */
export class StatusWriter {
  attempt = 1;
  /** What the job has reached, in percent. */
  progress: number;
  readonly #parts: Parts;
  readonly #ids: JobIds;
  readonly #log: Logger;

  constructor(parts: Parts, { job_id, trace_id }: JobIds, log: Logger, progress: number) {
    this.#parts = parts;
    this.#ids = { job_id, trace_id };
    this.#log = log;
    this.progress = progress;
  }

  async write(step: Step): Promise<Found> {
    const { clock } = this.#parts;
    this.progress = step.progress_percent;
    return await this.#advance({ ...this.#ids, attempt: this.attempt, updated_at: timestamp(clock), ...step });
  }

  /** Publishes how the job ended, as its durable document has it. A failure keeps the progress that it reached. */
  async finish(document: JobResult): Promise<void> {
    const { attempt, progress } = this;
    await this.#advance(
      finalStatus(document, { attempt, progress_percent: progress, at: timestamp(this.#parts.clock) }),
    );
  }

  async #advance(change: StatusChange): Promise<Found> {
    const { attempt, state, progress_percent } = change;
    try {
      const { previous } = await this.#parts.statuses.advance(change);
      this.#log.debug({ state, progress_percent, attempt }, 'progress');
      if (previous !== null && isFinal(previous.state)) return 'ended';
      return previous?.cancel_requested_at === undefined ? 'nothing' : 'cancel';
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      this.#log.warn({ err: error }, 'the status could not be written');
      return 'nothing';
    }
  }
}
