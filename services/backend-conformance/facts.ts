import { setTimeout as delay } from 'node:timers/promises';

/** Resolves as soon as a fact holds; rejects with its name after `patienceMs`. */
export async function until(what: string, patienceMs: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await delay(5);
  }
}

/** A door that deliveries wait at until it is opened, for good. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}
