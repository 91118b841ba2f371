import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { Client } from '@dtq/generated/rest/client.ts';
import type { Job } from '@dtq/generated/schemas/types.ts';
import { type Outcome, settle } from '../api/outcome.ts';
import { pause } from '../api/pause.ts';
import { pollDelay } from '../api/poll-delay.ts';
import { advance, isSettled, stateOf, unknownJob } from './job-view.ts';

type FollowEvents = typeof import('./follow-events.ts').followEvents;

const ANSWER_WITHIN_MS = 10_000;
/** Between looks at a job that ended but whose document cannot be read yet. */
const DOCUMENT_INTERVAL_MS = 1000;

/**
 * Tells what becomes known of a job until it ended, is refused, or the signal aborts. It looks at the job and then follows
 * its events; where they break off it looks again, and where none come at all it goes on looking.
 */
export async function watchJob(
  client: Client,
  jobId: string,
  signal: AbortSignal,
  tell: (outcome: Outcome<Job>) => void,
): Promise<void> {
  let view = unknownJob(jobId);
  let hasEvents = true;
  for (let failures = 0; ; ) {
    const outcome = await settle(
      client.getJob({
        params: { path: { job_id: jobId } },
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
        cache: 'no-store',
      }),
    );
    if (signal.aborted) return;
    take(outcome);
    if (isSettled(view)) return;
    if (outcome.kind === 'ok' && hasEvents) {
      hasEvents = await events(jobId, view.status, signal, (data) => take({ kind: 'ok', data }));
      if (isSettled(view) || signal.aborted) return;
    }
    failures = outcome.kind === 'ok' ? 0 : failures + 1;
    const delay = pollDelay(failures, outcome.kind === 'problem' ? outcome.retryAfterMs : 0);
    const state = stateOf(view);
    await pause(state !== null && isFinal(state) ? Math.max(delay, DOCUMENT_INTERVAL_MS) : delay, signal);
  }

  function take(outcome: Outcome<Job>): void {
    tell(outcome);
    view = advance(view, outcome);
  }
}

/** Follows a job's events, with code that is loaded by then; false where none came. */
async function events(...of: Parameters<FollowEvents>): Promise<boolean> {
  try {
    const { followEvents } = await import('./follow-events.ts');
    return await followEvents(...of);
  } catch {
    // The file could not be loaded, or the browser has no EventSource: looking works all the same.
    return false;
  }
}
