import type { StatementSync } from 'node:sqlite';
import type { Clock } from '@dtq/core/clock.ts';
import { applyChange, begun, markCancelled, type Place, placeOf } from '@dtq/core/lifecycle.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Advanced, AttemptStart, Begun, StatusChange, StatusStore } from '@dtq/core/ports.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import type { Database } from './database.ts';
import { decodeStatus, STATUS_PART as PART } from './status-row.ts';
import { SWEEP_ROWS, Sweeper } from './sweeper.ts';

type Watcher = (status: JobStatus) => void;

export interface StatusStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a status is kept after its last change, in milliseconds. */
  readonly ttlMs: number;
}

/** Statuses that are remembered as they were last committed, so that the next change need not read them. */
const MOST_REMEMBERED = 2000;

/** What is stored of a job. */
interface Row {
  readonly status: string;
  readonly expires_at: number;
  readonly job_type: string | null;
  readonly submitted_at: number | null;
  readonly place: Place | null;
}

/** The same with its status read; null for one that no reader could understand. */
interface Standing extends Omit<Row, 'status'> {
  readonly status: JobStatus | null;
}

/**
 * The status store, as a table: one row for each job, its status as JSON beside the time when it ends. A status whose time is
 * over is not there for any reader. Its row is taken away by a sweep, unless its job is still open: then the row says so
 * (open-jobs.ts), until a final status. Who watches is told in this process, after the commit. This process alone writes, and so
 * need not read what it has just committed.
 */
export class EmbeddedStatusStore implements StatusStore {
  readonly #options: StatusStoreOptions;
  readonly #upsert: StatementSync;
  readonly #update: StatementSync;
  readonly #select: StatementSync;
  readonly #expire: StatementSync;
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #remembered = new Map<string, Standing>();
  readonly #sweeper: Sweeper;

  constructor(options: StatusStoreOptions) {
    const { connection } = options.database;
    this.#options = options;
    this.#upsert = connection.prepare(
      `INSERT INTO job_status (job_id, status, expires_at, job_type, submitted_at, place) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (job_id) DO UPDATE SET status = excluded.status, expires_at = excluded.expires_at,
         job_type = excluded.job_type, submitted_at = excluded.submitted_at, place = excluded.place`,
    );
    this.#update = connection.prepare('UPDATE job_status SET status = ?, expires_at = ? WHERE job_id = ?');
    this.#select = connection.prepare(
      'SELECT status, expires_at, job_type, submitted_at, place FROM job_status WHERE job_id = ?',
    );
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
    return this.#change(change.job_id, (previous, write) => {
      const next = applyChange(previous, change);
      if (next !== null) write(next);
      return { applied: next !== null, previous };
    });
  }

  /** Marks a status with the time at which a cancel was asked for, where there is one that is not final. */
  async markCancelled(jobId: string, at: string): Promise<void> {
    await this.#change(jobId, (previous, write) => {
      const next = markCancelled(previous, at);
      if (next !== null) write(next);
    });
  }

  async get(jobId: string): Promise<JobStatus | null> {
    return this.#options.database.commits.read(PART, () => this.#live(this.#standing(jobId)));
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
    this.#sweeper.close();
    this.#watchers.clear();
    this.#remembered.clear();
  }

  /** One atomic step: what stands there, the guard, and the new status with its time to live. */
  #change<T>(jobId: string, step: (previous: JobStatus | null, write: (status: JobStatus) => void) => T): Promise<T> {
    const { database, clock, ttlMs } = this.#options;
    let written: { readonly text: string; readonly standing: Standing } | null = null;
    return database.commits.write(
      PART,
      () => {
        written = null;
        const before = this.#remembered.get(jobId) ?? this.#standing(jobId);
        return step(this.#live(before), (status) => {
          const standing = { status, expires_at: clock.now() + ttlMs, ...indexed(status, before) };
          written = { text: JSON.stringify(status), standing };
          // Until it is committed, whoever comes next in the same transaction reads it.
          this.#remembered.delete(jobId);
          this.#write(jobId, written.text, standing, before);
        });
      },
      () => {
        if (written === null) return;
        this.#remember(jobId, written.standing);
        this.#tell(jobId, written.text);
      },
    );
  }

  #write(jobId: string, text: string, next: Standing, before: Standing | undefined): void {
    const { expires_at, job_type, submitted_at, place } = next;
    // Most changes leave the job where it stands; naming the columns of an index writes it anew, whatever they hold.
    const stays = before?.place === place && before.job_type === job_type && before.submitted_at === submitted_at;
    if (stays) this.#update.run(text, expires_at, jobId);
    else this.#upsert.run(jobId, text, expires_at, job_type, submitted_at, place);
  }

  #standing(jobId: string): Standing | undefined {
    const row = this.#select.get(jobId) as unknown as Row | undefined;
    return row === undefined ? undefined : { ...row, status: decodeStatus(row.status) };
  }

  #live(standing: Standing | undefined): JobStatus | null {
    return standing === undefined || standing.expires_at <= this.#options.clock.now() ? null : standing.status;
  }

  /** An open job alone: of one that has ended nothing is to change, and its row may be taken away. */
  #remember(jobId: string, standing: Standing): void {
    if (standing.place === null) return;
    this.#remembered.set(jobId, standing);
    if (this.#remembered.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
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
}

type Indexed = Pick<Standing, 'job_type' | 'submitted_at' | 'place'>;

/** What the index of open jobs is to know of a status; what the status leaves out stands in the row from before. */
function indexed(status: JobStatus, row: Indexed | undefined): Indexed {
  const submitted = status.submitted_at === undefined ? Number.NaN : Date.parse(status.submitted_at);
  const job_type = status.job_type ?? row?.job_type ?? null;
  const submitted_at = Number.isNaN(submitted) ? (row?.submitted_at ?? null) : submitted;
  return { job_type, submitted_at, place: job_type === null || submitted_at === null ? null : placeOf(status) };
}
