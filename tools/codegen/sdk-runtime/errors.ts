import { JOB_ERROR_CODE_VALUES, PROBLEM_CODE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type {
  FailedJobResultByJobType,
  JobErrorCode,
  JobType,
  Problem,
  ProblemCode,
  Violation,
} from '@dtq/generated/schemas/types.ts';

/** What every error of the SDK is; what the platform throws (an abort, a wrong argument) is left as it is. */
export abstract class DtqError extends Error {
  /** What went wrong, from a closed list for each class. */
  abstract readonly code: string;
  /** The key that was sent along, where one was: the same call with this key does nothing twice. */
  idempotencyKey: string | undefined;
}

/** dtq answered that it cannot or will not. `code` is from the contract's closed list. */
export class ProblemError<Code extends ProblemCode = ProblemCode> extends DtqError {
  override name = 'ProblemError';
  readonly code: Code;
  /** The HTTP status. */
  readonly status: number;
  /** Every place where the request breaks the contract, by its JSON pointer; none for most codes. */
  readonly violations: readonly Violation[];
  /** The job in question, where one was named or made: after `not_accepted`, ask for it before anything else. */
  readonly jobId: string | undefined;
  /** Stands in dtq's logs; to be given to whoever runs it. */
  readonly traceId: string | undefined;
  /** After how many milliseconds asking again makes sense, where dtq said so. */
  readonly retryAfterMs: number | undefined;
  /** The whole answer. */
  readonly problem: Problem & { readonly code: Code };

  constructor(problem: Problem & { readonly code: Code }, retryAfterMs?: number) {
    super(wordsOf(problem));
    this.problem = problem;
    this.code = problem.code;
    this.status = problem.status;
    this.violations = problem.violations ?? [];
    this.jobId = problem.job_id;
    this.traceId = problem.trace_id;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Nobody answered: no connection, or it broke, or the answer took too long. The cause says more. */
export class UnreachableError extends DtqError {
  override name = 'UnreachableError';
  readonly code = 'unreachable';
}

/** The time that the call had is up. What it was to do may have been done. The cause is the last fault, if there was one. */
export class DeadlineError extends DtqError {
  override name = 'DeadlineError';
  readonly code = 'deadline_exceeded';
  readonly timeoutMs: number;

  constructor(timeoutMs: number, cause?: unknown) {
    super(`not done within ${timeoutMs} ms`);
    this.timeoutMs = timeoutMs;
    this.explain(cause);
  }

  /**
   * Tells what went wrong last, where that was not known when the time was up.
   *
   * @internal
   */
  explain(cause: unknown): void {
    if (this.cause !== undefined || cause === undefined || cause === this) return;
    this.cause = cause;
    if (cause instanceof Error) this.message += `: ${cause.message}`;
  }
}

/** An answer came that is none of the contract: a proxy's page, or a newer server's code. */
export class UnexpectedAnswerError extends DtqError {
  override name = 'UnexpectedAnswerError';
  readonly code = 'unexpected_answer';
  readonly status: number;
  /** How the body begins. */
  readonly body: string;

  constructor(status: number, body: string, options?: ErrorOptions) {
    super(`an answer that is none of the contract: ${status} ${JSON.stringify(body.slice(0, SHOWN))}`, options);
    this.status = status;
    this.body = body.slice(0, SHOWN);
  }
}

/** The job ended without an output. `code` tells why, and `job` is its durable document. */
export class JobFailedError<T extends JobType = JobType> extends DtqError {
  override name = 'JobFailedError';
  /** One of the contract's codes; `other` for that of another program's worker, which stands in `job.error`. */
  readonly code: JobErrorCode | 'other';
  readonly jobId: string;
  readonly job: FailedJobResultByJobType[T];

  constructor(job: FailedJobResultByJobType[T]) {
    super(`job ${job.job_id} failed: ${job.error.code}: ${job.error.message}`);
    this.code = isJobErrorCode(job.error.code) ? job.error.code : 'other';
    this.jobId = job.job_id;
    this.job = job;
  }
}

/** A message that breaks the contract of its topic or queue. */
export class InvalidMessageError extends DtqError {
  override name = 'InvalidMessageError';
  readonly code = 'invalid_message';
  readonly violations: readonly Violation[];

  constructor(what: string, violations: readonly Violation[]) {
    super(`${what}: ${inWords(violations)}`);
    this.violations = violations;
  }
}

/** Whether an error is dtq's answer with this code; narrows it to that code. */
export function isProblem<Code extends ProblemCode>(error: unknown, code: Code): error is ProblemError<Code> {
  return error instanceof ProblemError && error.code === code;
}

/** Whether a text is a code of the contract, known when this SDK was made. */
export function isJobErrorCode(code: string): code is JobErrorCode {
  return (JOB_ERROR_CODE_VALUES as readonly string[]).includes(code);
}

/**
 * Whether a body is a problem of the contract.
 *
 * @internal
 */
export function isProblemBody(body: unknown): body is Problem {
  if (typeof body !== 'object' || body === null) return false;
  const { code, status, title } = body as Partial<Record<keyof Problem, unknown>>;
  return (
    typeof status === 'number' &&
    typeof title === 'string' &&
    (PROBLEM_CODE_VALUES as readonly unknown[]).includes(code)
  );
}

const SHOWN = 200;

function wordsOf({ code, title, detail, violations }: Problem): string {
  const details = violations !== undefined && violations.length > 0 ? inWords(violations) : detail;
  return `${code}: ${title}${details === undefined ? '' : `: ${details}`}`;
}

function inWords(violations: readonly Violation[]): string {
  return violations.map(({ pointer, message }) => `${pointer || '/'} ${message}`).join('; ');
}
