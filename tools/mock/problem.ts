import { PROBLEMS } from '@dtq/generated/errors.ts';
import type { Problem, ProblemCode, Violation } from '@dtq/generated/schemas/types.ts';
import { violationDetails } from './violations.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** Where the documentation of the contracts is (the site of `npm run docs`). */
export const DOCS_PATH = '/docs';

type StatusOf<Code extends ProblemCode> = (typeof PROBLEMS)[Code]['status'];
type SaysWhen<Code extends ProblemCode> =
  StatusOf<Code> extends 503 ? true : Code extends 'submit_in_flight' ? true : false;

export interface ProblemAnswer<Code extends ProblemCode> {
  readonly status: StatusOf<Code>;
  readonly type: typeof PROBLEM_TYPE;
  readonly body: Problem;
  /** The contract has each of these say when to ask again. */
  readonly headers: SaysWhen<Code> extends true ? { 'Retry-After': number } : Record<never, never>;
}

/** An RFC 9457 problem of the closed list. */
export function problem<Code extends ProblemCode>(
  code: Code,
  details: Pick<Problem, 'detail' | 'violations' | 'job_id' | 'state'> = {},
): ProblemAnswer<Code> {
  const { status, title } = PROBLEMS[code];
  const body: Problem = { type: `${DOCS_PATH}#problem-${code}`, title, status, code, ...details };
  const headers = status === 503 || code === 'submit_in_flight' ? { 'Retry-After': 1 } : {};
  return { status, type: PROBLEM_TYPE, body, headers: headers as ProblemAnswer<Code>['headers'] };
}

export function invalid(faults: readonly Violation[]): ProblemAnswer<'invalid_request'> {
  return problem('invalid_request', violationDetails(faults));
}

export function jobNotFound(job_id: string): ProblemAnswer<'job_not_found'> {
  return problem('job_not_found', { job_id, detail: `No job has the id ${job_id}.` });
}
