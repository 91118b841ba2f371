import { setTimeout as delay } from 'node:timers/promises';
import { OPERATIONS } from '@dtq/generated/rest/operations.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { onTestFinished } from 'vitest';

const PROBE_EVERY_MS = 100;

/** Hands requests out as a load balancer does: in turn, to those that said lately that they are ready. */
export class Balancer {
  readonly #urls = new Set<string>();
  readonly #ready = new Set<string>();
  #turn = 0;
  #isEnded = false;

  constructor() {
    onTestFinished(() => {
      this.#isEnded = true;
    });
  }

  /** Takes one in; resolves once it is ready. */
  async add(url: string): Promise<void> {
    this.#urls.add(url);
    void this.#probe(url);
    await eventually(`${url} is ready`, () => this.#ready.has(url), 30_000);
  }

  /** Resolves once nothing is handed to it any more. */
  async isOut(url: string): Promise<void> {
    await eventually(`${url} is out`, () => !this.#ready.has(url), 30_000);
  }

  /** Whose turn it is; any where none is ready, whose request then fails as it would. */
  readonly next = (): string => {
    const ready = this.#ready.size > 0 ? [...this.#ready] : [...this.#urls];
    this.#turn += 1;
    return ready[this.#turn % ready.length] as string;
  };

  async #probe(url: string): Promise<void> {
    while (!this.#isEnded) {
      const isReady = await fetch(`${url}${OPERATIONS.getReadiness.path}`).then(
        async (response) => {
          await response.text();
          return response.ok;
        },
        () => false,
      );
      if (isReady) this.#ready.add(url);
      else this.#ready.delete(url);
      await delay(PROBE_EVERY_MS);
    }
  }
}
