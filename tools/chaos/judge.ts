import type { FinalState, JobState, StatusHistoryEntry } from '@dtq/generated/schemas/types.ts';

// What must hold after any failure, as functions of what was promised and what was found: so each can be shown to be able to fail.

/** What the answers promised. */
export interface Expected {
  /** Jobs that were accepted: 202. */
  readonly accepted: ReadonlySet<string>;
  /** Jobs of which nobody can say. */
  readonly unknown: ReadonlySet<string>;
  /** Whether every job has a status that is up to date: not so where Redis itself was broken. Default: no. */
  readonly hasAllStatuses?: boolean;
  /**
   * What the answers to the submits said of the jobs. No trace where a submit had been sent before and nobody knew what came of
   * it: each that was accepted had a trace of its own, and the one that was first on the queue is the job's.
   */
  readonly answers?: ReadonlyMap<string, { readonly job_type: string; readonly trace_id: string | null }>;
  /** Jobs whose cancel was answered with 202. */
  readonly cancelled?: ReadonlySet<string>;
}

export interface FoundDocument {
  readonly job_id: string;
  readonly job_type: string;
  readonly trace_id: string;
  readonly final_state: FinalState;
  readonly error_code: string | null;
}

export interface FoundStatus {
  readonly state: JobState;
  readonly error_code: string | null;
  readonly history: readonly Omit<StatusHistoryEntry, 'at'>[];
}

/** What stands in the stores and the topics. */
export interface Found {
  readonly documents: readonly FoundDocument[];
  /** By job; of a job whose status is gone there is none. */
  readonly statuses: ReadonlyMap<string, FoundStatus>;
  /** Messages that no group has committed. */
  readonly lag: number;
}

/** Something that must hold; `faults` has a line for each place where it does not. */
export interface Invariant {
  readonly name: string;
  readonly faults: (expected: Expected, found: Found) => string[];
}

export interface Verdict {
  readonly name: string;
  readonly faults: readonly string[];
}

export const INVARIANTS: readonly Invariant[] = [
  {
    name: 'each accepted job has its document',
    faults: ({ accepted }, { documents }) => {
      const ids = new Set(documents.map(({ job_id }) => job_id));
      return [...accepted].filter((id) => !ids.has(id)).map((id) => `${id} has none`);
    },
  },
  {
    name: 'no job has two documents',
    faults: (_, { documents }) => {
      const counts = new Map<string, number>();
      for (const { job_id } of documents) counts.set(job_id, (counts.get(job_id) ?? 0) + 1);
      return [...counts].flatMap(([id, count]) => (count > 1 ? [`${id} has ${count}`] : []));
    },
  },
  {
    name: 'no document is of a job that nobody submitted',
    faults: ({ accepted, unknown }, { documents }) =>
      documents.map(({ job_id }) => job_id).filter((id) => !accepted.has(id) && !unknown.has(id)),
  },
  {
    name: 'each document is of the job that was answered',
    faults: ({ answers }, { documents }) =>
      documents.flatMap(({ job_id, job_type, trace_id }) => {
        const answer = answers?.get(job_id);
        if (answer === undefined) return [];
        if (answer.job_type === job_type && [trace_id, null].includes(answer.trace_id)) return [];
        return [`${job_id}: ${job_type} ${trace_id}, answered ${answer.job_type} ${answer.trace_id}`];
      }),
  },
  { name: 'status and document agree', faults: disagreements },
  {
    name: 'no history goes backwards',
    faults: (_, { statuses }) =>
      [...statuses].flatMap(([id, { history }]) => (isForward(history) ? [] : [`${id}: ${JSON.stringify(history)}`])),
  },
  {
    name: 'a cancel that was promised stands',
    faults: ({ cancelled }, { documents }) => {
      const codes = new Map(documents.map(({ job_id, error_code }) => [job_id, error_code]));
      return [...(cancelled ?? [])].flatMap((id) =>
        codes.get(id) === 'cancelled' ? [] : [`${id} ended with ${codes.get(id) ?? 'no error'}`],
      );
    },
  },
  {
    name: 'nothing is left in the topics',
    faults: (_, { lag }) => (lag === 0 ? [] : [`${lag} messages`]),
  },
];

export function judge(expected: Expected, found: Found, invariants = INVARIANTS): Verdict[] {
  return invariants.map(({ name, faults }) => ({ name, faults: faults(expected, found) }));
}

/**
 * Whether each change leads on: to a later attempt, or within one not to an earlier milestone, and from a final state nowhere.
 * Progress may stay as it is, for the mark of a cancel and the wait for the next attempt are changes too. A final state may be
 * told of an earlier attempt: the document that was first stands.
 */
export function isForward(history: FoundStatus['history']): boolean {
  return history.every((entry, index) => {
    const before = history[index - 1];
    if (before === undefined) return true;
    if (isFinal(before.state) || entry.sequence <= before.sequence) return false;
    if (entry.attempt !== before.attempt) return entry.attempt > before.attempt || isFinal(entry.state);
    return (
      entry.progress_percent >= before.progress_percent && !(entry.state === 'queued' && before.state === 'running')
    );
  });
}

export function isFinal(state: JobState): boolean {
  return state === 'completed' || state === 'failed';
}

function disagreements({ hasAllStatuses = false }: Expected, { documents, statuses }: Found): string[] {
  return documents.flatMap(({ job_id, final_state, error_code }) => {
    const status = statuses.get(job_id);
    if (status === undefined || !isFinal(status.state))
      return hasAllStatuses ? [`${job_id} is ${final_state}, its status ${status?.state ?? 'gone'}`] : [];
    if (status.state === final_state && status.error_code === error_code) return [];
    return [`${job_id} is ${final_state} (${error_code}), its status ${status.state} (${status.error_code})`];
  });
}
