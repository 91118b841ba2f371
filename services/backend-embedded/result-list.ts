import type { StatementSync } from 'node:sqlite';
import type { ResultKey, ResultQuery } from '@dtq/core/ports.ts';
import { FINAL_STATE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobResult } from '@dtq/generated/schemas/types.ts';
import type { Database } from './database.ts';

// A list has two parts: the documents that say when their jobs were submitted, then the others, by the time at which they
// were completed. One index has each type and state, or each error and type, in that order; the first of all are among the
// first of each. Jobs that are named, and those of a trace, are few rows, which are sorted.

/** Where a document stands in a list, as the index has it. */
export interface ListKey {
  readonly is_submitted: number;
  /** When it was submitted, else when it was completed; in ms since 1970. */
  readonly listed_at: number;
  readonly job_id: string;
}

/** The columns of a document; the trigger of schema-whole-life.ts reads the same out of one that was put there by hand. */
export function columnsOf({ job_type, final_state, error, trace_id, started_at, ...rest }: JobResult) {
  const { submitted_at = null, completed_at, job_id } = rest;
  const { is_submitted, listed_at } = listKey({ submitted_at, completed_at, job_id });
  return [
    job_type,
    final_state,
    error?.code ?? null,
    trace_id ?? null,
    is_submitted,
    listed_at,
    milliseconds(started_at),
  ] as const;
}

/** Before and after every time that a query may name, in ms since 1970. */
const LONG_AGO = -8.64e15;
const FAR_OFF = 8.64e15;

const page = (index: string, equal: string): string => `
  SELECT is_submitted, listed_at, job_id FROM job_results INDEXED BY ${index}
  WHERE ${equal} AND is_submitted = ? AND (listed_at, job_id) < (?, ?)`;
const IN_ORDER = 'ORDER BY listed_at DESC, job_id DESC LIMIT ?';
const SUBMITTED = `AND listed_at >= ? ${IN_ORDER}`;
const OTHERS = `AND started_at >= ? AND started_at < ? ${IN_ORDER}`;
const few = (which: string): string => `
  SELECT is_submitted, listed_at, job_id FROM job_results
  WHERE ${which} AND (?2 IS NULL OR trace_id = ?2) AND (?3 IS NULL OR job_type = ?3) AND (?4 IS NULL OR final_state = ?4)
    AND (?5 IS NULL OR error_code = ?5) AND iif(is_submitted, listed_at, started_at) >= ?6
    AND iif(is_submitted, listed_at, started_at) < ?7 AND (is_submitted, listed_at, job_id) < (?8, ?9, ?10)
  ORDER BY is_submitted DESC, listed_at DESC, job_id DESC LIMIT ?11`;

const OF_STATE = page('job_results_newest', 'job_type = ? AND final_state = ?');
const OF_ERROR = page('job_results_newest_of_error', 'job_type = ? AND error_code = ?');

/** Every statement with which lists are read. */
export const LISTS = {
  submittedOfState: `${OF_STATE} ${SUBMITTED}`,
  othersOfState: `${OF_STATE} ${OTHERS}`,
  submittedOfError: `${OF_ERROR} ${SUBMITTED}`,
  othersOfError: `${OF_ERROR} ${OTHERS}`,
  named: few('job_id IN (SELECT value FROM json_each(?1))'),
  traced: few('trace_id = ?1'),
} as const satisfies Readonly<Record<string, string>>;

/** Finds the keys of a list; each statement once. */
export class ResultLists {
  readonly #statements: { readonly [Name in keyof typeof LISTS]: StatementSync };
  readonly #types: StatementSync;

  constructor({ connection }: Database) {
    const prepare = (name: keyof typeof LISTS): StatementSync => connection.prepare(LISTS[name]);
    this.#statements = {
      submittedOfState: prepare('submittedOfState'),
      othersOfState: prepare('othersOfState'),
      submittedOfError: prepare('submittedOfError'),
      othersOfError: prepare('othersOfError'),
      named: prepare('named'),
      traced: prepare('traced'),
    };
    this.#types = connection.prepare('SELECT DISTINCT job_type FROM job_counts WHERE count > 0');
  }

  /** The first keys of a list after one, in its order. */
  page(query: Omit<ResultQuery, 'after'>, after: ListKey | undefined): ListKey[] {
    // Only what failed has an error.
    if (query.errorCode !== undefined && query.state === 'completed') return [];
    if (query.jobIds !== undefined || query.traceId !== undefined) return this.#few(query, after);
    const submitted = after?.is_submitted === 0 ? [] : this.#part(query, 1, after);
    if (submitted.length >= query.limit) return submitted;
    const others = this.#part(
      { ...query, limit: query.limit - submitted.length },
      0,
      after?.is_submitted === 0 ? after : undefined,
    );
    return [...submitted, ...others];
  }

  #part(query: Omit<ResultQuery, 'after'>, isSubmitted: 0 | 1, after: ListKey | undefined): ListKey[] {
    const { jobType, state, errorCode, limit } = query;
    const types = jobType === undefined ? this.#knownTypes() : [jobType];
    const kinds = errorCode !== undefined ? [errorCode] : state !== undefined ? [state] : FINAL_STATE_VALUES;
    const { submittedOfError, submittedOfState, othersOfError, othersOfState } = this.#statements;
    const [since, until] = times(query);
    const { listed_at: at, job_id: id } = after ?? { listed_at: FAR_OFF, job_id: '' };
    const read = (type: string, kind: string): unknown[] => {
      if (isSubmitted === 0) {
        const statement = errorCode === undefined ? othersOfState : othersOfError;
        return statement.all(type, kind, 0, at, id, since, until, limit);
      }
      const statement = errorCode === undefined ? submittedOfState : submittedOfError;
      return until <= at
        ? statement.all(type, kind, 1, until, '', since, limit)
        : statement.all(type, kind, 1, at, id, since, limit);
    };
    const keys = types.flatMap((type) => kinds.flatMap((kind) => read(type, kind) as ListKey[]));
    keys.sort((a, b) => b.listed_at - a.listed_at || (a.job_id < b.job_id ? 1 : -1));
    return keys.slice(0, limit);
  }

  #few(query: Omit<ResultQuery, 'after'>, after: ListKey | undefined): ListKey[] {
    const { jobIds, traceId, jobType = null, state = null, errorCode = null, limit } = query;
    const { is_submitted, listed_at, job_id } = after ?? { is_submitted: 2, listed_at: 0, job_id: '' };
    const { named, traced } = this.#statements;
    const [since, until] = times(query);
    const statement = jobIds === undefined ? traced : named;
    return statement.all(
      jobIds === undefined ? (traceId ?? '') : JSON.stringify(jobIds),
      traceId ?? null,
      jobType,
      state,
      errorCode,
      since,
      until,
      is_submitted,
      listed_at,
      job_id,
      limit,
    ) as unknown as ListKey[];
  }

  #knownTypes(): string[] {
    return (this.#types.all() as { job_type: string }[]).map(({ job_type }) => job_type);
  }
}

/** A place in a list as the index has it. */
export function listKey({ submitted_at, completed_at, job_id }: ResultKey): ListKey {
  const submitted = submitted_at === null ? null : milliseconds(submitted_at);
  const completed = milliseconds(completed_at) ?? 0;
  return { is_submitted: submitted === null ? 0 : 1, listed_at: submitted ?? completed, job_id };
}

function times({ since, until }: Pick<ResultQuery, 'since' | 'until'>): [since: number, until: number] {
  return [
    since === undefined ? LONG_AGO : (milliseconds(since) ?? LONG_AGO),
    until === undefined ? FAR_OFF : (milliseconds(until) ?? FAR_OFF),
  ];
}

/** RFC 3339 allows small letters, which Date.parse does not know. */
function milliseconds(time: string): number | null {
  const value = Date.parse(time.toUpperCase());
  return Number.isNaN(value) ? null : value;
}
