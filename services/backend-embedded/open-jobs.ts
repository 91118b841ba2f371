import type { StatementSync } from 'node:sqlite';
import type { Clock } from '@dtq/core/clock.ts';
import { PLACES, type Place } from '@dtq/core/lifecycle.ts';
import type { OpenJob, OpenJobs, OpenJobsQuery } from '@dtq/core/ports.ts';
import type { Database } from './database.ts';
import { decodeStatus, STATUS_PART } from './status-row.ts';
import type { StatusRows } from './status-rows.ts';

/** Before and after every time that a query may name, in ms since 1970. */
const LONG_AGO = -8.64e15;
const FAR_OFF = 8.64e15;

/** How a page of one type and place is read: one look into the index, and then one row after the other. */
export const OPEN_PAGE = `
  SELECT job_id, submitted_at FROM job_status INDEXED BY job_status_open
  WHERE job_type = ? AND place = ? AND submitted_at >= ? AND (submitted_at, job_id) < (?, ?)
  ORDER BY submitted_at DESC, job_id DESC LIMIT ?`;

interface OpenRow {
  readonly job_id: string;
  readonly job_type: string;
  readonly place: Place;
  readonly submitted_at: number;
  readonly status: string;
  readonly expires_at: number;
}

/** The open jobs: the rows of the status table that have a place. Whoever writes a status keeps them in the same transaction. */
export class EmbeddedOpenJobs implements OpenJobs {
  readonly #database: Database;
  readonly #rows: StatusRows;
  readonly #clock: Clock;
  readonly #page: StatementSync;
  readonly #one: StatementSync;
  readonly #types: StatementSync;
  readonly #counts: StatementSync;
  readonly #oldest: StatementSync;
  readonly #ahead: StatementSync;

  constructor(database: Database, rows: StatusRows, clock: Clock) {
    const { connection } = database;
    this.#database = database;
    this.#rows = rows;
    this.#clock = clock;
    this.#page = connection.prepare(OPEN_PAGE);
    this.#one = connection.prepare(
      `SELECT job_id, job_type, place, submitted_at, status, expires_at FROM job_status
       WHERE job_id = ? AND place IS NOT NULL`,
    );
    this.#types = connection.prepare('SELECT DISTINCT job_type FROM open_job_counts WHERE count > 0');
    this.#counts = connection.prepare(
      'SELECT place, sum(count) AS count FROM open_job_counts WHERE job_type = ? OR ? IS NULL GROUP BY place',
    );
    this.#oldest = connection.prepare(
      `SELECT submitted_at FROM job_status INDEXED BY job_status_open
       WHERE job_type = ? AND place = 'queued' ORDER BY submitted_at LIMIT 1`,
    );
    this.#ahead = connection.prepare(
      `SELECT count(*) AS ahead FROM job_status INDEXED BY job_status_open
       WHERE job_type = ? AND place = 'queued' AND (submitted_at, job_id) < (?, ?)`,
    );
  }

  async list(query: OpenJobsQuery): Promise<readonly OpenJob[]> {
    return this.#database.commits.read(STATUS_PART, () => {
      const { places = PLACES, jobTypes = this.#knownTypes(), limit } = query;
      // Each type and place has its own order; the first ones of all are among the first ones of each.
      const pages = [...new Set(jobTypes)].flatMap((jobType) =>
        [...new Set(places)].flatMap((place) => this.#pageOf(jobType, place, query)),
      );
      pages.sort((a, b) => b.submitted_at - a.submitted_at || (a.job_id < b.job_id ? 1 : -1));
      return pages.slice(0, limit).flatMap(({ job_id }) => this.#read(job_id) ?? []);
    });
  }

  async counts(jobType?: string): Promise<{ readonly [P in Place]: number }> {
    return this.#database.commits.read(STATUS_PART, () => {
      const rows = this.#counts.all(jobType ?? null, jobType ?? null) as { place: Place; count: number }[];
      const of = (place: Place): number => rows.find((row) => row.place === place)?.count ?? 0;
      return { scheduled: of('scheduled'), queued: of('queued'), running: of('running') };
    });
  }

  async find(jobId: string): Promise<OpenJob | null> {
    return this.#database.commits.read(STATUS_PART, () => this.#read(jobId));
  }

  async oldestQueued(jobType: string): Promise<number | null> {
    return this.#database.commits.read(STATUS_PART, () => {
      const row = this.#oldest.get(jobType) as { submitted_at: number } | undefined;
      return row?.submitted_at ?? null;
    });
  }

  async ahead(jobId: string): Promise<number | null> {
    return this.#database.commits.read(STATUS_PART, () => {
      const job = this.#one.get(jobId) as unknown as OpenRow | undefined;
      if (job?.place !== 'queued') return null;
      return (this.#ahead.get(job.job_type, job.submitted_at, jobId) as { ahead: number }).ahead;
    });
  }

  #pageOf(jobType: string, place: Place, query: OpenJobsQuery): Pick<OpenRow, 'job_id' | 'submitted_at'>[] {
    const { since = LONG_AGO, until = FAR_OFF, after, limit } = query;
    const [at, id] = after !== undefined && after.submittedAt < until ? [after.submittedAt, after.job_id] : [until, ''];
    return this.#page.all(jobType, place, since, at, id, limit) as unknown as OpenRow[];
  }

  #knownTypes(): string[] {
    return (this.#types.all() as { job_type: string }[]).map(({ job_type }) => job_type);
  }

  #read(jobId: string): OpenJob | null {
    const row = this.#one.get(jobId) as unknown as OpenRow | undefined;
    if (row === undefined) return null;
    const { job_id, job_type, place, submitted_at } = row;
    const { status, expires_at } = this.#rows.unwritten(jobId) ?? row;
    // Without an end: what the queue knows of a job, until its submit comes to say so (StatusRows.open).
    const isLive = expires_at === 0 || expires_at > this.#clock.now();
    const decoded = typeof status === 'string' ? decodeStatus(status) : status;
    return { job_id, job_type, place, submittedAt: submitted_at, status: isLive ? decoded : null };
  }
}
