import type { JobPage } from '@dtq/generated/jobs/form.ts';
import { JOB_PAGES } from '@dtq/generated/jobs/index.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';

/** Loads what the page needs to show jobs of a type. */
export function loadPage(type: JobType): Promise<JobPage<JobType>> {
  return JOB_PAGES[type]();
}
