import type { JobSummary } from '@dtq/generated/schemas/types.ts';
import type { RecentJob } from '../recent/recent-jobs.ts';

/** What a job is about, where this browser submitted it; null for all others, of which a list tells no input. */
export function summaryOf({ job_id }: JobSummary, recent: readonly RecentJob[]): string | null {
  return recent.find(({ jobId }) => jobId === job_id)?.summary || null;
}
