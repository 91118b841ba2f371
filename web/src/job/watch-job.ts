import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { Client } from '@dtq/generated/rest/client.ts';
import type { Job } from '@dtq/generated/schemas/types.ts';
import { JOB_RESULTS_FIELD } from '@dtq/generated/storage/job-results.ts';
import { type Outcome, settle } from '../api/outcome.ts';
import { pause } from '../api/pause.ts';
import { pollDelay } from '../api/poll-delay.ts';
import { onWake } from '../api/wake.ts';
import { advance, isSettled, stateOf, unknownJob } from './job-view.ts';

type FollowEvents = typeof import('./follow-events.ts').followEvents;
type Heard = import('./follow-events.ts').Heard;

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
  let lastEventId: string | undefined;
  for (let failures = 0; ; ) {
    const outcome = await settle(
      client.getJob({
        params: { path: { job_id: jobId } },
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
        cache: 'no-store',
      }),
    );
    if (signal.aborted) return;
    const isOver = view.result === null && outcome.kind === 'ok' && JOB_RESULTS_FIELD.final_state in outcome.data;
    take(outcome);
    if (outcome.kind === 'ok' && (isOver || (hasEvents && !isSettled(view)))) {
      // Of a job that is over the stream still tells the history, for as long as its status lives.
      const heard = await untilWake(signal, (until) =>
        events(jobId, view.status, lastEventId, until, (data) => take({ kind: 'ok', data })),
      );
      hasEvents = heard.anything;
      lastEventId = heard.lastEventId;
    }
    if (isSettled(view) || signal.aborted) return;
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

/** Ends what was begun when the connection may have died unnoticed, so that the job is looked at again. */
async function untilWake<T>(signal: AbortSignal, begin: (until: AbortSignal) => Promise<T>): Promise<T> {
  const woken = new AbortController();
  const forget = onWake(() => woken.abort());
  try {
    return await begin(AbortSignal.any([signal, woken.signal]));
  } finally {
    forget();
  }
}

/** Follows a job's events, with code that is loaded by then. */
async function events(...of: Parameters<FollowEvents>): Promise<Heard> {
  try {
    const { followEvents } = await import('./follow-events.ts');
    return await followEvents(...of);
  } catch {
    // The file could not be loaded: looking works all the same.
    return { anything: false, lastEventId: of[2] };
  }
}
