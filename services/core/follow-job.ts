import { isFinal } from '@dtq/generated/lifecycle.ts';
import { Unavailable } from './errors.ts';
import type { Logger } from './log.ts';
import { type Known, lookUpJob, type Stores } from './look-up.ts';
import type { StatusStore } from './ports.ts';

/** What is known of a job that is known at all. */
export type KnownJob = Exclude<Known, { kind: 'unknown' }>;

export interface FollowedStores extends Stores {
  readonly statuses: Pick<StatusStore, 'get' | 'watch'>;
}

export interface FollowOptions {
  /** How long nothing may be told before the job is looked up, in milliseconds. */
  readonly lookUpEveryMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

export interface FollowedJob {
  /** What was known at the start. */
  readonly first: Known;
  /** Calls back with what becomes known from then on, the document last. To be called once. Older news may come after newer. */
  listen(tell: (known: KnownJob) => void): void;
  /** Ends it; no call comes after. May be called twice. */
  stop(): void;
}

/**
 * Follows a job to its end. The watch begins before the look-up, so that no change is lost between the two. A watch tells
 * soon but may miss things, or not begin at all: while it is silent the job is looked up, and so the end is always told.
 * Rejects with Unavailable where not even the first look-up can tell.
 */
export async function followJob(stores: FollowedStores, jobId: string, options: FollowOptions): Promise<FollowedJob> {
  const follower = new Follower(stores, jobId, options);
  try {
    await follower.watch();
    const first = await lookUpJob(stores, jobId);
    return { first, listen: (tell) => follower.listen(tell), stop: () => follower.stop() };
  } catch (error) {
    follower.stop();
    throw error;
  }
}

class Follower {
  readonly #stores: FollowedStores;
  readonly #jobId: string;
  readonly #options: FollowOptions;
  #tell: ((known: KnownJob) => void) | null = null;
  /** The newest change that came while nobody listened yet. */
  #untold: KnownJob | null = null;
  #unwatch: (() => Promise<void>) | null = null;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #lookAgain = false;
  #stopped: boolean;

  constructor(stores: FollowedStores, jobId: string, options: FollowOptions) {
    this.#stores = stores;
    this.#jobId = jobId;
    this.#options = options;
    this.#stopped = options.signal.aborted;
    options.signal.addEventListener('abort', this.stop);
  }

  /** Begins the watch where it has not begun; a store that is down is asked again before the next look-up. */
  async watch(): Promise<void> {
    if (this.#unwatch !== null || this.#stopped) return;
    try {
      const unwatch = await this.#stores.statuses.watch(this.#jobId, (status) =>
        this.#onChange({ kind: 'status', status }),
      );
      this.#unwatch = unwatch;
      if (this.#stopped) this.#endWatch();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      this.#options.log.debug({ err: error }, 'a job cannot be watched; it is looked up instead');
    }
  }

  listen(tell: (known: KnownJob) => void): void {
    this.#tell = tell;
    if (this.#untold !== null) this.#onChange(this.#untold);
    else this.#lookLater();
  }

  readonly stop = (): void => {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener('abort', this.stop);
    this.#endWatch();
  };

  #endWatch(): void {
    const unwatch = this.#unwatch;
    this.#unwatch = null;
    unwatch?.().catch((error: unknown) => this.#options.log.warn({ err: error }, 'a watch did not end'));
  }

  #onChange(known: KnownJob): void {
    if (this.#stopped) return;
    if (this.#tell === null) {
      this.#untold = known;
      return;
    }
    this.#give(known);
    // The document is durable before the final status is written.
    if (known.kind === 'status' && isFinal(known.status.state)) void this.#look();
    else this.#lookLater();
  }

  #give(known: KnownJob): void {
    if (this.#stopped) return;
    this.#tell?.(known);
    if (known.kind === 'result') this.stop();
  }

  async #look(): Promise<void> {
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    try {
      do {
        this.#lookAgain = false;
        await this.watch();
        const known = await lookUpJob(this.#stores, this.#jobId);
        if (known.kind !== 'unknown') this.#give(known);
      } while (this.#lookAgain && !this.#stopped);
    } catch (error) {
      const level = error instanceof Unavailable ? 'debug' : 'error';
      this.#options.log[level]({ err: error }, 'a followed job could not be looked up');
    }
    this.#looking = false;
    this.#lookLater();
  }

  #lookLater(): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#look(), this.#options.lookUpEveryMs);
  }
}
