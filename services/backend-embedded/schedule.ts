import type { StatementSync } from 'node:sqlite';
import type { Clock } from '@dtq/core/clock.ts';
import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { JobSchedule } from '@dtq/core/ports.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobType, ScheduledJob } from '@dtq/generated/schemas/types.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import type { Database } from './database.ts';
import { RESULT_PART as PART } from './result-row.ts';

/** How rows that are due are found, the longest due first. */
export const DUE_ROWS = `
  SELECT schedule_id, row, leased_until, owner FROM job_schedule INDEXED BY job_schedule_due
  WHERE due_at <= ? AND leased_until <= ? ORDER BY due_at LIMIT ?`;

/** The lease of a row that nobody has. */
const EPOCH = new Date(0).toISOString();

interface Stored {
  readonly schedule_id: string;
  readonly row: string;
  readonly leased_until: number;
  readonly owner: string | null;
}

export interface ScheduleOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What waits for its time, as a table: the row as it was put, and beside it who has it until when. */
export class EmbeddedJobSchedule implements JobSchedule {
  readonly #options: ScheduleOptions;
  readonly #put: StatementSync;
  readonly #due: StatementSync;
  readonly #lease: StatementSync;
  readonly #remove: StatementSync;
  readonly #find: StatementSync;
  readonly #count: StatementSync;
  readonly #longestDue: StatementSync;

  constructor(options: ScheduleOptions) {
    const { connection } = options.database;
    this.#options = options;
    this.#put = connection.prepare(
      `INSERT INTO job_schedule (schedule_id, job_id, attempt, due_at, leased_until, owner, row)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (schedule_id) DO UPDATE SET job_id = excluded.job_id, attempt = excluded.attempt,
         due_at = excluded.due_at, leased_until = excluded.leased_until, owner = excluded.owner, row = excluded.row
       WHERE excluded.attempt > attempt`,
    );
    this.#due = connection.prepare(DUE_ROWS);
    this.#lease = connection.prepare('UPDATE job_schedule SET leased_until = ?, owner = ? WHERE schedule_id = ?');
    this.#remove = connection.prepare('DELETE FROM job_schedule WHERE schedule_id = ? AND attempt <= ?');
    this.#find = connection.prepare(
      'SELECT schedule_id, row, leased_until, owner FROM job_schedule WHERE job_id = ? ORDER BY due_at, schedule_id',
    );
    this.#count = connection.prepare('SELECT count(*) AS rows FROM job_schedule');
    this.#longestDue = connection.prepare(
      'SELECT min(due_at) AS due_at FROM job_schedule INDEXED BY job_schedule_due WHERE due_at <= ?',
    );
  }

  async put(given: ScheduledJob): Promise<void> {
    const { leased_until = EPOCH, lease = null, ...row } = given;
    const { schedule_id, job_id, attempt, due_at } = row;
    const [due, leased] = [Date.parse(due_at), Date.parse(leased_until)];
    await this.#options.database.commits.write(PART, () =>
      this.#put.run(schedule_id, job_id, attempt, due, leased, lease, JSON.stringify(row)),
    );
  }

  async claim(lease: {
    readonly owner: string;
    readonly leaseMs: number;
    readonly limit: number;
  }): Promise<readonly ScheduledJob[]> {
    const { database, clock } = this.#options;
    const rows = await database.commits.write(PART, () => {
      const now = clock.now();
      const leased_until = now + lease.leaseMs;
      const due = this.#due.all(now, now, lease.limit) as unknown as Stored[];
      for (const { schedule_id } of due) this.#lease.run(leased_until, lease.owner, schedule_id);
      return due.map((row) => ({ ...row, leased_until, owner: lease.owner }));
    });
    return rows.flatMap((row) => this.#decode(row));
  }

  async remove(scheduleId: string, attempt = Number.MAX_SAFE_INTEGER): Promise<void> {
    await this.#options.database.commits.write(PART, () => this.#remove.run(scheduleId, attempt));
  }

  async find(jobId: string): Promise<readonly ScheduledJob[]> {
    const rows = this.#options.database.commits.read(PART, () => this.#find.all(jobId));
    return (rows as unknown as Stored[]).flatMap((row) => this.#decode(row));
  }

  async backlog(): Promise<{ readonly rows: number; readonly longestDueAt: number | null }> {
    const { database, clock } = this.#options;
    return database.commits.read(PART, () => {
      const { rows } = this.#count.get() as { rows: number };
      const { due_at: longestDueAt } = this.#longestDue.get(clock.now()) as { due_at: number | null };
      return { rows, longestDueAt };
    });
  }

  /** A row that cannot be read stays, for whoever can read it. */
  #decode({ schedule_id, row, leased_until, owner }: Stored): ScheduledJob[] {
    const scheduled = decode(row);
    if (scheduled === null) {
      this.#options.log.error({ schedule_id }, 'a row of the schedule cannot be read');
      return [];
    }
    if (owner === null) return [scheduled];
    return [{ ...scheduled, leased_until: new Date(leased_until).toISOString(), lease: owner }];
  }
}

function decode(text: string): ScheduledJob | null {
  try {
    const row = parseJson(text);
    const { job_type: jobType } = (typeof row === 'object' && row !== null ? row : {}) as { job_type?: unknown };
    if (!JOB_TYPE_VALUES.includes(jobType as JobType)) return null;
    return tolerant.ScheduledJob[jobType as JobType](row) ? row : null;
  } catch (error) {
    if (error instanceof JsonRefused) return null;
    throw error;
  }
}
