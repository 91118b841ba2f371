import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { ResultQuery } from '@dtq/core/ports.ts';
import { milliseconds } from './schema-whole-life.ts';

// A list has two parts, each in the order of an index: the documents that say when they were submitted, then the others, by
// the time at which they were completed. Which index, the filter decides; jobs that are named, or a trace, are a few rows,
// which are sorted.

/** A time as it is given, in whatever form, as the indexes hold it. */
const AFTER = `(SELECT ${milliseconds('given')} FROM (SELECT ? AS given))`;

/** A page of one part as SQL, and what it is asked with. */
export interface ListStatement {
  readonly text: string;
  readonly values: readonly SQLInputValue[];
}

export interface ListedRow {
  readonly job_id: string;
  readonly document: string;
}

/** The statements that give a list, one after the other, for as long as rows are wanted. */
export function listStatements(query: ResultQuery): ListStatement[] {
  const { state, errorCode, after } = query;
  // Only what failed has an error.
  if (errorCode !== undefined && state === 'completed') return [];
  const parts = after?.submitted_at === null ? [false] : [true, false];
  return parts.map((isSubmitted) => statementOf(query, isSubmitted));
}

function statementOf(query: ResultQuery, isSubmitted: boolean): ListStatement {
  const { jobIds, jobType, state, errorCode, traceId, since, until, after } = query;
  const wheres = [`is_submitted = ${isSubmitted ? 1 : 0}`];
  const values: SQLInputValue[] = [];
  const where = (condition: string, ...given: SQLInputValue[]): void => {
    wheres.push(condition);
    values.push(...given);
  };
  if (jobIds !== undefined) where('job_id IN (SELECT value FROM json_each(?))', JSON.stringify(jobIds));
  if (traceId !== undefined) where('trace_id = ?', traceId);
  if (jobType !== undefined) where('job_type = ?', jobType);
  if (errorCode !== undefined) where('error_code = ?', errorCode);
  else if (state !== undefined) where('final_state = ?', state);
  const counted = isSubmitted ? 'listed_at' : 'started_at';
  if (since !== undefined) where(`${counted} >= ?`, Date.parse(since));
  if (until !== undefined) where(`${counted} < ?`, Date.parse(until));
  const isAfterInPart = after !== undefined && (after.submitted_at !== null) === isSubmitted;
  if (isAfterInPart)
    where(`(listed_at, job_id) < (${AFTER}, ?)`, after.submitted_at ?? after.completed_at, after.job_id);
  const text = `SELECT job_id, document FROM job_results ${indexOf(query)}
    WHERE ${wheres.join(' AND ')} ORDER BY listed_at DESC, job_id DESC`;
  return { text, values };
}

function indexOf({ jobIds, traceId, jobType, errorCode, state }: ResultQuery): string {
  if (jobIds !== undefined) return '';
  if (traceId !== undefined) return 'INDEXED BY job_results_trace';
  const parts = [
    ...(jobType === undefined ? [] : ['type']),
    ...(errorCode !== undefined ? ['error'] : state !== undefined ? ['state'] : []),
  ];
  return `INDEXED BY job_results_newest${parts.length === 0 ? '' : `_of_${parts.join('_and_')}`}`;
}

/** Runs the statements of lists, each text prepared once: there are few of them. */
export class ResultLists {
  readonly #connection: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(connection: DatabaseSync) {
    this.#connection = connection;
  }

  /** The rows of a list in its order, read as they are taken. */
  *rows(query: ResultQuery): Generator<ListedRow> {
    for (const { text, values } of listStatements(query)) {
      const statement = this.#prepared.get(text) ?? this.#connection.prepare(text);
      this.#prepared.set(text, statement);
      for (const row of statement.iterate(...values)) yield row as unknown as ListedRow;
    }
  }
}
