import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { cut } from '@dtq/core/cut.ts';
import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import type { DeadLetterQuery, DeadLetters } from '@dtq/core/ports.ts';
import type { DeadLetter, DeadLetterSummary, Violation } from '@dtq/generated/schemas/types.ts';
import type { Database } from './database.ts';
import { decodeHeaders } from './queue-table.ts';
import { RESULT_PART as PART } from './result-row.ts';

/** The contract's bounds (specs/schemas/DeadLetter.json); a message may have more. */
const LONGEST_KEY = 1000;
const MOST_HEADERS = 100;
const LONGEST_HEADER = 10_000;

/** Before and after every time and id that a query may name. */
const LONG_AGO = '';
const FAR_OFF = '\u{10ffff}';

const SUMMARY = `dead_letter_id, job_type, key, job_id, trace_id, reason, violations, length(value) AS size, buried_at`;

/** How a page is read, of all types and of one: one look into an index, and then one row after the other. */
export const LETTERS = `
  SELECT ${SUMMARY} FROM dead_letters INDEXED BY dead_letters_newest
  WHERE buried_at >= ? AND (buried_at, dead_letter_id) < (?, ?) ORDER BY buried_at DESC, dead_letter_id DESC LIMIT ?`;
export const LETTERS_OF_TYPE = `
  SELECT ${SUMMARY} FROM dead_letters INDEXED BY dead_letters_newest_of_type
  WHERE job_type = ? AND buried_at >= ? AND (buried_at, dead_letter_id) < (?, ?)
  ORDER BY buried_at DESC, dead_letter_id DESC LIMIT ?`;

interface Row {
  readonly dead_letter_id: string;
  readonly job_type: string;
  readonly key: string | null;
  readonly job_id: string | null;
  readonly trace_id: string | null;
  readonly reason: string;
  readonly violations: string;
  readonly size: number;
  readonly buried_at: string;
}

/** What the queue has buried, as the table in which it did so. */
export class EmbeddedDeadLetters implements DeadLetters {
  readonly #database: Database;
  readonly #all: StatementSync;
  readonly #ofType: StatementSync;
  readonly #one: StatementSync;

  constructor(database: Database) {
    const { connection } = database;
    this.#database = database;
    this.#all = connection.prepare(LETTERS);
    this.#ofType = connection.prepare(LETTERS_OF_TYPE);
    this.#one = connection.prepare(`SELECT ${SUMMARY}, headers, value FROM dead_letters WHERE dead_letter_id = ?`);
  }

  async list({ jobType, since, until, after, limit }: DeadLetterQuery): Promise<readonly DeadLetterSummary[]> {
    const end = until ?? FAR_OFF;
    const [at, id] = after !== undefined && after.buried_at < end ? [after.buried_at, after.dead_letter_id] : [end, ''];
    const values: SQLInputValue[] = [since ?? LONG_AGO, at, id, limit];
    const rows = this.#database.commits.read(PART, () =>
      jobType === undefined ? this.#all.all(...values) : this.#ofType.all(jobType, ...values),
    );
    return (rows as unknown as Row[]).map(summary);
  }

  async get(deadLetterId: string): Promise<DeadLetter | null> {
    const found = this.#database.commits.read(PART, () => this.#one.get(deadLetterId));
    if (found === undefined) return null;
    const row = found as unknown as Row & { headers: string; value: Uint8Array };
    const headers = Object.entries(decodeHeaders(row.headers)).slice(0, MOST_HEADERS);
    return {
      ...summary(row),
      headers: Object.fromEntries(headers.map(([name, value]) => [name, cut(value, LONGEST_HEADER)])),
      value_base64: Buffer.from(row.value).toString('base64'),
    };
  }
}

function summary({ key, job_id, trace_id, violations, ...row }: Row): DeadLetterSummary {
  return {
    dead_letter_id: row.dead_letter_id,
    job_type: row.job_type,
    key: key === null ? null : cut(key, LONGEST_KEY),
    ...(job_id === null ? {} : { job_id }),
    ...(trace_id === null ? {} : { trace_id }),
    reason: row.reason,
    violations: decodeViolations(violations),
    size: row.size,
    buried_at: row.buried_at,
  };
}

// We wrote them; whoever has changed the file by hand still gets to see the message.
function decodeViolations(text: string): Violation[] {
  try {
    const violations = parseJson(text);
    return Array.isArray(violations) ? (violations as Violation[]) : [];
  } catch (error) {
    if (error instanceof JsonRefused) return [];
    throw error;
  }
}
