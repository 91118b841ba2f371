import { PROBLEMS } from '@dtq/generated/errors.ts';
import type { ProblemCode } from '@dtq/generated/schemas/types.ts';
import { DeadlineError, JobFailedError, ProblemError, UnexpectedAnswerError, UnreachableError } from '../errors.ts';

/** What a script can tell from how the program ended. */
export const EXIT = {
  done: 0,
  jobFailed: 1,
  badUse: 2,
  notReachable: 3,
  notFound: 4,
  refused: 5,
  timeIsUp: 6,
  defect: 70,
  interrupted: 130,
} as const;

export const EXIT_TEXTS: { readonly [Name in keyof typeof EXIT]: string } = {
  done: 'done; of a job that was waited for: it completed',
  jobFailed: 'the job failed',
  badUse: 'wrong use, or a request that breaks the contract',
  notReachable: 'nobody answers at that address, or dtq cannot do it now',
  notFound: 'there is no such job or dead letter',
  refused:
    'dtq refused: it wants a key, or one with another role; the job has ended; --key was used for another request',
  timeIsUp: 'not done within --timeout',
  defect: 'a defect of this program',
  interrupted: 'interrupted (Ctrl-C)',
};

/** Wrong use of the command line; the message says what would be right. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The exit code of an error, and its words for people. */
export function exitOf(error: unknown): { code: number; words: string } {
  if (error instanceof UsageError) return { code: EXIT.badUse, words: error.message };
  if (error instanceof JobFailedError) return { code: EXIT.jobFailed, words: error.message };
  if (error instanceof DeadlineError) {
    // That nobody answered all the time says more than that the time is up.
    const code = error.cause instanceof UnreachableError ? EXIT.notReachable : EXIT.timeIsUp;
    return { code, words: error.message };
  }
  if (error instanceof ProblemError) return { code: codeOf(error), words: wordsOf(error) };
  if (error instanceof UnreachableError || error instanceof UnexpectedAnswerError)
    return { code: EXIT.notReachable, words: error.message };
  return { code: EXIT.defect, words: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function codeOf({ status }: ProblemError): number {
  if (status === 404) return EXIT.notFound;
  if (status === 401 || status === 403 || status === 409 || status === 422) return EXIT.refused;
  // Too slow, too much at once: the same may do later, as after a 5xx.
  return status < 500 && status !== 408 && status !== 429 ? EXIT.badUse : EXIT.notReachable;
}

/** The cures of the contract are for those who speak HTTP. */
const CURES: Partial<Record<ProblemCode, string>> = {
  unauthenticated:
    'Put a key that the operator has given you into a file and name it with --key-file, or set DTQ_API_KEY.',
  forbidden: 'Use a key with that role: --key-file, or DTQ_API_KEY.',
};

function wordsOf(error: ProblemError): string {
  const { code, jobId, traceId } = error;
  const more = [jobId === undefined ? '' : `job_id ${jobId}`, traceId === undefined ? '' : `trace_id ${traceId}`];
  return [error.message, CURES[code] ?? PROBLEMS[code].cure, ...more.filter((line) => line !== '')].join('\n  ');
}
