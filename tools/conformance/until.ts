import { setTimeout as delay } from 'node:timers/promises';
import { Broken } from './check.ts';

/** How often a fact is asked for, in milliseconds. */
const EVERY_MS = 25;

/**
 * Asks until the answer is neither false, null nor undefined, and gives it; what is thrown meanwhile ends it. Throws `Broken`
 * where that takes longer than `patienceMs`.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T> | T,
  patienceMs: number,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== null && answer !== undefined) return answer as NonNullable<Exclude<T, false>>;
    if (performance.now() > end) throw new Broken(`not within ${patienceMs / 1000} s: ${what}`);
    await delay(EVERY_MS);
  }
}
