import { type Clock, sleep, timestamp } from '@dtq/core/clock.ts';
import { idsOf } from '@dtq/core/job-message.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { ConsumeOptions, Delivery, DeliverySource, Outcome } from '@dtq/core/ports.ts';
import { CHANNELS, JOB_CHANNELS } from '@dtq/generated/messaging/channels.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import type { Database } from './database.ts';
import type { QueueRow, QueueTable } from './queue-table.ts';

// The deliveries of one job type. A row is in one of these places:
//
//   ahead     due_at = 0, id above the cursor: nobody has looked at it; a scan takes it, or passes it where it is blocked
//   blocked   passed by a scan, since an earlier row of its key was there; freed when that one leaves
//   free      its id stands in #free: freed, handed back, or its wait is over
//   held      being delivered; known to this memory alone, so that nothing is left of it after a kill
//   waiting   due_at > 0: came back with `again`
//
// #free holds at most one id for each delivery that ended, and FREED_AT_ONCE more: memory does not grow with the queue.

export const PART = 'kafka';

/** The wait after the first `again`, and the longest one; it doubles in between. In milliseconds. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

/** Rows whose wait is over that are taken into memory at once. */
const FREED_AT_ONCE = 256;

/** Rows that one turn of the event loop looks at. */
const SCANNED_AT_ONCE = 256;

const LONGEST_TIMER_MS = 60_000;

/** How long a delivery that was taken away may still take to notice, in milliseconds. */
export const UNWIND_MS = 250;

export interface LaneParts {
  readonly database: Database;
  readonly table: QueueTable;
  readonly clock: Clock;
  readonly log: Logger;
  /** A delivery that has no outcome after so long is taken away and made again; in milliseconds. */
  readonly visibilityMs: number;
}

/** What one consumer takes of one type. */
export interface Seat {
  readonly deliver: ConsumeOptions['deliver'];
  readonly limit: number;
  readonly held: Set<Held>;
}

/** A row that is being delivered. */
export interface Held {
  readonly row: QueueRow;
  readonly source: DeliverySource;
  readonly controller: AbortController;
  /** Whether it was handed back while its delivery still ran; what becomes of that is of no account any more. */
  taken: boolean;
  ended: Promise<void>;
}

export class Lane {
  readonly #jobType: JobType;
  readonly #topic: string;
  readonly #parts: LaneParts;
  readonly #seats = new Set<Seat>();
  readonly #free: number[] = [];
  /** Every free row up to this id has been looked at. */
  #cursor = 0;
  #mayBeAhead = true;
  #hasPassedBlocked = false;
  #isFreeing = false;
  #pumpScheduled = false;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer rings, by the clock that is never set. */
  #timerAt = 0;

  constructor(jobType: JobType, parts: LaneParts) {
    this.#jobType = jobType;
    this.#topic = CHANNELS[JOB_CHANNELS[jobType].jobs].address;
    this.#parts = parts;
  }

  /** Something was put into the queue. */
  wake(): void {
    this.#mayBeAhead = true;
    this.#schedulePump();
  }

  open(seat: Seat): void {
    this.#seats.add(seat);
    this.wake();
    this.#freeDue();
  }

  /** Takes nothing new for a seat. */
  leave(seat: Seat): void {
    this.#seats.delete(seat);
    if (this.#seats.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Makes a row that is still being delivered free for others. */
  handBack(seat: Seat, held: Held): void {
    held.taken = true;
    seat.held.delete(held);
    this.#setFree(held.row.id);
  }

  #schedulePump(): void {
    if (this.#pumpScheduled || this.#seats.size === 0) return;
    this.#pumpScheduled = true;
    // Not within this turn: whoever published a job writes `queued` as soon as it hears that the queue has it, and that
    // write then stands before the `running` of the worker that takes it.
    setImmediate(() => {
      this.#pumpScheduled = false;
      try {
        this.#pump();
      } catch (error) {
        this.#parts.log.warn({ err: error, job_type: this.#jobType }, 'the queue cannot be read; it is tried again');
        this.#wakeIn(FIRST_WAIT_MS);
      }
    });
  }

  #pump(): void {
    const { database } = this.#parts;
    let budget = SCANNED_AT_ONCE;
    for (const seat of this.#seats) {
      while (this.#seats.has(seat) && seat.held.size < seat.limit && this.#hasMore()) {
        if (budget <= 0) {
          this.#schedulePump();
          return;
        }
        const limit = Math.min(seat.limit - seat.held.size, budget);
        budget -= limit;
        const rows = database.commits.read(PART, () =>
          this.#free.length > 0 ? this.#takeFree(limit) : this.#takeAhead(limit),
        );
        for (const row of rows) this.#start(seat, row);
      }
    }
  }

  #hasMore(): boolean {
    return this.#free.length > 0 || this.#mayBeAhead;
  }

  #takeFree(limit: number): QueueRow[] {
    const rows = this.#free.slice(0, limit).map((id) => this.#parts.table.row(id));
    this.#free.splice(0, limit);
    return rows.filter((row) => row !== undefined);
  }

  #takeAhead(limit: number): QueueRow[] {
    const scanned = this.#parts.table.scan(this.#jobType, this.#cursor, limit);
    this.#mayBeAhead = scanned.length === limit;
    this.#cursor = scanned.at(-1)?.row.id ?? this.#cursor;
    this.#hasPassedBlocked ||= scanned.some(({ blocked }) => blocked);
    return scanned.filter(({ blocked }) => !blocked).map(({ row }) => row);
  }

  #start(seat: Seat, row: QueueRow): void {
    const source = { topic: this.#topic, partition: 0, offset: String(row.id) };
    const held: Held = { row, source, controller: new AbortController(), taken: false, ended: Promise.resolve() };
    seat.held.add(held);
    const timer = setTimeout(() => this.#takeAway(seat, held), this.#parts.visibilityMs).unref();
    held.ended = this.#deliver(seat, held).finally(() => clearTimeout(timer));
  }

  /** What ties a line of the log to the job. Read only when there is something to say. */
  #ids({ row }: Held): { job_id?: string; trace_id?: string } {
    return idsOf(this.#jobType, row.value);
  }

  /** The visibility time-out: whoever holds the row hears of it, and may still give an outcome at once. */
  #takeAway(seat: Seat, held: Held): void {
    if (!seat.held.has(held)) return;
    const { visibilityMs, log } = this.#parts;
    log.warn(
      { ...this.#ids(held), source: held.source, visibility_ms: visibilityMs },
      'a delivery has no outcome; it is made again',
    );
    held.controller.abort(new Error(`the delivery had no outcome after ${visibilityMs} ms`));
    setTimeout(() => {
      if (seat.held.has(held)) this.handBack(seat, held);
    }, UNWIND_MS).unref();
  }

  async #deliver(seat: Seat, held: Held): Promise<void> {
    const { row, source, controller } = held;
    const { key, value, headers } = row;
    const delivery: Delivery = { jobType: this.#jobType, key, value, headers, source, signal: controller.signal };
    let outcome: Outcome;
    try {
      outcome = await seat.deliver(delivery);
    } catch (error) {
      this.#parts.log.error(
        { ...this.#ids(held), err: error, source },
        'a delivery failed in a way it should not; it comes again',
      );
      outcome = { kind: 'again' };
    }
    await this.#settle(seat, held, outcome);
  }

  /**
   * Makes an outcome durable. While the disk does not take it the row stays held, which also keeps new work away from a
   * disk that fails.
   */
  async #settle(seat: Seat, held: Held, outcome: Outcome): Promise<void> {
    const { log } = this.#parts;
    for (let call = 1; !held.taken; call += 1) {
      // Taken away: whoever comes next need not wait.
      if (outcome.kind === 'again' && held.controller.signal.aborted) return this.handBack(seat, held);
      try {
        return await this.#write(seat, held, outcome);
      } catch (error) {
        log.warn(
          { ...this.#ids(held), err: error, source: held.source, call },
          'the outcome of a delivery could not be kept; it is tried again',
        );
        await sleep(waitMs(call - 1), held.controller.signal).catch(() => undefined);
        if (held.controller.signal.aborted && !held.taken) return this.handBack(seat, held);
      }
    }
  }

  async #write(seat: Seat, held: Held, outcome: Outcome): Promise<void> {
    const { database, table, clock } = this.#parts;
    const { id, key, deliveries } = held.row;
    if (outcome.kind === 'again') {
      const dueAt = clock.now() + waitMs(deliveries);
      const postpone = (): void => {
        if (!held.taken) table.postpone(id, dueAt);
      };
      return database.commits.write(PART, postpone, () => {
        this.#end(seat, held);
        this.#wakeIn(dueAt - clock.now());
      });
    }
    const remove = (): number | undefined => {
      if (held.taken) return undefined;
      if (outcome.kind === 'bury') table.bury(id, outcome.reason, held.source, timestamp(clock));
      else table.delete(id);
      return key !== null && this.#hasPassedBlocked ? table.successor(this.#jobType, key, id) : undefined;
    };
    await database.commits.write(PART, remove, (successor) => {
      // One above the cursor is still ahead.
      if (successor !== undefined && successor <= this.#cursor) this.#setFree(successor);
      this.#end(seat, held);
    });
  }

  #end(seat: Seat, held: Held): void {
    if (!seat.held.delete(held)) return;
    this.#schedulePump();
  }

  /** Puts an id among the free ones, oldest first. */
  #setFree(id: number): void {
    let index = this.#free.length;
    while (index > 0 && (this.#free[index - 1] ?? 0) > id) index -= 1;
    this.#free.splice(index, 0, id);
    this.#schedulePump();
  }

  /** Frees what has waited long enough, and comes back when the next wait is over. */
  #freeDue(): void {
    const { database, table, clock, log } = this.#parts;
    if (this.#isFreeing || this.#seats.size === 0) return;
    if (this.#free.length > FREED_AT_ONCE) {
      this.#wakeIn(100);
      return;
    }
    this.#isFreeing = true;
    const free = (): { ids: number[]; next: number | null } => {
      const now = clock.now();
      // No wait is longer than the longest: one that seems so was begun before the clock was set back.
      table.endWaitsBy(this.#jobType, now + LONGEST_WAIT_MS);
      const ids = table.freeDue(this.#jobType, now, FREED_AT_ONCE);
      return { ids, next: table.earliestDue(this.#jobType) };
    };
    const freed = ({ ids, next }: { ids: number[]; next: number | null }): void => {
      // One above the cursor is ahead again: it waits since before this process began.
      for (const id of ids) if (id <= this.#cursor) this.#setFree(id);
      if (ids.length > 0) this.wake();
      this.#isFreeing = false;
      if (next !== null) this.#wakeIn(next - clock.now());
    };
    database.commits.write(PART, free, freed).catch((error: unknown) => {
      this.#isFreeing = false;
      log.warn({ err: error, job_type: this.#jobType }, 'the waiting jobs cannot be read; it is tried again');
      this.#wakeIn(FIRST_WAIT_MS);
    });
  }

  /** Looks again after a while, or sooner if that was planned. */
  #wakeIn(ms: number): void {
    const delay = Math.min(Math.max(ms, 1), LONGEST_TIMER_MS);
    const at = performance.now() + delay;
    if (this.#seats.size === 0 || (this.#timer !== undefined && this.#timerAt <= at)) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#schedulePump();
      this.#freeDue();
    }, delay);
  }
}

/** The wait of a row that has come back so often before, in milliseconds. */
function waitMs(deliveries: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(deliveries, 10));
}
