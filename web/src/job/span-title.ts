import type { JobAttempt } from '@dtq/generated/schemas/types.ts';
import { spanText } from '../time/time-text.ts';
import type { Span } from './spans.ts';

const OUTCOME_WORDS = {
  completed: 'completed',
  failed: 'failed',
  retried: 'failed, and another followed',
  lost: 'lost with its worker',
  cancelled: 'cancelled',
} as const;

/** How an attempt ended, in words; `now` while it runs. */
export function outcomeText({ outcome }: JobAttempt): string {
  return outcome === undefined ? 'now' : OUTCOME_WORDS[outcome];
}

/** A stretch of the timeline in words, with the worker and the error of an attempt. */
export function spanTitle(span: Span, attempts: readonly JobAttempt[]): string {
  const length = `${spanText(span.to - span.from)}${span.isOpen ? ' so far' : ''}`;
  if (span.kind === 'scheduled') return `Waited for its time: ${length}`;
  if (span.kind === 'waiting') return `Waited for a worker: ${length}`;
  if (span.kind === 'backoff') return `Waited for attempt ${span.attempt}: ${length}`;
  const attempt = attempts.find(({ number }) => number === span.attempt);
  const told = [
    `Attempt ${span.attempt ?? 1}: ${length}`,
    attempt?.outcome && outcomeText(attempt),
    attempt?.worker && `by ${attempt.worker}`,
    attempt?.error && `${attempt.error.code}: ${attempt.error.message}`,
  ];
  return told.filter(Boolean).join('; ');
}
