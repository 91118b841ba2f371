import type { Standing } from './group-offsets.ts';
import { OffsetTracker } from './offset-tracker.ts';

/**
 * How many offsets a partition may run ahead of its lowest unfinished one, and how many it must fall back to: all of them
 * come again after a crash.
 */
const WIDEST_SPAN = 10_000;
const NARROW_SPAN = 5000;

interface Share {
  tracker: OffsetTracker;
  /** Whether it is known where the group stands; nothing is fetched or committed before. */
  isSettled: boolean;
  isWide: boolean;
}

/** The partitions that are ours, and what was delivered of each. `lose` takes away what is being delivered of one. */
export class Shares {
  readonly #shares = new Map<number, Share>();
  readonly #lose: (partition: number, reason: Error) => void;
  /** What is paused, and of which session: a new one begins with nothing paused. */
  #paused = new Set<number>();
  #pausedIn: object | null = null;

  constructor(lose: (partition: number, reason: Error) => void) {
    this.#lose = lose;
  }

  partitions(): number[] {
    return [...this.#shares.keys()];
  }

  /**
   * Takes an assignment in, and gives the partitions that have to be settled: those that we had as another member than we are
   * now, for others may have had them meanwhile, and new ones that start where another group stands. `before` is where the
   * groups stood before we joined.
   */
  assign(assigned: readonly number[], isSameMember: boolean, before: ReadonlyMap<number, Standing>): number[] {
    for (const partition of this.#shares.keys()) {
      if (assigned.includes(partition)) continue;
      this.#shares.delete(partition);
      this.#lose(partition, new Error('the partition is no longer ours'));
    }
    for (const partition of assigned) {
      const share = this.#shares.get(partition);
      const { own = null, shared = null } = before.get(partition) ?? {};
      // Where the group has offsets, or none at all has, the brokers' and kafkajs's own rules are the right ones.
      const isSettled = own !== null || shared === null;
      if (share === undefined)
        this.#shares.set(partition, { tracker: new OffsetTracker(own), isSettled, isWide: false });
      else if (!isSameMember) share.isSettled = false;
    }
    return assigned.filter((partition) => this.#shares.get(partition)?.isSettled === false);
  }

  /**
   * A partition's standing is known. What is being delivered of it stays if the group has not moved since our last commit;
   * otherwise others went on with it. Gives the offset to fetch from, where the group has none of its own but a start.
   */
  settle(partition: number, { own, shared }: Standing): number | null {
    const share = this.#shares.get(partition);
    if (share === undefined) return null;
    const isFresh = share.tracker.highest < 0;
    if (isFresh || share.tracker.committed !== own) {
      if (!isFresh) this.#lose(partition, new Error('another member has had the partition'));
      share.tracker = new OffsetTracker(own);
    }
    share.isSettled = true;
    return own === null && share.tracker.highest < 0 ? shared : null;
  }

  /**
   * The tracker of a settled partition; null for another. `end` is where the partition's log ends: below what was delivered
   * of it, the topic was made anew, and its offsets mean other messages now.
   */
  trackerOf(partition: number, end: number): OffsetTracker | null {
    const share = this.#shares.get(partition);
    if (share?.isSettled !== true) return null;
    if (end <= share.tracker.highest) {
      this.#lose(partition, new Error('the topic was made anew'));
      share.tracker = new OffsetTracker(null);
    }
    return share.tracker;
  }

  /** What to pause and what to resume in a session, given whether there is room for more. */
  steer(isFull: boolean, session: object): { readonly pause: number[]; readonly resume: number[] } {
    if (session !== this.#pausedIn) this.#paused = new Set();
    this.#pausedIn = session;
    const wanted = new Set<number>();
    for (const [partition, share] of this.#shares) {
      share.isWide = share.tracker.span > (share.isWide ? NARROW_SPAN : WIDEST_SPAN);
      if (isFull || share.isWide || !share.isSettled) wanted.add(partition);
    }
    const pause = [...wanted].filter((partition) => !this.#paused.has(partition));
    const resume = [...this.#paused].filter((partition) => !wanted.has(partition));
    this.#paused = wanted;
    return { pause, resume };
  }

  /** What may be committed of each settled partition, where that is news. */
  committable(): Map<number, number> {
    const offsets = new Map<number, number>();
    for (const [partition, { tracker, isSettled }] of this.#shares) {
      const offset = isSettled ? tracker.committable() : null;
      if (offset !== null) offsets.set(partition, offset);
    }
    return offsets;
  }

  committed(offsets: ReadonlyMap<number, number>): void {
    for (const [partition, offset] of offsets) this.#shares.get(partition)?.tracker.commit(offset);
  }
}
