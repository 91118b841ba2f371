import { JOB_POLICIES, type JobPolicy } from '@dtq/generated/jobs/index.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';

/** The policies of the specs, but for waits that no test need wait for, and for what a test wants otherwise of all types. */
export function quickPolicies(changes: Partial<JobPolicy> = {}): { readonly [T in JobType]: JobPolicy } {
  const quick = { retry: { baseMs: 1, capMs: 5 }, ...changes };
  return Object.fromEntries(
    JOB_TYPE_VALUES.map((jobType) => [jobType, { ...JOB_POLICIES[jobType], ...quick }]),
  ) as unknown as typeof JOB_POLICIES;
}
