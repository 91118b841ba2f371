import { Defect } from '@dtq/core/errors.ts';
import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobResult, JobType } from '@dtq/generated/schemas/types.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';

/** The part that a health check names for everything that is durable beside the queue. */
export const RESULT_PART = 'mongodb';

/**
 * A stored document. Throws Defect where it is none: that is neither "no document", for then the job would be done a second
 * time, nor one to hand out: the store cannot say how the job ended.
 */
export function decodeResult(jobId: string, text: string): JobResult {
  let document: unknown;
  try {
    document = parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonRefused)) throw error;
    throw unreadable(jobId);
  }
  const { job_type: jobType } = (typeof document === 'object' && document !== null ? document : {}) as {
    job_type?: unknown;
  };
  const validate = JOB_TYPE_VALUES.includes(jobType as JobType) ? tolerant.JobResult[jobType as JobType] : undefined;
  if (validate?.(document) === true) return document;
  throw unreadable(jobId);
}

function unreadable(jobId: string): Defect {
  return new Defect(`the document of job ${jobId} is stored, but is none that can be read`);
}
