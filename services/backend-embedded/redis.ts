import type { StatementSync } from 'node:sqlite';
import type { Clock } from '@dtq/core/clock.ts';
import { applyChange, begun, markCancelled } from '@dtq/core/lifecycle.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Advanced, AttemptStart, Begun, StatusChange, StatusStore } from '@dtq/core/ports.ts';
import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import type { Database } from './database.ts';
import { STATUS_PART as PART } from './status-row.ts';
import type { KnownStanding, Standing, StatusRows } from './status-rows.ts';
import { SWEEP_ROWS, Sweeper } from './sweeper.ts';

type Watcher = (status: JobStatus) => void;

export interface StatusStoreOptions {
  readonly database: Database;
  readonly rows: StatusRows;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a status is kept after its last change, in milliseconds. */
  readonly ttlMs: number;
}

/**
 * The status store, as a table: one row for each job, its status as JSON beside the time when it ends. A status whose time is
 * over is not there for any reader. Its row is taken away by a sweep, unless its job is still open: then the row says so
 * (open-jobs.ts), until a final status. Who watches is told in this process, once a change stands.
 *
 * A change stands when it is committed. One that no restart would need stands at once and is written a little later, together
 * with what comes after it (status-rows.ts): how far an attempt has come, for a restart begins another one; and the `queued`
 * of a submit, for the queue has the job. Not of a job that somebody watches: what was told is counted by its sequence, and no
 * number may be given twice, whatever dies.
 */
export class EmbeddedStatusStore implements StatusStore {
  readonly #options: StatusStoreOptions;
  readonly #expire: StatementSync;
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #sweeper: Sweeper;

  constructor(options: StatusStoreOptions) {
    const { connection } = options.database;
    this.#options = options;
    this.#expire = connection.prepare(
      `DELETE FROM job_status WHERE job_id IN (
         SELECT job_id FROM job_status WHERE place IS NULL AND expires_at <= ? ORDER BY expires_at LIMIT ${SWEEP_ROWS})`,
    );
    this.#sweeper = new Sweeper(() => this.sweep(), options.log);
  }

  async begin(start: AttemptStart): Promise<Begun> {
    return this.#change(start.job_id, (previous, write) => begun(previous, start, write));
  }

  async advance(change: StatusChange): Promise<Advanced> {
    return (
      this.#advanceAtOnce(change) ??
      this.#change(change.job_id, (previous, write) => {
        const next = applyChange(previous, change);
        if (next !== null) write(next);
        return { applied: next !== null, previous };
      })
    );
  }

  /** Marks a status with the time at which a cancel was asked for, where there is one that is not final. */
  async markCancelled(jobId: string, at: string): Promise<void> {
    await this.#change(jobId, (previous, write) => {
      const next = markCancelled(previous, at);
      if (next !== null) write(next);
    });
  }

  async get(jobId: string): Promise<JobStatus | null> {
    return this.#options.database.commits.read(PART, () => this.#live(this.#options.rows.look(jobId)));
  }

  async watch(jobId: string, onChange: Watcher): Promise<() => Promise<void>> {
    await this.check();
    // One watcher may be given twice; each watch is then told, and ended, by itself.
    const watcher: Watcher = (status) => onChange(status);
    const watchers = this.#watchers.get(jobId) ?? new Set();
    watchers.add(watcher);
    this.#watchers.set(jobId, watchers);
    if (this.#options.rows.unwritten(jobId) !== undefined) await this.#options.rows.catchUp();
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
    this.#sweeper.close();
    this.#watchers.clear();
    this.#options.rows.close();
  }

  /** Makes a change that can wait for its row; undefined where it is to be written first. */
  #advanceAtOnce(change: StatusChange): Advanced | undefined {
    const { rows, clock, ttlMs } = this.#options;
    if (isFinal(change.state) || change.attempts !== undefined || !rows.canDefer) return undefined;
    if (this.#watchers.has(change.job_id)) return undefined;
    const before = rows.known(change.job_id);
    if (before === undefined) return undefined;
    const previous = this.#live(before);
    const next = applyChange(previous, change);
    if (next === null) return undefined;
    const standing = rows.next(next, clock.now() + ttlMs, before);
    if (!canWait(before, standing)) return undefined;
    rows.defer(change.job_id, standing);
    return { applied: true, previous };
  }

  /** One atomic step: what stands there, the guard, and the new status with its time to live. */
  #change<T>(jobId: string, step: (previous: JobStatus | null, write: (status: JobStatus) => void) => T): Promise<T> {
    const { database, rows, clock, ttlMs } = this.#options;
    let written: KnownStanding | null = null;
    return database.commits.write(
      PART,
      () => {
        written = null;
        const before = rows.find(jobId);
        return step(this.#live(before), (status) => {
          written = rows.next(status, clock.now() + ttlMs, before);
          rows.write(jobId, written, before);
        });
      },
      () => {
        if (written === null) return;
        rows.committed(jobId, written);
        this.#tell(jobId, written.status);
      },
    );
  }

  #live(standing: Standing | undefined): JobStatus | null {
    return standing === undefined || standing.expires_at <= this.#options.clock.now() ? null : standing.status;
  }

  /** Each watcher gets a status of its own, as it would be read. */
  #tell(jobId: string, status: JobStatus): void {
    const watchers = this.#watchers.get(jobId);
    if (watchers === undefined) return;
    const text = JSON.stringify(status);
    for (const watcher of [...watchers]) {
      try {
        watcher(JSON.parse(text));
      } catch (error) {
        this.#options.log.error({ err: error, job_id: jobId }, 'whoever watches a status failed');
      }
    }
  }
}

/** Whether nothing would be lost with a change that is not written: the attempt and its place stay as they are. */
function canWait(before: Standing, next: KnownStanding): boolean {
  const { status: was } = before;
  const { status: is } = next;
  if (was === null || next.place !== before.place) return false;
  // The queue has made it known, and its submit says so (StatusRows.open).
  if (next.place === 'queued') return before.expires_at === 0;
  return next.place === 'running' && is.attempt === was.attempt && is.next_attempt_at === was.next_attempt_at;
}
