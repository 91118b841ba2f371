import type { JobPriority, JobType } from '@dtq/generated/schemas/types.ts';
import type { QueueRow, QueueTable } from './queue-table.ts';

/** The rows of one type and priority that may start (lane.ts says where a row can be): the free ones, then those ahead. */
export class Line {
  readonly #jobType: JobType;
  readonly #priority: JobPriority;
  readonly #table: QueueTable;
  readonly #free: number[] = [];
  /** Every row with `due_at` 0 up to this id has been looked at. */
  #cursor = 0;
  #mayBeAhead = true;
  #hasPassedBlocked = false;

  constructor(jobType: JobType, priority: JobPriority, table: QueueTable) {
    this.#jobType = jobType;
    this.#priority = priority;
    this.#table = table;
  }

  /** Whether there may be something to take. */
  get waits(): boolean {
    return this.#free.length > 0 || this.#mayBeAhead;
  }

  /** Ids that are in memory. */
  get freed(): number {
    return this.#free.length;
  }

  /** Whether a row was passed that an earlier one of its key blocked. */
  get hasPassedBlocked(): boolean {
    return this.#hasPassedBlocked;
  }

  /** Something was put behind the last row. */
  lookAhead(): void {
    this.#mayBeAhead = true;
  }

  /** Looks at up to so many rows, and gives those that may start. */
  take(limit: number): QueueRow[] {
    return this.#free.length > 0 ? this.#takeFree(limit) : this.#takeAhead(limit);
  }

  /** A row that blocked or waited is free now; of no effect where it is still ahead. */
  release(id: number): void {
    if (id <= this.#cursor) this.putBack(id);
  }

  /** Puts the id of a row that was taken among the free ones, oldest first. */
  putBack(id: number): void {
    let index = this.#free.length;
    while (index > 0 && (this.#free[index - 1] ?? 0) > id) index -= 1;
    this.#free.splice(index, 0, id);
  }

  #takeFree(limit: number): QueueRow[] {
    const rows = this.#free.slice(0, limit).map((id) => this.#table.row(id));
    this.#free.splice(0, limit);
    return rows.filter((row) => row !== undefined);
  }

  #takeAhead(limit: number): QueueRow[] {
    const scanned = this.#table.scan(this.#jobType, this.#priority, this.#cursor, limit);
    this.#mayBeAhead = scanned.length === limit;
    this.#cursor = scanned.at(-1)?.row.id ?? this.#cursor;
    this.#hasPassedBlocked ||= scanned.some(({ blocked }) => blocked);
    return scanned.filter(({ blocked }) => !blocked).map(({ row }) => row);
  }
}
