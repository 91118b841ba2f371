import { violations, wrongPlaces } from '@dtq/core/violations.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobResult } from '@dtq/generated/schemas/types.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';

/** A stored document as what it must be, or the words that say why it is none. */
export function readResult(document: unknown): JobResult | string {
  const { job_type: named } = document as { job_type?: unknown };
  const jobType = JOB_TYPE_VALUES.find((one) => one === named);
  if (jobType === undefined) return 'is of no known type';
  const validate = tolerant.JobResult[jobType];
  if (validate(document)) return document;
  return `cannot be read: ${wrongPlaces(violations(validate.errors, document))}`;
}
