import type { StatementSync } from 'node:sqlite';
import { Defect } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { ResultQuery, ResultStore } from '@dtq/core/ports.ts';
import type { FinalState, JobResult } from '@dtq/generated/schemas/types.ts';
import type { Database } from './database.ts';
import { ResultLists } from './result-list.ts';
import { decodeResult, RESULT_PART as PART } from './result-row.ts';

/**
 * The result store, as a table: one row for each job that ended, which nobody changes. What lists ask for are columns that
 * SQLite takes out of the document, and a trigger counts (schema-whole-life.ts).
 */
export class EmbeddedResultStore implements ResultStore {
  readonly #database: Database;
  readonly #log: Logger;
  readonly #lists: ResultLists;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #counts: StatementSync;

  constructor(database: Database, log: Logger) {
    const { connection } = database;
    this.#database = database;
    this.#log = log;
    this.#lists = new ResultLists(connection);
    this.#insert = connection.prepare(
      'INSERT INTO job_results (job_id, document) VALUES (?, ?) ON CONFLICT (job_id) DO NOTHING',
    );
    this.#select = connection.prepare('SELECT document FROM job_results WHERE job_id = ?');
    this.#counts = connection.prepare(
      'SELECT final_state, sum(count) AS count FROM job_counts WHERE job_type = ? OR ? IS NULL GROUP BY final_state',
    );
  }

  async insert(result: JobResult): Promise<{ readonly inserted: boolean; readonly stored: JobResult }> {
    const document = JSON.stringify(result);
    const { inserted, text } = await this.#database.commits.write(PART, () => {
      const isFirst = this.#insert.run(result.job_id, document).changes === 1;
      return { inserted: isFirst, text: isFirst ? document : this.#read(result.job_id) };
    });
    return { inserted, stored: inserted ? result : decodeResult(result.job_id, text ?? '') };
  }

  async get(jobId: string): Promise<JobResult | null> {
    const text = this.#database.commits.read(PART, () => this.#read(jobId));
    return text === undefined ? null : decodeResult(jobId, text);
  }

  async list(query: ResultQuery): Promise<readonly JobResult[]> {
    return this.#database.commits.read(PART, () => {
      const results: JobResult[] = [];
      if (query.limit <= 0) return results;
      for (const { job_id, document } of this.#lists.rows(query)) {
        const result = this.#readable(job_id, document);
        if (result !== undefined) results.push(result);
        if (results.length >= query.limit) break;
      }
      return results;
    });
  }

  async counts(jobType?: string): Promise<{ readonly [S in FinalState]: number }> {
    return this.#database.commits.read(PART, () => {
      const rows = this.#counts.all(jobType ?? null, jobType ?? null) as { final_state: string; count: number }[];
      const of = (state: FinalState): number => rows.find((row) => row.final_state === state)?.count ?? 0;
      return { completed: of('completed'), failed: of('failed') };
    });
  }

  /** Resolves where the table can be read now, from the file that was opened. */
  async check(): Promise<void> {
    this.#database.commits.check(PART);
    this.#database.commits.read(PART, () => this.#read(''));
  }

  #read(jobId: string): string | undefined {
    return (this.#select.get(jobId) as { document: string } | undefined)?.document;
  }

  #readable(jobId: string, document: string): JobResult | undefined {
    try {
      return decodeResult(jobId, document);
    } catch (error) {
      if (!(error instanceof Defect)) throw error;
      this.#log.error({ err: error, job_id: jobId }, 'a document is left out of a list');
      return undefined;
    }
  }
}
