import type { StatementSync } from 'node:sqlite';
import type { Clock } from '@dtq/core/clock.ts';
import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import { applyChange, begun } from '@dtq/core/lifecycle.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Advanced, Begun, StatusChange, StatusStore } from '@dtq/core/ports.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import type { Database } from './database.ts';

const PART = 'redis';

/** Rows that one sweep takes away, so that it holds nobody up; and the pauses after a full and after another one, in ms. */
const SWEEP_ROWS = 500;
const PAUSE_WHILE_FULL_MS = 100;
const PAUSE_MS = 10_000;

type Watcher = (status: JobStatus) => void;

export interface StatusStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a status is kept after its last change, in milliseconds. */
  readonly ttlMs: number;
}

/**
 * The status store, as a table: one row for each job, its status as JSON beside the time when it ends. A row whose time is
 * over is not there for any reader; a sweep takes it away later. Who watches is told in this process, after the commit.
 */
export class EmbeddedStatusStore implements StatusStore {
  readonly #options: StatusStoreOptions;
  readonly #upsert: StatementSync;
  readonly #select: StatementSync;
  readonly #expire: StatementSync;
  readonly #watchers = new Map<string, Set<Watcher>>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: StatusStoreOptions) {
    const { connection } = options.database;
    this.#options = options;
    this.#upsert = connection.prepare(
      `INSERT INTO job_status (job_id, status, expires_at) VALUES (?, ?, ?)
       ON CONFLICT (job_id) DO UPDATE SET status = excluded.status, expires_at = excluded.expires_at`,
    );
    this.#select = connection.prepare('SELECT status FROM job_status WHERE job_id = ? AND expires_at > ?');
    this.#expire = connection.prepare(
      `DELETE FROM job_status WHERE job_id IN (
         SELECT job_id FROM job_status WHERE expires_at <= ? ORDER BY expires_at LIMIT ${SWEEP_ROWS})`,
    );
    this.#sweepLater(PAUSE_MS);
  }

  async begin(start: Omit<StatusChange, 'attempt'>): Promise<Begun> {
    return this.#change(start.job_id, (previous, write) => begun(previous, start, write));
  }

  async advance(change: StatusChange): Promise<Advanced> {
    return this.#change(change.job_id, (previous, write) => {
      const next = applyChange(previous, change);
      if (next !== null) write(next);
      return { applied: next !== null, previous };
    });
  }

  async get(jobId: string): Promise<JobStatus | null> {
    return this.#options.database.commits.read(PART, () => this.#read(jobId));
  }

  async watch(jobId: string, onChange: Watcher): Promise<() => Promise<void>> {
    await this.check();
    // One watcher may be given twice; each watch is then told, and ended, by itself.
    const watcher: Watcher = (status) => onChange(status);
    const watchers = this.#watchers.get(jobId) ?? new Set();
    watchers.add(watcher);
    this.#watchers.set(jobId, watchers);
    return async () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(jobId) === watchers) this.#watchers.delete(jobId);
    };
  }

  /** Resolves where the table can be read now, from the file that was opened. */
  async check(): Promise<void> {
    this.#options.database.commits.check(PART);
    await this.get('');
  }

  /** Takes away some of the rows whose time is over; resolves to how many. */
  async sweep(): Promise<number> {
    const { database, clock } = this.#options;
    return database.commits.write(PART, () => Number(this.#expire.run(clock.now()).changes));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watchers.clear();
  }

  /** One atomic step: what stands there, the guard, and the new status with its time to live. */
  #change<T>(jobId: string, step: (previous: JobStatus | null, write: (status: JobStatus) => void) => T): Promise<T> {
    const { database, clock, ttlMs } = this.#options;
    let written: string | null = null;
    return database.commits.write(
      PART,
      () => {
        written = null;
        return step(this.#read(jobId), (status) => {
          written = JSON.stringify(status);
          this.#upsert.run(jobId, written, clock.now() + ttlMs);
        });
      },
      () => {
        if (written !== null) this.#tell(jobId, written);
      },
    );
  }

  #read(jobId: string): JobStatus | null {
    const row = this.#select.get(jobId, this.#options.clock.now()) as { status: string } | undefined;
    return row === undefined ? null : decode(row.status);
  }

  #tell(jobId: string, text: string): void {
    for (const watcher of [...(this.#watchers.get(jobId) ?? [])]) {
      try {
        watcher(JSON.parse(text));
      } catch (error) {
        this.#options.log.error({ err: error, job_id: jobId }, 'whoever watches a status failed');
      }
    }
  }

  #sweepLater(pauseMs: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.sweep().then(
        (rows) => this.#sweepLater(rows === SWEEP_ROWS ? PAUSE_WHILE_FULL_MS : PAUSE_MS),
        (error: unknown) => {
          this.#options.log.warn({ err: error }, 'old statuses could not be taken away');
          this.#sweepLater(PAUSE_MS);
        },
      );
    }, pauseMs).unref();
  }
}

function decode(text: string): JobStatus | null {
  try {
    const status = parseJson(text);
    return tolerant.JobStatus(status) ? status : null;
  } catch (error) {
    if (error instanceof JsonRefused) return null;
    throw error;
  }
}
