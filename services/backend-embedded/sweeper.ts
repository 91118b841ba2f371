import type { Logger } from '@dtq/core/log.ts';

/** Rows that one sweep takes away at most, so that it holds nobody up; and the pauses after a full and after another one, in ms. */
export const SWEEP_ROWS = 500;
const PAUSE_WHILE_FULL_MS = 100;
const PAUSE_MS = 10_000;

/** Sweeps now and then until it is closed. `sweep` resolves to how many rows it took away. */
export class Sweeper {
  readonly #sweep: () => Promise<number>;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(sweep: () => Promise<number>, log: Logger) {
    this.#sweep = sweep;
    this.#log = log;
    this.#later(PAUSE_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #later(pauseMs: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#sweep().then(
        (rows) => this.#later(rows >= SWEEP_ROWS ? PAUSE_WHILE_FULL_MS : PAUSE_MS),
        (error: unknown) => {
          this.#log.warn({ err: error }, 'what is out of date could not be taken away');
          this.#later(PAUSE_MS);
        },
      );
    }, pauseMs).unref();
  }
}
