import type { Clock } from '@dtq/core/clock.ts';
import type { WorkerRegistry } from '@dtq/core/ports.ts';
import type { WorkerReport } from '@dtq/generated/schemas/types.ts';
import { WORKER_REPORTS_TTL_MS } from '@dtq/generated/storage/worker-reports.ts';

/** The workers of this process, which is the only one there is. */
export class EmbeddedWorkerRegistry implements WorkerRegistry {
  readonly #clock: Clock;
  readonly #reports = new Map<string, WorkerReport>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async beat(report: WorkerReport): Promise<void> {
    this.#reports.set(report.worker, report);
  }

  async leave(worker: string): Promise<void> {
    this.#reports.delete(worker);
  }

  async list(): Promise<readonly WorkerReport[]> {
    const oldest = this.#clock.now() - WORKER_REPORTS_TTL_MS;
    for (const { worker, seen_at } of this.#reports.values())
      if (Date.parse(seen_at) < oldest) this.#reports.delete(worker);
    return [...this.#reports.values()].sort((a, b) => (a.worker < b.worker ? -1 : 1));
  }
}
