import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { JobStatus, StatusHistoryEntry } from '@dtq/generated/schemas/types.ts';
import type { Begun, StatusChange } from './ports.ts';

// The guard of a job's status, as a function of what stands there (architecture.md: "may vanish; never moves backwards").
//
//   queued 0 -> running 20 -> running 50 -> running 80 -> completed 100
//      |            |             |             |
//      +------------+-------------+-------------+-------> failed (keeps the progress)
//
// Order is (attempt, progress): a later attempt may go back to 20. A final state beats every other whatever its attempt,
// for it tells of a document that is already durable; after it nothing changes.

/** The specs' bound on a status's history (specs/schemas/JobStatus.json). */
const HISTORY_LIMIT = 64;

/** What stands after a change, or null where the change must not be written. */
export function applyChange(previous: JobStatus | null, change: StatusChange): JobStatus | null {
  if (previous !== null && !advances(previous, change)) return null;
  const sequence = (previous?.sequence ?? (previous === null ? 0 : 1)) + 1;
  const { attempt, state, progress_percent, updated_at } = change;
  const entry: StatusHistoryEntry = { sequence, attempt, state, progress_percent, at: updated_at };
  return { ...change, sequence, history: [...(previous?.history ?? []), entry].slice(-HISTORY_LIMIT) };
}

/** The attempt that begins over what stands there, and the change that says so; `change` is null over a final state. */
export function beginAttempt(
  previous: JobStatus | null,
  start: Omit<StatusChange, 'attempt'>,
): { attempt: number; change: StatusChange | null } {
  const before = attemptOf(previous);
  if (previous !== null && isFinal(previous.state)) return { attempt: before, change: null };
  const attempt = previous?.state === 'running' ? before + 1 : before;
  return { attempt, change: { ...start, attempt } };
}

/** What a backend answers to `begin`, given how it wrote. */
export function begun(
  previous: JobStatus | null,
  start: Omit<StatusChange, 'attempt'>,
  write: (status: JobStatus) => void,
): Begun {
  const { attempt, change } = beginAttempt(previous, start);
  const next = change === null ? null : applyChange(previous, change);
  if (next !== null) write(next);
  return { applied: next !== null, previous, attempt };
}

function advances(previous: JobStatus, change: StatusChange): boolean {
  if (isFinal(previous.state)) return false;
  if (isFinal(change.state)) return true;
  const before = attemptOf(previous);
  if (change.attempt !== before) return change.attempt > before;
  return rank(change) > rank(previous);
}

// A status that another program wrote has no attempt of its own: it is in its first.
function attemptOf(status: JobStatus | null): number {
  return status?.attempt ?? 1;
}

// `running` at 0 percent, which another program may write, still comes after `queued`.
function rank({ state, progress_percent }: Pick<JobStatus, 'state' | 'progress_percent'>): number {
  return state === 'queued' ? -1 : progress_percent;
}
