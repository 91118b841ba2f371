/** One delivered offset. */
interface Place {
  readonly offset: number;
  done: boolean;
}

/**
 * What was delivered of one partition, in order, and what of it is done. Only the lowest unfinished offset may be committed:
 * a commit says that everything below it is done. Offsets have gaps (compaction, aborted transactions), so "next" is the next
 * one that was delivered, not plus one.
 *
 * Offsets are numbers here: a partition would have to take a million messages a second for 285 years to leave their range.
 */
export class OffsetTracker {
  #places: Place[] = [];
  #head = 0;
  readonly #open = new Map<number, Place>();
  #any = false;
  #highest: number;
  #committed: number | null;

  /** Starts where the group stands: at its committed offset, or null where it has none yet. */
  constructor(committed: number | null) {
    this.#committed = committed;
    this.#highest = committed === null ? -1 : committed - 1;
  }

  /** The last offset known to be committed; null for none. */
  get committed(): number | null {
    return this.#committed;
  }

  /** The highest delivered offset; what comes at or below it has come before. */
  get highest(): number {
    return this.#highest;
  }

  /** Delivered and not done. */
  get unfinished(): number {
    return this.#open.size;
  }

  /** How far the highest delivered offset is ahead of the lowest unfinished one: what a crash would deliver again at most. */
  get span(): number {
    const lowest = this.#places[this.#head];
    return lowest === undefined ? 0 : this.#highest - lowest.offset + 1;
  }

  /** Takes an offset in; false where it has come before, as it does when a group is joined again. */
  deliver(offset: number): boolean {
    if (offset <= this.#highest) return false;
    const place = { offset, done: false };
    this.#places.push(place);
    this.#open.set(offset, place);
    this.#highest = offset;
    this.#any = true;
    return true;
  }

  /** Marks an offset as done; of no effect for one that was not delivered, and the second time. */
  finish(offset: number): void {
    const place = this.#open.get(offset);
    if (place === undefined) return;
    place.done = true;
    this.#open.delete(offset);
    while (this.#places[this.#head]?.done === true) this.#head += 1;
    // Amortised: the array is cut once half of it is behind us.
    if (this.#head > 1024 && this.#head * 2 > this.#places.length) {
      this.#places = this.#places.slice(this.#head);
      this.#head = 0;
    }
  }

  /** The offset to commit: of the first unfinished message, or after the last one; null where there is nothing new to say. */
  committable(): number | null {
    if (!this.#any) return null;
    const next = this.#places[this.#head]?.offset ?? this.#highest + 1;
    return next === this.#committed ? null : next;
  }

  /** A commit was made, up to what `committable` gave then. */
  commit(offset: number): void {
    this.#committed = offset;
  }
}
