import type { JobPriority, JobType } from '@dtq/generated/schemas/types.ts';
import type { RecentJob } from '../recent/recent-jobs.ts';
import type { JobView } from './job-view.ts';
import { knownType } from './type-title.ts';

/** What a job is, apart from how it is; null for what is not known. */
export interface JobFacts {
  /** A type that the page knows. */
  readonly jobType: JobType | null;
  /** The type as it was told, also one of a newer program. */
  readonly typeName: string | null;
  readonly input: object | null;
  readonly submittedAt: string | null;
  readonly traceId: string | null;
  readonly priority: JobPriority | null;
  readonly replayOf: string | null;
  readonly expiresAt: string | null;
}

/** Gathers it from the document, the live status, and what this browser remembers. */
export function jobFacts({ result, status }: JobView, remembered?: RecentJob): JobFacts {
  const typeName = result?.job_type ?? status?.job_type ?? remembered?.jobType ?? null;
  return {
    jobType: typeName === null ? null : knownType(typeName),
    typeName,
    input: result?.input ?? status?.input ?? null,
    submittedAt: result?.submitted_at ?? status?.submitted_at ?? remembered?.submittedAt ?? null,
    traceId: result?.trace_id ?? status?.trace_id ?? null,
    priority: result?.priority ?? status?.priority ?? null,
    replayOf: result?.replay_of ?? status?.replay_of ?? null,
    expiresAt: status?.expires_at ?? null,
  };
}
