import { JOB_PRIORITY_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobPriority } from '@dtq/generated/schemas/types.ts';

/** Of ten jobs that start while all priorities wait (specs/asyncapi.yaml). */
const WEIGHTS: Readonly<Record<JobPriority, number>> = { high: 6, normal: 3, low: 1 };

/**
 * Whose turn it is. Each priority that waits gains its weight with every turn, and whoever has most pays for all: turns come
 * evenly spread, none waits longer than ten turns, and one that had nothing to start has saved nothing up.
 */
export class Turns {
  readonly #credit: Record<JobPriority, number> = { high: 0, normal: 0, low: 0 };

  /** So many turns, as the number that each priority has of them; none where nobody waits. */
  draw(turns: number, waits: (priority: JobPriority) => boolean): Map<JobPriority, number> {
    const drawn = new Map<JobPriority, number>();
    const waiting = JOB_PRIORITY_VALUES.filter(waits);
    const [only, ...others] = waiting;
    if (only === undefined) return drawn;
    if (others.length === 0) return drawn.set(only, turns);
    const price = waiting.reduce((sum, priority) => sum + WEIGHTS[priority], 0);
    for (let turn = 0; turn < turns; turn += 1) {
      for (const priority of waiting) this.#credit[priority] += WEIGHTS[priority];
      const next = waiting.reduce((most, one) => (this.#credit[one] > this.#credit[most] ? one : most));
      this.#credit[next] -= price;
      drawn.set(next, (drawn.get(next) ?? 0) + 1);
    }
    return drawn;
  }
}
