import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { Client } from '@dtq/generated/rest/client.ts';
import type { Job } from '@dtq/generated/schemas/types.ts';
import { type Outcome, settle } from '../api/outcome.ts';
import { pause } from '../api/pause.ts';
import { pollDelay } from '../api/poll-delay.ts';
import { advance, isSettled, stateOf, unknownJob } from './job-view.ts';

const ANSWER_WITHIN_MS = 10_000;
/** Between looks at a job that ended but whose document cannot be read yet. */
const DOCUMENT_INTERVAL_MS = 1000;

/** Asks for a job again and again, telling each outcome, until it ended, is refused, or the signal aborts. */
export async function watchJob(
  client: Client,
  jobId: string,
  signal: AbortSignal,
  tell: (outcome: Outcome<Job>) => void,
): Promise<void> {
  let view = unknownJob(jobId);
  for (let failures = 0; ; ) {
    const outcome = await settle(
      client.getJob({
        params: { path: { job_id: jobId } },
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
        cache: 'no-store',
      }),
    );
    if (signal.aborted) return;
    tell(outcome);
    view = advance(view, outcome);
    if (isSettled(view)) return;
    failures = outcome.kind === 'ok' ? 0 : failures + 1;
    const delay = pollDelay(failures, outcome.kind === 'problem' ? outcome.retryAfterMs : 0);
    const state = stateOf(view);
    await pause(state !== null && isFinal(state) ? Math.max(delay, DOCUMENT_INTERVAL_MS) : delay, signal);
  }
}
