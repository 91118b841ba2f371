import { JOB_ERRORS } from '@dtq/generated/errors.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import type { JobErrorCode, JobType } from '@dtq/generated/schemas/types.ts';
import { pick, type Random } from './random.ts';

/** What is to become of a job. */
export interface End {
  /** Null for a job that completes. */
  readonly code: JobErrorCode | null;
  /** Attempts that fail before the last one. */
  readonly failures: number;
}

/** What `Prefer: example=…` asks a job to become, beside the codes of errors. */
export const EXAMPLES = ['completed', 'retried'] as const;

export type Example = (typeof EXAMPLES)[number] | JobErrorCode;

/** The codes that a job of a type can end in. */
export function codesOf(jobType: JobType): readonly JobErrorCode[] {
  return (Object.keys(JOB_ERRORS) as JobErrorCode[]).filter((code) => {
    const only = JOB_ERRORS[code].jobType;
    return only === null || only === jobType;
  });
}

/** Those that come of the provider, of which a job may fail unasked. The others tell of a defect, or of a wish. */
function unaskedCodes(jobType: JobType): readonly JobErrorCode[] {
  return codesOf(jobType).filter((code) => JOB_ERRORS[code].jobType !== null || code.startsWith('provider_'));
}

/** What becomes of a job: what was asked for, else what chance says. */
export function endOf(jobType: JobType, random: Random, failRate: number, example: Example | undefined): End {
  const chance = random();
  if (example === 'completed') return { code: null, failures: 0 };
  if (example === 'retried') return { code: null, failures: 1 };
  if (example !== undefined) return failed(jobType, example);
  if (chance < failRate) return failed(jobType, pick(random, unaskedCodes(jobType)));
  return { code: null, failures: chance < failRate + (1 - failRate) * failRate ? 1 : 0 };
}

/** An attempt that cannot do better is the last one. */
function failed(jobType: JobType, code: JobErrorCode): End {
  return { code, failures: JOB_ERRORS[code].retryable ? JOB_POLICIES[jobType].attempts - 1 : 0 };
}

/** A failure after which another attempt is made. */
export function passingCode(random: Random): JobErrorCode {
  const codes = (Object.keys(JOB_ERRORS) as JobErrorCode[]).filter(
    (code) => JOB_ERRORS[code].retryable && code.startsWith('provider_'),
  );
  return pick(random, codes);
}
