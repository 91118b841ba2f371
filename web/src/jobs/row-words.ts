import { JOB_TITLES } from '@dtq/generated/jobs/index.ts';
import type { JobSummary } from '@dtq/generated/schemas/types.ts';
import { jobSummary } from '../job/job-summary.ts';
import { knownType } from '../job/type-title.ts';
import type { RecentJob } from '../recent/recent-jobs.ts';

/** What a job is about: from its input, or as this browser submitted it; null where neither is known. */
export function summaryOf({ job_id, job_type, input }: JobSummary, recent: readonly RecentJob[]): string | null {
  const type = knownType(job_type);
  if (type !== null && input !== undefined) return jobSummary(JOB_TITLES[type].summary, input) || null;
  return recent.find(({ jobId }) => jobId === job_id)?.summary || null;
}
