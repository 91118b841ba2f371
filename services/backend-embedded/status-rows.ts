import type { StatementSync } from 'node:sqlite';
import { type Envelope, PLAIN } from '@dtq/core/envelope.ts';
import { factsOf, millisecondsOf, submittedChange } from '@dtq/core/job-facts.ts';
import { applyChange, type Place, placeOf } from '@dtq/core/lifecycle.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { JobMessage, JobStatus } from '@dtq/generated/schemas/types.ts';
import type { Database } from './database.ts';
import { decodeStatus, STATUS_PART as PART } from './status-row.ts';

// What stands of a job is what this process knows of it, else its row:
//
//   uncommitted   written by the transaction that runs now; whoever comes next in it reads it
//   unwritten     stands before its row does, which is written with the job's next change that is not put off, or together
//                 with all the others after WRITE_AFTER_MS
//   remembered    as its row, which the next change need not read: the open jobs that changed last
//
// This process alone writes the rows, so that what it remembers is what stands there.

/** Jobs that are remembered at most. */
const MOST_REMEMBERED = 2000;

/** For how long a row may be behind, and the pause after the disk did not take it; in milliseconds. */
const WRITE_AFTER_MS = 25;
const TRY_AGAIN_MS = 1000;

/** What the index of open jobs knows of a job. */
interface Indexed {
  readonly job_type: string | null;
  readonly submitted_at: number | null;
  readonly place: Place | null;
}

/** What stands of a job. `status`: null for one that no reader could understand; out of date from `expires_at` on. */
export interface Standing extends Indexed {
  readonly status: JobStatus | null;
  readonly expires_at: number;
}

/** The same with a status that this process has made. */
export interface KnownStanding extends Standing {
  readonly status: JobStatus;
}

export interface StatusRowsOptions {
  readonly database: Database;
  readonly log: Logger;
}

/** The rows of the status table, and what this process knows of them. Writes run inside a transaction of the caller. */
export class StatusRows {
  readonly #options: StatusRowsOptions;
  readonly #insert: StatementSync;
  readonly #upsert: StatementSync;
  readonly #update: StatementSync;
  readonly #select: StatementSync;
  readonly #forget: StatementSync;
  readonly #uncommitted = new Map<string, KnownStanding>();
  readonly #unwritten = new Map<string, KnownStanding>();
  readonly #remembered = new Map<string, Standing>();
  #timer: NodeJS.Timeout | undefined;
  #isSilent = false;
  #closed = false;

  constructor(options: StatusRowsOptions) {
    const { connection } = options.database;
    this.#options = options;
    const columns = 'job_id, status, expires_at, job_type, submitted_at, place';
    this.#insert = connection.prepare(
      `INSERT INTO job_status (${columns}) VALUES (?, ?, 0, ?, ?, 'queued') ON CONFLICT (job_id) DO NOTHING`,
    );
    this.#upsert = connection.prepare(
      `INSERT INTO job_status (${columns}) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (job_id) DO UPDATE SET status = excluded.status, expires_at = excluded.expires_at,
         job_type = excluded.job_type, submitted_at = excluded.submitted_at, place = excluded.place`,
    );
    this.#update = connection.prepare('UPDATE job_status SET status = ?, expires_at = ? WHERE job_id = ?');
    this.#select = connection.prepare(
      'SELECT status, expires_at, job_type, submitted_at, place FROM job_status WHERE job_id = ?',
    );
    this.#forget = connection.prepare(
      `DELETE FROM job_status WHERE job_id = ? AND expires_at = 0
         AND 1 = (SELECT count(*) FROM job_queue WHERE job_queue.job_type = job_status.job_type AND key = job_id)`,
    );
    options.database.commits.onRollBack(() => this.#uncommitted.clear());
  }

  /** Whether a change may wait for its row; not while the disk does not take them, nor once it is closed. */
  get canDefer(): boolean {
    return !this.#isSilent && !this.#closed;
  }

  /** What stands of a job. */
  find(jobId: string): Standing | undefined {
    return this.#uncommitted.get(jobId) ?? this.known(jobId) ?? this.#read(jobId);
  }

  /** The same for whoever writes nothing: from the row, unless that is behind. */
  look(jobId: string): Standing | undefined {
    return this.unwritten(jobId) ?? this.#read(jobId);
  }

  /** What stands of a job, where that need not be read. */
  known(jobId: string): Standing | undefined {
    return this.#unwritten.get(jobId) ?? this.#remembered.get(jobId);
  }

  /** What stands of a job whose row is behind. */
  unwritten(jobId: string): KnownStanding | undefined {
    return this.#unwritten.get(jobId);
  }

  /** What is to stand of a job with a status; what the status leaves out of the index stands in the row from before. */
  next(status: JobStatus, expires_at: number, before: Standing | undefined): KnownStanding {
    const submitted = status.submitted_at === undefined ? Number.NaN : Date.parse(status.submitted_at);
    const job_type = status.job_type ?? before?.job_type ?? null;
    const submitted_at = Number.isNaN(submitted) ? (before?.submitted_at ?? null) : submitted;
    const place = job_type === null || submitted_at === null ? null : placeOf(status);
    return { status, expires_at, job_type, submitted_at, place };
  }

  /** Writes a row; `committed` follows, unless it is rolled back. */
  write(jobId: string, standing: KnownStanding, before: Standing | undefined): void {
    this.#put(jobId, standing, before);
    this.#uncommitted.set(jobId, standing);
  }

  committed(jobId: string, standing: KnownStanding): void {
    this.#uncommitted.delete(jobId);
    this.#unwritten.delete(jobId);
    this.#remember(jobId, standing);
  }

  /** Lets a job stand so at once, and writes it a little later. */
  defer(jobId: string, standing: KnownStanding): void {
    this.#unwritten.set(jobId, standing);
    this.#timer ??= setTimeout(() => void this.catchUp(), WRITE_AFTER_MS).unref();
  }

  /**
   * Makes a job known that is being put into the queue, unless something is known of it already: open from now on, without
   * a live status until its submit says `queued`, though the index already tells what that will say. The row is as long as it
   * will then be, for a row that grows moves others. Gives what is to be remembered once it is committed.
   */
  open(job: JobMessage, envelope: Partial<Envelope>): Standing | undefined {
    const { job_id, job_type, submitted_at } = job;
    const { attempt, ...facts } = { ...PLAIN, ...envelope };
    const at = millisecondsOf(submitted_at);
    // What is no whole job is put in all the same, for a worker to bury.
    const isFirst = attempt === PLAIN.attempt && !Number.isNaN(at);
    const status = isFirst ? applyChange(null, submittedChange(factsOf(job, facts))) : null;
    const { changes } = this.#insert.run(job_id, status === null ? '' : JSON.stringify(status), job_type, at);
    if (changes === 0) return undefined;
    return { status, expires_at: 0, job_type, submitted_at: at, place: 'queued' };
  }

  /** Remembers what `open` gave. */
  opened(jobId: string, standing: Standing): void {
    this.#remember(jobId, standing);
  }

  /** Takes away what only the queue has made known of a job, with the one message that it has of it. */
  forget(jobId: string): void {
    if (this.#unwritten.has(jobId)) return;
    if (this.#forget.run(jobId).changes > 0) this.#remembered.delete(jobId);
  }

  /** Writes what is behind with the last commit of the file. */
  close(): void {
    this.#closed = true;
    void this.catchUp();
  }

  /** Writes what is behind; where the disk does not take it, it is tried again. Never rejects. */
  async catchUp(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#unwritten.size === 0) {
      this.#isSilent = false;
      return;
    }
    const { database, log } = this.#options;
    const write = (): [string, KnownStanding][] => {
      // What this transaction has written already is newer.
      const behind = [...this.#unwritten].filter(([jobId]) => !this.#uncommitted.has(jobId));
      for (const [jobId, standing] of behind) this.#put(jobId, standing, standing);
      return behind;
    };
    const committed = (behind: readonly [string, KnownStanding][]): void => {
      for (const [jobId, standing] of behind)
        if (this.#unwritten.get(jobId) === standing) this.committed(jobId, standing);
    };
    try {
      await database.commits.write(PART, write, committed);
      this.#isSilent = false;
    } catch (error) {
      if (!this.#isSilent)
        log.warn({ err: error }, 'what the jobs have reached could not be written; it is tried again');
      this.#isSilent = true;
      if (!this.#closed) this.#timer ??= setTimeout(() => void this.catchUp(), TRY_AGAIN_MS).unref();
    }
  }

  #put(jobId: string, { status, expires_at, ...indexed }: KnownStanding, before: Standing | undefined): void {
    const { job_type, submitted_at, place } = indexed;
    const text = JSON.stringify(status);
    // Most changes leave the job where it stands; naming the columns of an index writes it anew, whatever they hold.
    const stays = before?.place === place && before.job_type === job_type && before.submitted_at === submitted_at;
    // Somebody may have taken the row away by hand.
    if (stays && this.#update.run(text, expires_at, jobId).changes > 0) return;
    this.#upsert.run(jobId, text, expires_at, job_type, submitted_at, place);
  }

  #read(jobId: string): Standing | undefined {
    const row = this.#select.get(jobId) as unknown as (Omit<Standing, 'status'> & { status: string }) | undefined;
    return row === undefined ? undefined : { ...row, status: decodeStatus(row.status) };
  }

  /** An open job alone: of one that has ended nothing is to change, and its row may be taken away. */
  #remember(jobId: string, standing: Standing): void {
    if (standing.place === null) {
      this.#remembered.delete(jobId);
      return;
    }
    // A Map keeps the order of insertion.
    this.#remembered.delete(jobId);
    this.#remembered.set(jobId, standing);
    if (this.#remembered.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }
}
