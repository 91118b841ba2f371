import { normalized } from '@dtq/core/job-facts.ts';
import { PLACES, type Place, placeOf } from '@dtq/core/lifecycle.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import { openJobsKey } from '@dtq/generated/storage/open-jobs.ts';

/** What a change of a job's status does to the index of open jobs: into one set, out of others. */
export interface IndexMove {
  readonly member: string;
  readonly to: { readonly key: string; readonly score: number } | null;
  readonly from: readonly string[];
}

/** Of types that this program does not know, so many are remembered. */
const MOST_OTHERS = 100;

/** The types of job that are looked for: those of the contract, and those of newer programs that this process has met. */
export class OpenTypes {
  readonly #types = new Set<string>(JOB_TYPE_VALUES);

  get all(): readonly string[] {
    return [...this.#types];
  }

  meet({ job_type }: Pick<JobStatus, 'job_type'>): void {
    if (job_type !== undefined && this.#types.size < JOB_TYPE_VALUES.length + MOST_OTHERS) this.#types.add(job_type);
  }
}

/**
 * Where a job goes with a status: into one set and out of all others of its type, whatever is believed to stand there, so that
 * each move mends what got lost; an end of which not even the type is known takes it out of all. What does not tell its type
 * and the time of its submit cannot be put in.
 */
export function moveOf(jobId: string, status: JobStatus, allTypes: readonly string[]): IndexMove {
  const { job_type, submitted_at } = status;
  const place = placeOf(status);
  if (place === null) {
    const types = job_type === undefined ? allTypes : [job_type];
    return { member: jobId, to: null, from: setsOf(types, PLACES).map(({ key }) => key) };
  }
  if (job_type === undefined || submitted_at === undefined) return { member: jobId, to: null, from: [] };
  return {
    member: jobId,
    to: { key: openJobsKey(job_type, place), score: scoreOf(submitted_at) },
    from: PLACES.filter((other) => other !== place).map((other) => openJobsKey(job_type, other)),
  };
}

/** Where a job stands among those of its set, from the time of its submit, in whichever form of RFC 3339. */
export function scoreOf(submittedAt: string): number {
  return Date.parse(normalized(submittedAt));
}

/** One sorted set of the index. */
export interface OpenSet {
  readonly jobType: string;
  readonly place: Place;
  readonly key: string;
}

export function setsOf(jobTypes: readonly string[], places: readonly Place[]): OpenSet[] {
  return jobTypes.flatMap((jobType) => places.map((place) => ({ jobType, place, key: openJobsKey(jobType, place) })));
}
