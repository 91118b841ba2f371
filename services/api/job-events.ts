import { milestoneMessage } from '@dtq/core/milestones.ts';
import type { JobEvent, JobResult, JobStatus, StatusHistoryEntry } from '@dtq/generated/schemas/types.ts';

/** The id of the last event, after which nothing comes. */
export const END_ID = 'end';

// What is told of a job comes by two ways (the watch, and looking it up) that overtake each other and miss things. Each
// status carries the history of its changes, and so everything between two of them can be told, once and in order.

/** Turns the statuses of a job, as they become known, into events: each change once, in order. */
export class JobEvents {
  readonly #after: number | null;
  /** The newest status that was told. */
  #told: JobStatus | null = null;

  /** `lastEventId` is that of the last event that the client received, where it comes back. */
  constructor(lastEventId: string | undefined) {
    this.#after = lastEventId === undefined || lastEventId === END_ID ? null : Number(lastEventId);
  }

  /** The events that a status adds to what was told; none where it is old news. */
  of(status: JobStatus): JobEvent[] {
    const news = this.#told === null ? sinceEvent(this.#after, status) : sinceStatus(this.#told, status);
    if (this.#told === null || news.length > 0) this.#told = status;
    return news.map((data) => ({
      event: 'status',
      id: data.sequence === undefined ? undefined : String(data.sequence),
      data,
    }));
  }
}

/** The last event of a job. */
export function resultEvent(result: JobResult): JobEvent {
  return { event: 'result', id: END_ID, data: result };
}

/** The changes that a client missed; the current status alone where the history does not reach back to its last event. */
function sinceEvent(after: number | null, status: JobStatus): JobStatus[] {
  const changes = changesOf(status);
  const { sequence } = status;
  if (after === null) return changes;
  if (sequence === undefined || after > sequence) return changes.slice(-1);
  const missed = changes.filter((change) => (change.sequence ?? 0) > after);
  const [first] = missed;
  return first === undefined || first.sequence === after + 1 ? missed : missed.slice(-1);
}

/** The changes of a status after another one. */
function sinceStatus(told: JobStatus, status: JobStatus): JobStatus[] {
  const { sequence } = told;
  if (sequence === undefined || status.sequence === undefined) return isSame(told, status) ? [] : changesOf(status);
  // The status store may have lost the job and begun anew.
  if (!isOneHistory(told, status)) return changesOf(status);
  return changesOf(status).filter((change) => (change.sequence ?? 0) > sequence);
}

function isSame(a: JobStatus, b: JobStatus): boolean {
  return (
    a.sequence === b.sequence &&
    a.state === b.state &&
    a.progress_percent === b.progress_percent &&
    a.updated_at === b.updated_at
  );
}

/** Whether the last change of the older one is among those of the newer one, as far as its history reaches back. */
function isOneHistory(a: JobStatus, b: JobStatus): boolean {
  const [older, newer] = (a.sequence ?? 0) <= (b.sequence ?? 0) ? [a, b] : [b, a];
  const entry = changesOf(newer).find(({ sequence }) => sequence === older.sequence);
  return entry === undefined || isSame(entry, older);
}

/** Each change that a status knows of as the status that it was, oldest first, itself last; none has a history of its own. */
function changesOf({ history = [], ...now }: JobStatus): JobStatus[] {
  const { job_id, trace_id, sequence = 0 } = now;
  const statusOf = ({ at, ...entry }: StatusHistoryEntry): JobStatus => ({
    job_id,
    trace_id,
    ...entry,
    updated_at: at,
    message: milestoneMessage(entry),
  });
  return [...history.filter((entry) => entry.sequence < sequence).map(statusOf), now];
}
