import { JOB_STATE_VALUES, JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobState, JobType } from '@dtq/generated/schemas/types.ts';

/** A job that was submitted in this browser. */
export interface RecentJob {
  readonly jobId: string;
  readonly jobType: JobType;
  readonly summary: string;
  readonly submittedAt: string;
  /** As it was last seen. */
  readonly state: JobState;
}

/** Kept, so that a list of all jobs can tell what they are about; some 150 bytes each. */
const MOST = 200;

/** The list with a job at its head; the oldest fall off. */
export function remember(list: readonly RecentJob[], job: RecentJob): readonly RecentJob[] {
  return [job, ...list.filter(({ jobId }) => jobId !== job.jobId)].slice(0, MOST);
}

/** The list with the state of one job renewed; the same list where nothing changes. */
export function withState(list: readonly RecentJob[], jobId: string, state: JobState): readonly RecentJob[] {
  if (!list.some((job) => job.jobId === jobId && job.state !== state)) return list;
  return list.map((job) => (job.jobId === jobId ? { ...job, state } : job));
}

/** Reads a stored list; what is broken, or of a type that no longer exists, is left out. */
export function parseRecent(text: string | null): readonly RecentJob[] {
  try {
    const stored: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(stored) ? stored.filter(isRecentJob).slice(0, MOST) : [];
  } catch {
    return [];
  }
}

function isRecentJob(value: unknown): value is RecentJob {
  if (typeof value !== 'object' || value === null) return false;
  const { jobId, jobType, summary, submittedAt, state } = value as Partial<Record<keyof RecentJob, unknown>>;
  return (
    [jobId, summary, submittedAt].every((text) => typeof text === 'string') &&
    JOB_TYPE_VALUES.some((known) => known === jobType) &&
    JOB_STATE_VALUES.some((known) => known === state)
  );
}
