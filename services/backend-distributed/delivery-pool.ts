import { settlesWithin } from '@dtq/core/clock.ts';
import { idsOf } from '@dtq/core/job-message.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { ConsumeOptions, Delivery, Outcome } from '@dtq/core/ports.ts';
import type { JobPriority } from '@dtq/generated/schemas/types.ts';
import { Turns } from './turns.ts';

// The deliveries of one job type that are in memory. One is in one of these places:
//
//   chained   an earlier one of its key is in memory: it waits for that one to leave
//   ready     waits for one of `limit` seats, which those of each priority get in turn (turns.ts)
//   running   has a seat
//   resting   came back with `again`, or its dead letter could not be kept: rests, then is ready once more
//
// One that was taken away (its partition is another's now) is gone: it ends where it stands, and changes nothing. One that
// runs then keeps its key until it has noticed, so that the same message, should it come back to us, does not overlap with it.

/** The wait after the first `again`, and the longest one; it doubles in between. In milliseconds. */
const FIRST_REST_MS = 1000;
const LONGEST_REST_MS = 30_000;

/** How long a stop waits for deliveries to notice that they were taken away, in milliseconds. */
const UNWIND_MS = 250;

/** Why a message is to be buried. */
export type Verdict = Extract<Outcome, { readonly kind: 'bury' }>;

/** A delivery in memory. */
export interface Parcel {
  readonly delivery: Delivery;
  readonly controller: AbortController;
  readonly bytes: number;
  /** Keeps the message among the dead letters. */
  readonly bury: (verdict: Verdict) => Promise<void>;
  /** Its outcome is durable. */
  readonly finish: () => void;
}

interface Held extends Parcel {
  returns: number;
  isGone: boolean;
  /** Set once it is to be buried: it is then not delivered again. */
  verdict: Verdict | null;
  /** When it got its seat, by the clock that is never set; null where it has none. */
  runningSince: number | null;
  rest: NodeJS.Timeout | undefined;
}

export interface PoolOptions {
  /** How many may run at once at first. */
  readonly limit: number;
  readonly deliver: ConsumeOptions['deliver'];
  readonly log: Logger;
  /** Something left the pool. */
  readonly onLeave: () => void;
}

export class DeliveryPool {
  readonly #options: PoolOptions;
  readonly #held = new Set<Held>();
  readonly #chains = new Map<string, Held[]>();
  readonly #ready = new Turns<Held>();
  readonly #running = new Set<Promise<void>>();
  readonly #loads: { readonly [P in JobPriority]: { size: number; bytes: number } } = {
    high: { size: 0, bytes: 0 },
    normal: { size: 0, bytes: 0 },
    low: { size: 0, bytes: 0 },
  };
  #limit: number;
  #seats = 0;
  #isStopping = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#limit = options.limit;
  }

  /** Deliveries of a priority that are in memory and were not taken away, and their bytes. */
  load(priority: JobPriority): Readonly<{ size: number; bytes: number }> {
    return this.#loads[priority];
  }

  get limit(): number {
    return this.#limit;
  }

  /** From now on so many may run at once; what runs goes on. */
  set limit(limit: number) {
    this.#limit = limit;
    this.#pump();
  }

  add(parcel: Parcel): void {
    const held: Held = { ...parcel, returns: 0, isGone: false, verdict: null, runningSince: null, rest: undefined };
    this.#held.add(held);
    const { key, priority } = held.delivery;
    this.#loads[priority].size += 1;
    this.#loads[priority].bytes += held.bytes;
    const chain = key === null ? undefined : this.#chains.get(key);
    if (chain !== undefined) {
      chain.push(held);
      return;
    }
    if (key !== null) this.#chains.set(key, [held]);
    this.#makeReady(held);
  }

  /** Takes away the deliveries of a kind: those that run are told, the others are forgotten. */
  take(isTaken: (delivery: Delivery) => boolean, reason: Error): void {
    for (const held of [...this.#held]) {
      if (!isTaken(held.delivery)) continue;
      this.#forget(held);
      held.controller.abort(reason);
      if (held.rest !== undefined) this.#end(held);
    }
    for (const held of this.#ready.remove(({ isGone }) => isGone)) this.#end(held);
    this.#pump();
  }

  /** Deliveries that have run for longer than `ms`. */
  runningLongerThan(ms: number): { readonly delivery: Delivery; readonly ageMs: number }[] {
    const now = performance.now();
    return [...this.#held].flatMap(({ delivery, runningSince }) =>
      runningSince !== null && now - runningSince > ms ? [{ delivery, ageMs: now - runningSince }] : [],
    );
  }

  /** Starts nothing new, waits up to `drainMs` for what runs, then tells the rest and lets it go. */
  async stop(drainMs: number): Promise<void> {
    this.#isStopping = true;
    for (const held of [...this.#held]) if (held.runningSince === null && held.verdict === null) this.#forget(held);
    await settlesWithin(drainMs, this.#allEnded());
    const reason = new Error('the consumer stops');
    for (const held of [...this.#held]) {
      held.controller.abort(reason);
      clearTimeout(held.rest);
    }
    await settlesWithin(UNWIND_MS, this.#allEnded());
    for (const held of [...this.#held]) this.#forget(held);
  }

  async #allEnded(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled([...this.#running]);
  }

  #makeReady(held: Held): void {
    this.#ready.push(held.delivery.priority, held);
    this.#pump();
  }

  #pump(): void {
    while (this.#seats < this.#limit && !this.#isStopping) {
      const held = this.#ready.next();
      if (held === undefined) return;
      const run = this.#run(held);
      this.#running.add(run);
      void run.finally(() => this.#running.delete(run));
    }
  }

  async #run(held: Held): Promise<void> {
    const outcome = held.verdict ?? (await this.#deliver(held));
    if (held.isGone) return this.#end(held);
    if (outcome.kind === 'bury') held.verdict = outcome;
    if (outcome.kind === 'again' || (outcome.kind === 'bury' && !(await this.#bury(held, outcome))))
      return this.#returned(held);
    if (!held.isGone) held.finish();
    this.#forget(held);
    this.#end(held);
    this.#options.onLeave();
  }

  async #deliver(held: Held): Promise<Outcome> {
    this.#seats += 1;
    held.runningSince = performance.now();
    const { deliver, log } = this.#options;
    const { jobType, key, value, source, signal } = held.delivery;
    try {
      return await deliver(held.delivery);
    } catch (error) {
      if (!signal.aborted)
        log.error(
          { ...idsOf(jobType, value), err: error, key, source },
          'a delivery failed in a way it should not; it comes again',
        );
      return { kind: 'again' };
    } finally {
      held.runningSince = null;
      this.#seats -= 1;
      this.#pump();
    }
  }

  async #bury(held: Held, verdict: Verdict): Promise<boolean> {
    try {
      await held.bury(verdict);
      return true;
    } catch (error) {
      const { jobType, value, source } = held.delivery;
      this.#options.log.warn(
        { ...idsOf(jobType, value), err: error, source },
        'a dead letter could not be kept; it is tried again',
      );
      return false;
    }
  }

  #returned(held: Held): void {
    // One that was taken away: whoever comes next need not wait.
    if (held.isGone || held.controller.signal.aborted || this.#isStopping) {
      this.#forget(held);
      this.#end(held);
      return;
    }
    const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.min(held.returns, 10));
    held.returns += 1;
    held.rest = setTimeout(() => {
      held.rest = undefined;
      this.#makeReady(held);
    }, restMs);
  }

  #forget(held: Held): void {
    held.isGone = true;
    if (!this.#held.delete(held)) return;
    const load = this.#loads[held.delivery.priority];
    load.size -= 1;
    load.bytes -= held.bytes;
  }

  /** Lets the next one of its key be ready. */
  #end(held: Held): void {
    clearTimeout(held.rest);
    held.rest = undefined;
    const { key } = held.delivery;
    const chain = key === null ? undefined : this.#chains.get(key);
    if (key === null || chain?.[0] !== held) return;
    do chain.shift();
    while (chain[0]?.isGone === true);
    const [next] = chain;
    if (next === undefined) this.#chains.delete(key);
    else this.#makeReady(next);
  }
}
