import { sleep } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Cancels } from '@dtq/core/ports.ts';

/** A watch that cannot begin is tried again after this, in milliseconds. */
const WATCH_AGAIN_MS = 5000;

/** Whoever asked for a job's cancel. The reason of the signal that ends it. */
export class JobCancelled extends Error {
  override name = 'JobCancelled';
}

export interface FollowedCancel {
  /** Aborts when the job's cancel is asked for. */
  readonly signal: AbortSignal;
  /** As if it had been told: the job's status says so. */
  cancel(): void;
  stop(): void;
}

/**
 * Tells the jobs that this worker does of their cancel, with one watch for all. What it misses costs time and nothing else:
 * the mark in the status, and in the end the document, says the same.
 */
export class CancelWatch {
  readonly #running = new Map<string, Set<AbortController>>();
  readonly #stopping = new AbortController();
  #unwatch: (() => Promise<void>) | undefined;

  /** Begins the watch; where that cannot be now, then later. */
  async start(cancels: Cancels, log: Logger): Promise<void> {
    if (await this.#begin(cancels, log)) return;
    void this.#beginLater(cancels, log);
  }

  follow(jobId: string): FollowedCancel {
    const controller = new AbortController();
    const ofJob = this.#running.get(jobId) ?? new Set();
    this.#running.set(jobId, ofJob.add(controller));
    return {
      signal: controller.signal,
      cancel: () => abort(controller, jobId),
      stop: () => {
        ofJob.delete(controller);
        if (ofJob.size === 0 && this.#running.get(jobId) === ofJob) this.#running.delete(jobId);
      },
    };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#unwatch?.();
    this.#unwatch = undefined;
  }

  async #begin(cancels: Cancels, log: Logger): Promise<boolean> {
    try {
      const unwatch = await cancels.watch((jobId) => {
        for (const controller of this.#running.get(jobId.toLowerCase()) ?? []) abort(controller, jobId);
      });
      if (this.#stopping.signal.aborted) await unwatch();
      else this.#unwatch = unwatch;
      return true;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      log.warn({ err: error }, 'cancels are not told now; jobs find them in their status');
      return false;
    }
  }

  async #beginLater(cancels: Cancels, log: Logger): Promise<void> {
    try {
      do await sleep(WATCH_AGAIN_MS, this.#stopping.signal);
      while (!(await this.#begin(cancels, log)));
    } catch (error) {
      if (!this.#stopping.signal.aborted) log.error({ err: error }, 'cancels cannot be watched');
    }
  }
}

function abort(controller: AbortController, jobId: string): void {
  controller.abort(new JobCancelled(`the cancel of the job ${jobId} was asked for`));
}
