import type { StatementSync } from 'node:sqlite';
import { Defect } from '@dtq/core/errors.ts';
import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import type { ResultStore } from '@dtq/core/ports.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobResult, JobType } from '@dtq/generated/schemas/types.ts';
import { JOB_RESULTS } from '@dtq/generated/storage/job-results.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import type { Database } from './database.ts';

const PART = 'mongodb';

/** The result store, as a table: one row for each job that ended, which nobody changes. */
export class EmbeddedResultStore implements ResultStore {
  readonly #database: Database;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;

  constructor(database: Database) {
    const { connection } = database;
    this.#database = database;
    this.#insert = connection.prepare(
      `INSERT INTO ${JOB_RESULTS.collection} (job_id, document) VALUES (?, ?) ON CONFLICT (job_id) DO NOTHING`,
    );
    this.#select = connection.prepare(`SELECT document FROM ${JOB_RESULTS.collection} WHERE job_id = ?`);
  }

  async insert(result: JobResult): Promise<{ readonly inserted: boolean; readonly stored: JobResult }> {
    const document = JSON.stringify(result);
    const { inserted, text } = await this.#database.commits.write(PART, () => {
      const isFirst = this.#insert.run(result.job_id, document).changes === 1;
      return { inserted: isFirst, text: isFirst ? document : this.#read(result.job_id) };
    });
    return { inserted, stored: inserted ? result : decode(result.job_id, text ?? '') };
  }

  async get(jobId: string): Promise<JobResult | null> {
    const text = this.#database.commits.read(PART, () => this.#read(jobId));
    return text === undefined ? null : decode(jobId, text);
  }

  /** Resolves where the table can be read now, from the file that was opened. */
  async check(): Promise<void> {
    this.#database.commits.check(PART);
    this.#database.commits.read(PART, () => this.#read(''));
  }

  #read(jobId: string): string | undefined {
    return (this.#select.get(jobId) as { document: string } | undefined)?.document;
  }
}

/**
 * A document that stands there but is none is neither "no document", for then the job would be done a second time, nor one
 * to hand out: the store cannot say how the job ended.
 */
function decode(jobId: string, text: string): JobResult {
  let document: unknown;
  try {
    document = parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonRefused)) throw error;
    throw unreadable(jobId);
  }
  const { job_type: jobType } = (typeof document === 'object' && document !== null ? document : {}) as {
    job_type?: unknown;
  };
  const validate = JOB_TYPE_VALUES.includes(jobType as JobType) ? tolerant.JobResult[jobType as JobType] : undefined;
  if (validate?.(document) === true) return document;
  throw unreadable(jobId);
}

function unreadable(jobId: string): Defect {
  return new Defect(`the document of job ${jobId} is stored, but is none that can be read`);
}
