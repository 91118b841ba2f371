import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { JobAttempt, JobStatus, StatusHistoryEntry } from '@dtq/generated/schemas/types.ts';
import { JOB_STATUS_FIELD as FIELD } from '@dtq/generated/storage/job-status.ts';
import type { AttemptStart, Begun, StatusChange } from './ports.ts';

// The guard of a job's status, as a function of what stands there (architecture.md: "may vanish; never moves backwards").
//
//   scheduled -> queued 0 -> running 20 -> running 50 -> running 80 -> completed 100
//      |            |            |             |             |
//      |            |            +-------------+-------------+---> waits for its next attempt, which begins at 20
//      +------------+------------+-------------+-------------+---> failed (keeps the progress)
//
// Order is (attempt, progress, waiting): a later attempt may go back to 20. A final state beats every other whatever its
// attempt, for it tells of a document that is already durable; after it nothing changes.

/** The specs' bounds (specs/schemas/JobStatus.json). */
const HISTORY_LIMIT = 64;
const ATTEMPTS_LIMIT = 20;

/** Where an open job stands: it waits for its time, for a worker, or is being worked on (between two attempts, too). */
export const PLACES = ['scheduled', 'queued', 'running'] as const;
export type Place = (typeof PLACES)[number];

/** The place of a job; null for one that has ended. */
export function placeOf({ state, run_at }: Pick<JobStatus, 'state' | 'run_at'>): Place | null {
  if (isFinal(state)) return null;
  if (state === 'running') return 'running';
  return run_at === undefined ? 'queued' : 'scheduled';
}

/** What stands after a change, or null where the change must not be written. */
export function applyChange(previous: JobStatus | null, change: StatusChange): JobStatus | null {
  if (previous !== null && !advances(previous, change)) return null;
  const { attempts = previous?.attempts } = change;
  const next: Record<string, unknown> = {};
  copyGiven(previous ?? {}, next, ENDED_BY_A_CHANGE);
  copyGiven(change, next);
  next[FIELD.progress_percent] = progressOf(previous, change);
  if (attempts !== undefined) next[FIELD.attempts] = attempts.slice(-ATTEMPTS_LIMIT);
  return stamped(previous, next as unknown as JobStatus);
}

/** What a status no longer tells once a change says where the job stands. */
const ENDED_BY_A_CHANGE: ReadonlySet<string> = new Set([
  FIELD.run_at,
  FIELD.next_attempt_at,
  FIELD.error_code,
  FIELD.error_message,
]);

/** Copies the fields that have a value. A loop, for it is done four times a job. */
function copyGiven(from: object, to: Record<string, unknown>, but: ReadonlySet<string> = NONE): void {
  for (const name of Object.keys(from)) {
    const value = (from as Record<string, unknown>)[name];
    if (value !== undefined && !but.has(name)) to[name] = value;
  }
}

const NONE: ReadonlySet<string> = new Set();

/** A failure keeps the progress that its attempt reached: whoever tells of it, such as a cancel, may not know the last of it. */
function progressOf(previous: JobStatus | null, { state, attempt, progress_percent }: StatusChange): number {
  if (previous === null || state !== 'failed' || attempt !== attemptOf(previous)) return progress_percent;
  return Math.max(previous.progress_percent, progress_percent);
}

/** What stands once a cancel was asked for, or null where the mark must not be written. */
export function markCancelled(previous: JobStatus | null, at: string): JobStatus | null {
  if (previous === null || isFinal(previous.state) || previous.cancel_requested_at !== undefined) return null;
  return stamped(previous, { ...previous, cancel_requested_at: at, updated_at: at });
}

/** The attempt that begins over what stands there, and the change that says so; `change` is null where nothing begins. */
export function beginAttempt(
  previous: JobStatus | null,
  { worker, waited_ms, attempt: asked = 1, ...start }: AttemptStart,
): Pick<Begun, 'attempt' | 'attempts' | 'isStale'> & { readonly change: StatusChange | null } {
  const before = attemptOf(previous);
  const attempts = previous?.attempts ?? [];
  if (previous !== null && isFinal(previous.state)) return { attempt: before, attempts, isStale: false, change: null };
  // Said only once the row in the schedule is durable: what comes now is a repeat of an attempt that has ended.
  if (previous?.next_attempt_at !== undefined && asked <= before)
    return { attempt: before, attempts, isStale: true, change: null };
  const attempt = Math.max(asked, previous?.state === 'running' ? before + 1 : before);
  const own: JobAttempt = {
    number: attempt,
    ...(worker === undefined ? {} : { worker }),
    ...(waited_ms === undefined ? {} : { waited_ms }),
    started_at: start.updated_at,
  };
  const all = [...attempts.map((one) => (one.outcome === undefined ? lost(one, start.updated_at) : one)), own];
  return {
    attempt,
    attempts: all.slice(-ATTEMPTS_LIMIT),
    isStale: false,
    change: { ...start, attempt, attempts: all },
  };
}

/** What a backend answers to `begin`, given how it wrote. */
export function begun(previous: JobStatus | null, start: AttemptStart, write: (status: JobStatus) => void): Begun {
  const { change, ...begins } = beginAttempt(previous, start);
  const next = change === null ? null : applyChange(previous, change);
  if (next !== null) write(next);
  return { applied: next !== null, previous, ...begins };
}

/** An attempt that nobody ended was lost with its worker, or with its worker's share of the queue. */
function lost(attempt: JobAttempt, at: string): JobAttempt {
  return { ...attempt, ended_at: at, outcome: 'lost' };
}

function stamped(previous: JobStatus | null, next: JobStatus): JobStatus {
  const sequence = (previous?.sequence ?? (previous === null ? 0 : 1)) + 1;
  const { state, progress_percent, updated_at } = next;
  const entry: StatusHistoryEntry = { sequence, attempt: attemptOf(next), state, progress_percent, at: updated_at };
  const history = [...(previous?.history ?? []), entry];
  return { ...next, sequence, history: history.length > HISTORY_LIMIT ? history.slice(-HISTORY_LIMIT) : history };
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

// `running` at 0 percent, which another program may write, still comes after `queued`. A wait comes after the progress at
// which it began, and before any other.
function rank({
  state,
  progress_percent,
  run_at,
  next_attempt_at,
}: Pick<JobStatus, 'state' | 'progress_percent' | 'run_at' | 'next_attempt_at'>): number {
  if (state === 'queued') return run_at === undefined ? -1 : -2;
  return progress_percent + (next_attempt_at === undefined ? 0 : 0.5);
}
