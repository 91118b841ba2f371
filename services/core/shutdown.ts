import type { Logger } from './log.ts';

/**
 * Ends what was started, last first, once. What a `main` starts it adds here; a signal, or a start that failed half-way,
 * runs it. A part that fails to stop is logged and does not keep the others from stopping.
 */
export class Shutdown {
  readonly #parts: { name: string; stop: () => Promise<void> }[] = [];
  readonly #log: Logger;
  #running: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  add(name: string, stop: () => Promise<void>): void {
    this.#parts.push({ name, stop });
  }

  /** May be called any number of times; each call resolves when everything has stopped. */
  run(): Promise<void> {
    this.#running ??= this.#stopAll();
    return this.#running;
  }

  /**
   * Runs on SIGINT and SIGTERM, and then lets the process end by itself. A second signal ends it at once; so does
   * `limitMs` after the first, should something hold it.
   */
  onSignals(limitMs: number): void {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (asked) process.exit(130);
      asked = true;
      this.#log.info({ signal }, 'stopping');
      setTimeout(() => {
        this.#log.error({ limit_ms: limitMs }, 'did not stop in time');
        process.exit(1);
      }, limitMs).unref();
      this.run().then(
        () => this.#log.info('stopped'),
        (error: unknown) => this.#log.error({ err: error }, 'stopping failed'),
      );
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  }

  async #stopAll(): Promise<void> {
    for (const { name, stop } of this.#parts.reverse()) {
      try {
        await stop();
      } catch (error) {
        this.#log.error({ err: error, part: name }, 'a part did not stop');
      }
    }
  }
}
