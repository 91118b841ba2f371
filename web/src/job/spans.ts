import type { JobAttempt, JobState } from '@dtq/generated/schemas/types.ts';
import { type JobView, stateOf } from './job-view.ts';

/** A stretch of a job's life. Times are in milliseconds since 1970. */
export interface Span {
  readonly kind: 'scheduled' | 'waiting' | 'attempt' | 'backoff';
  readonly from: number;
  readonly to: number;
  /** Whether it goes on: `to` is then now. */
  readonly isOpen: boolean;
  /** Of an attempt, or of the wait before it. */
  readonly attempt: number | null;
}

/** A milestone that was reached. */
export interface Mark {
  readonly at: number;
  readonly percent: number;
  readonly attempt: number;
}

/** A job's life, to be drawn to scale. */
export interface Life {
  readonly from: number;
  readonly to: number;
  readonly spans: readonly Span[];
  readonly marks: readonly Mark[];
}

/** The attempts of a job, as its document or its live status tells them. */
export function attemptsOf({ status, result }: JobView): readonly JobAttempt[] {
  return result?.attempts ?? status?.attempts ?? [];
}

/** When a job was submitted, or the first that is known of it; null where nothing is. */
export function beginningOf({ status, result }: JobView): string | null {
  return (
    result?.submitted_at ??
    status?.submitted_at ??
    status?.history?.[0]?.at ??
    result?.started_at ??
    status?.updated_at ??
    null
  );
}

/**
 * What is known of a job's life up to its end, or up to now: what it waited for, each attempt, and each wait between two.
 * Null where not even its beginning is known.
 */
export function lifeOf(view: JobView, now: number): Life | null {
  const begun = timeOf(beginningOf(view));
  if (begun === null) return null;
  const state = stateOf(view);
  const end = timeOf(view.result?.completed_at) ?? (isOver(state) ? timeOf(view.status?.updated_at) : null);
  const to = Math.max(end ?? now, begun);
  const attempts = attemptsOf(view);
  const first = timeOf(attempts[0]?.started_at) ?? startOf(view);
  const spans: Span[] = [];

  const due = first === null && view.status?.run_at ? timeOf(view.status.run_at) : queuedAgainAt(view);
  const queuedFrom = due === null ? begun : Math.min(due, to);
  if (due !== null) add({ kind: 'scheduled', from: begun, to: queuedFrom, isOpen: due > to, attempt: null });
  if (due === null || due <= to)
    add({ kind: 'waiting', from: queuedFrom, to: first ?? to, isOpen: first === null && end === null, attempt: null });

  if (attempts.length === 0 && first !== null)
    add({ kind: 'attempt', from: first, to, isOpen: end === null, attempt: 1 });
  attempts.forEach((attempt, index) => {
    const from = timeOf(attempt.started_at) ?? begun;
    const next = timeOf(attempts[index + 1]?.started_at);
    const ended = timeOf(attempt.ended_at) ?? next ?? end;
    add({ kind: 'attempt', from, to: ended ?? to, isOpen: ended === null, attempt: attempt.number });
    const waitsOn = ended !== null && next === null && end === null;
    if (ended !== null && (next !== null || waitsOn))
      add({ kind: 'backoff', from: ended, to: next ?? to, isOpen: waitsOn, attempt: attempt.number + 1 });
  });
  return { from: begun, to, spans, marks: marksOf(view) };

  function add(span: Span): void {
    if (span.to > span.from || span.kind === 'attempt') spans.push({ ...span, to: Math.max(span.from, span.to) });
  }
}

/** When a job whose time had come was put on the queue: its second change that still says queued. */
function queuedAgainAt({ status }: JobView): number | null {
  const queued = (status?.history ?? []).filter(({ state, sequence }) => state === 'queued' && sequence > 1);
  return timeOf(queued[0]?.at);
}

function marksOf({ status }: JobView): readonly Mark[] {
  return (status?.history ?? [])
    .filter(({ state, progress_percent }) => state === 'running' && progress_percent > 0)
    .flatMap(({ at, progress_percent, attempt }) => {
      const time = timeOf(at);
      return time === null ? [] : [{ at: time, percent: progress_percent, attempt }];
    });
}

/** The start of the only attempt, where a document of another program's worker tells no attempts. */
function startOf({ status, result }: JobView): number | null {
  if (result) return result.started_at === result.completed_at ? null : timeOf(result.started_at);
  return timeOf(status?.history?.find(({ state }) => state === 'running')?.at);
}

function isOver(state: JobState | null): boolean {
  return state === 'completed' || state === 'failed';
}

function timeOf(timestamp: string | null | undefined): number | null {
  const time = Date.parse(timestamp ?? '');
  return Number.isNaN(time) ? null : time;
}
