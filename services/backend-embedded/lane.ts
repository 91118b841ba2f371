import { sleep, timestamp } from '@dtq/core/clock.ts';
import { idsOf } from '@dtq/core/job-message.ts';
import type { Delivery, Outcome } from '@dtq/core/ports.ts';
import { CHANNELS, JOB_CHANNELS } from '@dtq/generated/messaging/channels.ts';
import { JOB_PRIORITY_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobPriority, JobType } from '@dtq/generated/schemas/types.ts';
import { Line } from './line.ts';
import type { QueueRow, RowPlace } from './queue-table.ts';
import { type Held, type LaneParts, PART, type Seat, UNWIND_MS } from './seat.ts';
import { Turns } from './turns.ts';

// The deliveries of one job type, from a line for each priority (line.ts). A row is in one of these places:
//
//   ahead     due_at = 0, id above its line's cursor: nobody has looked at it; a scan takes it, or passes it where it is blocked
//   blocked   passed by a scan, since an earlier row of its key was there, in whatever line; freed when that one leaves
//   free      its id stands in its line: freed, handed back, or its wait is over
//   held      being delivered; known to this memory alone, so that nothing is left of it after a kill
//   waiting   due_at > 0: came back with `again`
//
// The lines hold at most one id for each delivery that ended, and FREED_AT_ONCE more: memory does not grow with the queue.
// Timers run by the clock of the machine; with a clock of one's own that is moved, `lookAgain` frees what has become due.

/** The wait after the first `again`, and the longest one; it doubles in between. In milliseconds. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

/** Rows whose wait is over that are taken into memory at once. */
const FREED_AT_ONCE = 256;

/** Rows that one turn of the event loop looks at. */
const SCANNED_AT_ONCE = 256;

const LONGEST_TIMER_MS = 60_000;

export class Lane {
  readonly #jobType: JobType;
  readonly #lines: Readonly<Record<JobPriority, Line>>;
  readonly #turns = new Turns();
  readonly #parts: LaneParts;
  readonly #seats = new Set<Seat>();
  #freeing: Promise<void> | undefined;
  #pumpScheduled = false;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer rings, by the clock that is never set. */
  #timerAt = 0;

  constructor(jobType: JobType, parts: LaneParts) {
    this.#jobType = jobType;
    this.#parts = parts;
    const line = (priority: JobPriority): Line => new Line(jobType, priority, parts.table);
    this.#lines = { high: line('high'), normal: line('normal'), low: line('low') };
  }

  /** Something of that priority was put into the queue. */
  wake(priority: JobPriority): void {
    this.#lines[priority].lookAhead();
    this.#schedulePump();
  }

  open(seat: Seat): void {
    this.#seats.add(seat);
    for (const priority of JOB_PRIORITY_VALUES) this.wake(priority);
    void this.lookAgain();
  }

  /** From now on a seat has at most so many deliveries. */
  limit(seat: Seat, limit: number): void {
    seat.limit = limit;
    this.#schedulePump();
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
    this.#putBack(held.row);
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
        for (const [priority, turns] of this.#turns.draw(limit, (one) => this.#lines[one].waits)) {
          const rows = database.commits.read(PART, () => this.#lines[priority].take(turns));
          for (const row of rows) this.#startIn(seat, row);
        }
      }
    }
  }

  #hasMore(): boolean {
    return JOB_PRIORITY_VALUES.some((priority) => this.#lines[priority].waits);
  }

  /** Starts a row, unless whoever was called before it in this turn has paused the seat or left it. */
  #startIn(seat: Seat, row: QueueRow): void {
    if (this.#seats.has(seat) && seat.held.size < seat.limit) this.#start(seat, row);
    else this.#putBack(row);
  }

  #start(seat: Seat, row: QueueRow): void {
    const { address } = CHANNELS[JOB_CHANNELS[this.#jobType].jobs[row.priority]];
    const source = { topic: address, partition: 0, offset: String(row.id) };
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
    const { priority, key, value, headers } = row;
    const { signal } = controller;
    const delivery: Delivery = { jobType: this.#jobType, priority, key, value, headers, source, signal };
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
    const { database, table, statusRows, clock } = this.#parts;
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
    const remove = (): RowPlace | undefined => {
      if (held.taken) return undefined;
      if (outcome.kind === 'bury') {
        // What only this message has made known is no open job.
        if (key !== null) statusRows.forget(key);
        table.bury(id, outcome, held.source, timestamp(clock));
      } else table.delete(id);
      const mayBlock = JOB_PRIORITY_VALUES.some((priority) => this.#lines[priority].hasPassedBlocked);
      return key !== null && mayBlock ? table.successor(this.#jobType, key, id) : undefined;
    };
    await database.commits.write(PART, remove, (successor) => {
      if (successor !== undefined) this.#lines[successor.priority].release(successor.id);
      this.#end(seat, held);
    });
  }

  #end(seat: Seat, held: Held): void {
    if (!seat.held.delete(held)) return;
    this.#schedulePump();
  }

  #putBack({ id, priority }: RowPlace): void {
    this.#lines[priority].putBack(id);
    this.#schedulePump();
  }

  /** Frees what has waited long enough, and comes back when the next wait is over. Never rejects. */
  lookAgain(): Promise<void> {
    if (this.#seats.size === 0) return Promise.resolve();
    const freed = JOB_PRIORITY_VALUES.reduce((sum, priority) => sum + this.#lines[priority].freed, 0);
    if (freed > FREED_AT_ONCE) {
      this.#wakeIn(100);
      return Promise.resolve();
    }
    this.#freeing ??= this.#freeDue().finally(() => {
      this.#freeing = undefined;
    });
    return this.#freeing;
  }

  async #freeDue(): Promise<void> {
    const { database, table, clock, log } = this.#parts;
    const free = (): { rows: RowPlace[]; next: number | null } => {
      const now = clock.now();
      // No wait is longer than the longest: one that seems so was begun before the clock was set back.
      table.endWaitsBy(this.#jobType, now + LONGEST_WAIT_MS);
      const rows = table.freeDue(this.#jobType, now, FREED_AT_ONCE);
      return { rows, next: table.earliestDue(this.#jobType) };
    };
    const freed = ({ rows, next }: { rows: RowPlace[]; next: number | null }): void => {
      for (const { id, priority } of rows) {
        // One above the cursor is ahead again: it waits since before this process began.
        this.#lines[priority].release(id);
        this.wake(priority);
      }
      if (next !== null) this.#wakeIn(next - clock.now());
    };
    try {
      await database.commits.write(PART, free, freed);
    } catch (error) {
      log.warn({ err: error, job_type: this.#jobType }, 'the waiting jobs cannot be read; it is tried again');
      this.#wakeIn(FIRST_WAIT_MS);
    }
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
      void this.lookAgain();
    }, delay);
  }
}

/** The wait of a row that has come back so often before, in milliseconds. */
function waitMs(deliveries: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(deliveries, 10));
}
