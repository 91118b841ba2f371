import { setTimeout as delay } from 'node:timers/promises';
import { OPERATIONS } from '@dtq/generated/rest/operations.ts';
import { eventually } from '@dtq/testkit/wait.ts';

const PROBE_EVERY_MS = 100;
/** One that says nothing for so long is not ready. */
const PROBE_MS = 1000;

/** Hands requests out as a load balancer does: in turn, to those that said lately that they are ready. */
export class Balancer {
  readonly #urls = new Set<string>();
  readonly #ready = new Set<string>();
  #turn = 0;
  #isEnded = false;

  /** Takes one in; resolves once it is ready. */
  async add(url: string): Promise<void> {
    this.#urls.add(url);
    void this.#probe(url);
    await eventually(`${url} is ready`, () => this.#ready.has(url), 30_000);
  }

  /** Forgets one that has gone for good. */
  remove(url: string): void {
    this.#urls.delete(url);
    this.#ready.delete(url);
  }

  /** Looks no more. */
  end(): void {
    this.#isEnded = true;
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
    while (!this.#isEnded && this.#urls.has(url)) {
      const signal = AbortSignal.timeout(PROBE_MS);
      const isReady = await fetch(`${url}${OPERATIONS.getReadiness.path}`, { signal }).then(
        async (response) => {
          await response.text();
          return response.ok;
        },
        () => false,
      );
      if (isReady && this.#urls.has(url)) this.#ready.add(url);
      else this.#ready.delete(url);
      await delay(PROBE_EVERY_MS);
    }
  }
}
