import { JOB_ERRORS } from '@dtq/generated/errors.ts';
import type { JobError, JobErrorCode } from '@dtq/generated/schemas/types.ts';

/** Why a job failed and what to do about it, as people read it. */
export interface JobErrorText {
  readonly title: string;
  readonly cause: string | null;
  readonly cure: string | null;
  /** Whether the same job may do better later; null where nobody can say. */
  readonly retryable: boolean | null;
}

/** Looks an error's code up; another program's worker may end a job in a code that dtq does not know. */
export function jobErrorText({ code }: Pick<JobError, 'code'>): JobErrorText {
  if (!isKnown(code)) return { title: 'The job failed', cause: null, cure: null, retryable: null };
  const { title, cause, cure, retryable } = JOB_ERRORS[code];
  return { title, cause: cause.replaceAll('`', ''), cure: cure.replaceAll('`', ''), retryable };
}

function isKnown(code: string): code is JobErrorCode {
  return Object.hasOwn(JOB_ERRORS, code);
}
