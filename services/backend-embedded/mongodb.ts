import type { StatementSync } from 'node:sqlite';
import { Defect } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { ResultQuery, ResultStore } from '@dtq/core/ports.ts';
import type { FinalState, JobResult } from '@dtq/generated/schemas/types.ts';
import type { Database } from './database.ts';
import { columnsOf, type ListKey, listKey, ResultLists } from './result-list.ts';
import { decodeResult, RESULT_PART as PART } from './result-row.ts';

/**
 * The result store, as a table: one row for each job that ended, which nobody changes. What lists ask for stands in columns
 * beside the document, and a trigger counts (schema-whole-life.ts).
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
    this.#lists = new ResultLists(database);
    this.#insert = connection.prepare(
      `INSERT INTO job_results
         (job_id, document, job_type, final_state, error_code, trace_id, is_submitted, listed_at, started_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job_id) DO NOTHING`,
    );
    this.#select = connection.prepare('SELECT document FROM job_results WHERE job_id = ?');
    this.#counts = connection.prepare(
      'SELECT final_state, sum(count) AS count FROM job_counts WHERE job_type = ? OR ? IS NULL GROUP BY final_state',
    );
  }

  async insert(result: JobResult): Promise<{ readonly inserted: boolean; readonly stored: JobResult }> {
    const document = JSON.stringify(result);
    const columns = columnsOf(result);
    const { inserted, text } = await this.#database.commits.write(PART, () => {
      const isFirst = this.#insert.run(result.job_id, document, ...columns).changes === 1;
      return { inserted: isFirst, text: isFirst ? document : this.#read(result.job_id) };
    });
    return { inserted, stored: inserted ? result : decodeResult(result.job_id, text ?? '') };
  }

  async get(jobId: string): Promise<JobResult | null> {
    const text = this.#database.commits.read(PART, () => this.#read(jobId));
    return text === undefined ? null : decodeResult(jobId, text);
  }

  async list({ after, ...query }: ResultQuery): Promise<readonly JobResult[]> {
    return this.#database.commits.read(PART, () => {
      const results: JobResult[] = [];
      let last: ListKey | undefined = after === undefined ? undefined : listKey(after);
      // A document that cannot be read leaves room for the next one.
      for (;;) {
        const wanted = query.limit - results.length;
        const keys = wanted > 0 ? this.#lists.page({ ...query, limit: wanted }, last) : [];
        results.push(...keys.flatMap(({ job_id }) => this.#readable(job_id) ?? []));
        last = keys.at(-1);
        if (keys.length < wanted || last === undefined) return results;
      }
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

  #readable(jobId: string): JobResult | undefined {
    try {
      return decodeResult(jobId, this.#read(jobId) ?? '');
    } catch (error) {
      if (!(error instanceof Defect)) throw error;
      this.#log.error({ err: error, job_id: jobId }, 'a document is left out of a list');
      return undefined;
    }
  }
}
