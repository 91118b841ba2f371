import type { Clock } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { ConsumeOptions, DeliverySource } from '@dtq/core/ports.ts';
import type { Database } from './database.ts';
import type { QueueRow, QueueTable } from './queue-table.ts';
import type { StatusRows } from './status-rows.ts';

export const PART = 'kafka';

/** How long a delivery that was taken away may still take to notice, in milliseconds. */
export const UNWIND_MS = 250;

export interface LaneParts {
  readonly database: Database;
  readonly table: QueueTable;
  readonly statusRows: StatusRows;
  readonly clock: Clock;
  readonly log: Logger;
  /** A delivery that has no outcome after so long is taken away and made again; in milliseconds. */
  readonly visibilityMs: number;
}

/** What one consumer takes of one type. */
export interface Seat {
  readonly deliver: ConsumeOptions['deliver'];
  /** At most so many at once; 0 takes none. */
  limit: number;
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
