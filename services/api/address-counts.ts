import { clientAddress } from './client-address.ts';

/** How many connections each client holds; clients are told apart as where requests are counted (client-address.ts). */
export class AddressCounts {
  readonly #most: number;
  readonly #counts = new Map<string, number>();

  /** `most` connections of one client at once. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes one more connection in until the returned function is called, which is done once; null where it is one too many. */
  enter(remoteAddress: string | undefined): (() => void) | null {
    const address = clientAddress(remoteAddress, undefined, 0);
    const count = this.#counts.get(address) ?? 0;
    if (count >= this.#most) return null;
    this.#counts.set(address, count + 1);
    return () => {
      const left = (this.#counts.get(address) ?? 1) - 1;
      if (left === 0) this.#counts.delete(address);
      else this.#counts.set(address, left);
    };
  }
}
