import { PROBLEMS } from '@dtq/generated/errors.ts';
import type { Problem, ProblemCode, Violation } from '@dtq/generated/schemas/types.ts';
import { violationDetails } from './violations.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** Where the documentation of the contracts is served, which the type of a problem leads to. */
export const DOCS_PATH = '/docs';

/** A second is the least that `Retry-After` can say, and servers that only blinked are back by then. */
const RETRY_AFTER_SECONDS = 1;

type StatusOf<Code extends ProblemCode> = (typeof PROBLEMS)[Code]['status'];

export interface ProblemAnswer<Code extends ProblemCode> {
  readonly status: StatusOf<Code>;
  readonly type: typeof PROBLEM_TYPE;
  readonly body: Problem;
  /** The contract has each of these say when to ask again. */
  readonly headers: SaysWhen<Code> extends true ? { 'Retry-After': number } : Record<never, never>;
}

type SaysWhen<Code extends ProblemCode> =
  StatusOf<Code> extends 503 | 429 ? true : Code extends 'submit_in_flight' ? true : false;

/**
 * An RFC 9457 problem of the closed list. Its status comes with the code, so that a route cannot answer one it does not have.
 * `retryAfterS` is when to ask again, in seconds, where it is known better than "soon".
 */
export function problem<Code extends ProblemCode>(
  code: Code,
  details: Pick<Problem, 'detail' | 'violations' | 'job_id' | 'instance' | 'trace_id' | 'state'> = {},
  retryAfterS = RETRY_AFTER_SECONDS,
): ProblemAnswer<Code> {
  const { status, title } = PROBLEMS[code];
  const body: Problem = { type: `${DOCS_PATH}#problem-${code}`, title, status, code, ...details };
  const saysWhen = status === 503 || status === 429 || code === 'submit_in_flight';
  const headers = saysWhen ? { 'Retry-After': retryAfterS } : {};
  return { status, type: PROBLEM_TYPE, body, headers: headers as ProblemAnswer<Code>['headers'] };
}

/** The problem of a request that breaks the contract in these places. */
export function invalid(found: readonly Violation[]): ProblemAnswer<'invalid_request'> {
  return problem('invalid_request', violationDetails(found));
}

/** The problem of a job that no store knows. */
export function jobNotFound(job_id: string): ProblemAnswer<'job_not_found'> {
  return problem('job_not_found', { job_id, detail: `No job has the id ${job_id}.` });
}

/** The path that a request asked for, as a URI reference of bounded length. */
export function shownPath(url: string): string {
  const path = URL.parse(url)?.pathname ?? '/';
  // What a client sends after a % need not be two digits; in a URI reference it must.
  return path.slice(0, 500).replace(/%(?![0-9A-Fa-f]{2})/g, '%25');
}
