import type { StatementSync } from 'node:sqlite';
import { cut } from '@dtq/core/cut.ts';
import type { DeliverySource, Outcome } from '@dtq/core/ports.ts';
import type { JobPriority, JobType } from '@dtq/generated/schemas/types.ts';
import type { Database } from './database.ts';

/** A message to put into the queue, as anybody might: bytes under a key. */
export interface RawMessage {
  readonly key: string | null;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface QueueRow extends RawMessage {
  readonly id: number;
  readonly priority: JobPriority;
  /** How often it came back with `again`. */
  readonly deliveries: number;
}

/** A row as a scan meets it: blocked while an earlier row of its key is in the queue. */
export interface ScannedRow {
  readonly row: QueueRow;
  readonly blocked: boolean;
}

/** Where a row is to be found again. */
export type RowPlace = Pick<QueueRow, 'id' | 'priority'>;

/** Why a message was buried. */
export type Burial = Extract<Outcome, { kind: 'bury' }>;

/** The contract's bounds on what a dead letter tells (specs/schemas/DeadLetter.json). */
const MOST_VIOLATIONS = 100;
const LONGEST_REASON = 1000;

interface StoredRow {
  id: number;
  priority: JobPriority;
  key: string | null;
  value: Uint8Array;
  headers: string;
  deliveries: number;
  blocked?: number;
}

/** How a scan finds the free rows of a priority after one; a key blocks across priorities. Each step is one look into an index, however many rows wait. */
export const SCAN = `
  SELECT id, priority, key, value, headers, deliveries,
         EXISTS (SELECT 1 FROM job_queue AS earlier
                 WHERE earlier.job_type = job_queue.job_type AND earlier.key = job_queue.key AND earlier.id < job_queue.id
                ) AS blocked
  FROM job_queue WHERE job_type = ? AND priority = ? AND due_at = 0 AND id > ? ORDER BY id LIMIT ?`;

/** How the rows whose wait is over are found. */
export const DUE =
  'SELECT id, priority FROM job_queue WHERE job_type = ? AND due_at > 0 AND due_at <= ? ORDER BY due_at LIMIT ?';

/** The rows of the queue and of the dead letters: each statement once. Writes run inside a transaction of the caller. */
export class QueueTable {
  readonly #insert: StatementSync;
  readonly #scan: StatementSync;
  readonly #one: StatementSync;
  readonly #delete: StatementSync;
  readonly #postpone: StatementSync;
  readonly #due: StatementSync;
  readonly #free: StatementSync;
  readonly #nearer: StatementSync;
  readonly #earliest: StatementSync;
  readonly #successor: StatementSync;
  readonly #bury: StatementSync;
  readonly #any: StatementSync;
  readonly #holds: StatementSync;
  readonly #ever: StatementSync;

  constructor({ connection }: Database) {
    this.#insert = connection.prepare(
      'INSERT INTO job_queue (job_type, key, value, headers, priority) VALUES (?, ?, ?, ?, ?)',
    );
    // One look into job_queue_key for each type.
    this.#holds = connection.prepare('SELECT 1 FROM job_queue WHERE job_type = ? AND key = ? LIMIT 1');
    // SQLite keeps the last id that a table ever gave; none means that nothing was ever put in.
    this.#ever = connection.prepare("SELECT 1 FROM sqlite_sequence WHERE name = 'job_queue'");
    this.#scan = connection.prepare(SCAN);
    this.#one = connection.prepare('SELECT id, priority, key, value, headers, deliveries FROM job_queue WHERE id = ?');
    this.#delete = connection.prepare('DELETE FROM job_queue WHERE id = ?');
    this.#postpone = connection.prepare('UPDATE job_queue SET due_at = ?, deliveries = deliveries + 1 WHERE id = ?');
    this.#due = connection.prepare(DUE);
    this.#free = connection.prepare('UPDATE job_queue SET due_at = 0 WHERE id = ?');
    this.#nearer = connection.prepare(
      'UPDATE job_queue SET due_at = ? WHERE job_type = ? AND due_at > 0 AND due_at > ?',
    );
    this.#earliest = connection.prepare(
      'SELECT min(due_at) AS due_at FROM job_queue WHERE job_type = ? AND due_at > 0',
    );
    this.#successor = connection.prepare(
      'SELECT id, priority FROM job_queue WHERE job_type = ? AND key = ? AND id > ? ORDER BY id LIMIT 1',
    );
    this.#bury = connection.prepare(
      `INSERT INTO dead_letters
         (job_type, key, value, headers, source_offset,
          reason, violations, job_id, trace_id, source_topic, source_partition, buried_at)
       SELECT job_type, key, value, headers, id, ?, ?, ?, ?, ?, ?, ? FROM job_queue WHERE id = ?
       ON CONFLICT DO NOTHING`,
    );
    this.#any = connection.prepare('SELECT id FROM job_queue LIMIT 1');
  }

  /** Whether a message of that key is in the queue of a type. */
  holds(jobType: JobType, key: string): boolean {
    return this.#holds.get(jobType, key) !== undefined;
  }

  /** Whether any message was ever put in. */
  wasEverUsed(): boolean {
    return this.#ever.get() !== undefined;
  }

  insert(jobType: JobType, { key, value, headers }: RawMessage, priority: JobPriority): void {
    this.#insert.run(jobType, key, value, JSON.stringify(headers), priority);
  }

  /** The next free rows of a priority after an id, oldest first. */
  scan(jobType: JobType, priority: JobPriority, after: number, limit: number): ScannedRow[] {
    const rows = this.#scan.all(jobType, priority, after, limit) as unknown as StoredRow[];
    return rows.map((stored) => ({ row: decode(stored), blocked: stored.blocked === 1 }));
  }

  row(id: number): QueueRow | undefined {
    const stored = this.#one.get(id) as unknown as StoredRow | undefined;
    return stored === undefined ? undefined : decode(stored);
  }

  delete(id: number): void {
    this.#delete.run(id);
  }

  postpone(id: number, dueAt: number): void {
    this.#postpone.run(dueAt, id);
  }

  bury(
    id: number,
    { reason, violations = [], jobId = null, traceId = null }: Burial,
    { topic, partition }: DeliverySource,
    buriedAt: string,
  ): void {
    const told = JSON.stringify(violations.slice(0, MOST_VIOLATIONS));
    this.#bury.run(cut(reason, LONGEST_REASON), told, jobId, traceId, topic, partition, buriedAt, id);
    this.#delete.run(id);
  }

  /** Frees rows whose wait is over, and gives them. */
  freeDue(jobType: JobType, now: number, limit: number): RowPlace[] {
    const rows = this.#due.all(jobType, now, limit) as unknown as RowPlace[];
    for (const { id } of rows) this.#free.run(id);
    return rows;
  }

  /** Ends every wait at `latest` that would end later. */
  endWaitsBy(jobType: JobType, latest: number): void {
    this.#nearer.run(latest, jobType, latest);
  }

  /** When the first wait ends, in ms since 1970; null where nothing waits. */
  earliestDue(jobType: JobType): number | null {
    return (this.#earliest.get(jobType) as { due_at: number | null }).due_at;
  }

  /** The row of the same key that comes next, in whatever priority. */
  successor(jobType: JobType, key: string, id: number): RowPlace | undefined {
    return this.#successor.get(jobType, key, id) as RowPlace | undefined;
  }

  /** Reads something, whatever it is. */
  probe(): void {
    this.#any.get();
  }
}

function decode({ id, priority, key, value, headers, deliveries }: StoredRow): QueueRow {
  return { id, priority, key, value, headers: decodeHeaders(headers), deliveries };
}

// Anybody may have put the row there: what are no headers counts as none, and the delivery goes on.
export function decodeHeaders(text: string): Record<string, string> {
  try {
    const headers: unknown = JSON.parse(text);
    if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return {};
    return Object.fromEntries(Object.entries(headers).filter(([, value]) => typeof value === 'string'));
  } catch {
    return {};
  }
}
