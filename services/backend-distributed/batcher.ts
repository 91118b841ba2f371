/** What a batcher carries: an item, and how its caller learns what became of it. */
export interface Entry<Item, Answer> {
  readonly item: Item;
  readonly bytes: number;
  /** Two entries of one key are never in flight at once, so that they keep their order; null where that does not matter. */
  readonly key: string | null;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export interface BatcherOptions<Item, Answer> {
  /** Writes a batch and settles each of its entries by itself. What it leaves unsettled is rejected with what it threw. */
  readonly write: (entries: readonly Entry<Item, Answer>[]) => Promise<void>;
  /** Entries of one batch at most. */
  readonly mostItems: number;
  /** Bytes of one batch at most; an entry larger than that goes alone. */
  readonly mostBytes: number;
  /** Batches that are written at once. */
  readonly mostInFlight: number;
  /** Entries that may wait or be in flight; what comes beyond is rejected at once with `full()`. */
  readonly mostWaiting: number;
  readonly full: () => Error;
  readonly late: (ms: number) => Error;
}

/**
 * Collects what comes while earlier batches are being written: alone, an item goes out at once; under load batches grow by
 * themselves, with no timer to tune. An entry leaves when it is settled, by the batch or by its caller's own deadline.
 */
export class Batcher<Item, Answer> {
  readonly #options: BatcherOptions<Item, Answer>;
  #waiting: Entry<Item, Answer>[] = [];
  readonly #keysInFlight = new Set<string>();
  #inFlight = 0;
  #entriesInFlight = 0;
  #scheduled = false;

  constructor(options: BatcherOptions<Item, Answer>) {
    this.#options = options;
  }

  /** Entries that wait or are in flight. */
  get size(): number {
    return this.#waiting.length + this.#entriesInFlight;
  }

  /** Settles as the batch settles it, or rejects after `ms`; it is then not written any more, if that has not begun. */
  add(item: Item, bytes: number, key: string | null, ms: number): Promise<Answer> {
    const { mostWaiting, full, late } = this.#options;
    if (this.size >= mostWaiting) return Promise.reject(full());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const index = this.#waiting.indexOf(entry);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(late(ms));
      }, ms);
      const entry: Entry<Item, Answer> = {
        item,
        bytes,
        key,
        resolve: (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#waiting.push(entry);
      this.#schedule();
    });
  }

  /** Rejects what waits; what is in flight goes on. */
  rejectWaiting(error: Error): void {
    for (const entry of this.#waiting.splice(0)) entry.reject(error);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // What one turn of the event loop submits goes out together.
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#inFlight < this.#options.mostInFlight) {
        const batch = this.#take();
        if (batch.length === 0) return;
        void this.#write(batch);
      }
    });
  }

  /** The next batch: oldest first, without those whose key is in flight. */
  #take(): Entry<Item, Answer>[] {
    const { mostItems, mostBytes } = this.#options;
    const batch: Entry<Item, Answer>[] = [];
    const left: Entry<Item, Answer>[] = [];
    let bytes = 0;
    for (const [index, entry] of this.#waiting.entries()) {
      const isFull = batch.length >= mostItems || (batch.length > 0 && bytes + entry.bytes > mostBytes);
      if (isFull) {
        left.push(...this.#waiting.slice(index));
        break;
      }
      if (entry.key !== null && this.#keysInFlight.has(entry.key)) {
        left.push(entry);
        continue;
      }
      bytes += entry.bytes;
      batch.push(entry);
    }
    for (const { key } of batch) if (key !== null) this.#keysInFlight.add(key);
    this.#waiting = left;
    return batch;
  }

  async #write(batch: readonly Entry<Item, Answer>[]): Promise<void> {
    this.#inFlight += 1;
    this.#entriesInFlight += batch.length;
    try {
      await this.#options.write(batch);
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    } finally {
      this.#inFlight -= 1;
      this.#entriesInFlight -= batch.length;
      for (const { key } of batch) if (key !== null) this.#keysInFlight.delete(key);
      if (this.#waiting.length > 0) this.#schedule();
    }
  }
}
