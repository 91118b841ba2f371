import type { Logger } from '@dtq/core/log.ts';
import type { Cancels } from '@dtq/core/ports.ts';
import type { EmbeddedStatusStore } from './redis.ts';

type Watcher = (jobId: string) => void;

/** Cancels: a mark in the status, and a word to everybody in this process. */
export class EmbeddedCancels implements Cancels {
  readonly #statuses: EmbeddedStatusStore;
  readonly #log: Logger;
  readonly #watchers = new Set<Watcher>();

  constructor(statuses: EmbeddedStatusStore, log: Logger) {
    this.#statuses = statuses;
    this.#log = log;
  }

  async request(jobId: string, at: string): Promise<void> {
    await this.#statuses.markCancelled(jobId, at);
    for (const watcher of [...this.#watchers]) {
      try {
        watcher(jobId);
      } catch (error) {
        this.#log.error({ err: error, job_id: jobId }, 'whoever watches for cancels failed');
      }
    }
  }

  async watch(onCancel: Watcher): Promise<() => Promise<void>> {
    await this.#statuses.check();
    // One watcher may be given twice; each watch is then told, and ended, by itself.
    const watcher: Watcher = (jobId) => onCancel(jobId);
    this.#watchers.add(watcher);
    return async () => {
      this.#watchers.delete(watcher);
    };
  }

  close(): void {
    this.#watchers.clear();
  }
}
