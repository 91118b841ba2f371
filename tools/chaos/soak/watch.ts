import { isFinal, isForward } from '../judge.ts';
import type { Stores } from '../stores.ts';

/** A status as it was last seen. */
export type Seen = Awaited<ReturnType<Stores['statuses']>> extends Map<string, infer T> ? T : never;

/**
 * Looks at the statuses of the jobs that have not ended, again and again: what was seen once must never be behind what is seen
 * later, and of each job the final status is kept, for Redis holds it for a while only.
 */
export class Watch {
  readonly #open = new Map<string, Seen | null>();
  readonly finals = new Map<string, Seen>();
  readonly backwards: string[] = [];

  /** Looks after a job that was accepted. */
  add(jobId: string): void {
    if (!this.finals.has(jobId)) this.#open.set(jobId, null);
  }

  get open(): number {
    return this.#open.size;
  }

  /** Asks for every open job once. */
  async look(stores: Pick<Stores, 'statuses'>): Promise<void> {
    for (const [jobId, status] of await stores.statuses([...this.#open.keys()])) this.see(jobId, status);
  }

  see(jobId: string, status: Seen): void {
    const before = this.#open.get(jobId) ?? null;
    const entries = [before?.history.at(-1), status.history.at(-1)].filter((entry) => entry !== undefined);
    const isSame = entries[0]?.sequence === entries[1]?.sequence;
    if (!isSame && !isForward(entries)) this.backwards.push(`${jobId}: ${JSON.stringify(entries)}`);
    this.#open.set(jobId, status);
    if (!isFinal(status.state)) return;
    this.finals.set(jobId, status);
    this.#open.delete(jobId);
  }
}
