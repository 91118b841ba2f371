/** Collects items while at most `mostInFlight` earlier groups are being written, and settles each with its group. */
export class Grouped<Item> {
  readonly #write: (items: Item[]) => Promise<unknown>;
  readonly #mostItems: number;
  readonly #mostInFlight: number;
  #waiting: { item: Item; resolve: () => void; reject: (error: unknown) => void }[] = [];
  #inFlight = 0;
  #isScheduled = false;

  constructor(write: (items: Item[]) => Promise<unknown>, mostItems: number, mostInFlight: number) {
    this.#write = write;
    this.#mostItems = mostItems;
    this.#mostInFlight = mostInFlight;
  }

  add(item: Item): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      while (this.#waiting.length > 0 && this.#inFlight < this.#mostInFlight) void this.#next();
    });
  }

  async #next(): Promise<void> {
    const group = this.#waiting.splice(0, this.#mostItems);
    this.#inFlight += 1;
    try {
      await this.#write(group.map(({ item }) => item));
      for (const { resolve } of group) resolve();
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      this.#inFlight -= 1;
      if (this.#waiting.length > 0) this.#schedule();
    }
  }
}
