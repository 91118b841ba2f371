import type { Problem } from '@dtq/generated/schemas/types.ts';
import { createMemo, createSignal, Show } from 'solid-js';
import { client } from '../api/client.ts';
import { type Outcome, settle } from '../api/outcome.ts';
import { randomKey } from '../api/random-key.ts';
import { noteReachability } from '../api/reachability.ts';
import { withKey } from '../key/with-key.ts';
import { ProblemNotice } from '../problem/problem-notice.tsx';
import { addressOf } from '../router/route.ts';
import { navigate } from '../router/router.ts';
import { searchOfDraft } from '../submit/draft-search.ts';
import { Dialog } from '../ui/dialog.tsx';
import type { JobFacts } from './job-facts.ts';
import { type JobView, stateOf } from './job-view.ts';

const ANSWER_WITHIN_MS = 15_000;

/** What can be done to a job: cancel it, submit it again, or again with changes. */
export function JobActions(props: { view: JobView; facts: JobFacts | null }) {
  const [asks, setAsks] = createSignal<'cancel' | 'again' | null>(null);
  const [trouble, setTrouble] = createSignal<'unreachable' | Problem | null>(null);
  const [busy, setBusy] = createSignal(false);
  // One key for each thing to be done: a press after a lost answer repeats the same one.
  let key = randomKey();
  const state = createMemo(() => stateOf(props.view));
  const isOpen = () => state() === 'queued' || state() === 'running';
  const draft = createMemo(() => {
    const { jobType, input } = props.facts ?? {};
    return jobType && input ? addressOf.submit + searchOfDraft({ jobType, payload: input }) : null;
  });

  async function cancel(): Promise<void> {
    setAsks(null);
    const path = { job_id: props.view.jobId };
    const outcome = await during(() =>
      settle(client.cancelJob({ params: { path }, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })),
    );
    // Ended by itself meanwhile: the page sees that on its own.
    if (outcome.kind === 'problem' && outcome.problem.code !== 'job_already_final') setTrouble(outcome.problem);
    if (outcome.kind === 'unreachable') setTrouble('unreachable');
  }

  async function replay(again: boolean): Promise<void> {
    setAsks(null);
    const outcome = await during(() =>
      settle(
        client.replayJobs({
          body: { filter: { job_ids: [props.view.jobId] }, ...(again ? { again } : {}) },
          params: { header: { 'Idempotency-Key': key } },
          signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        }),
      ),
    );
    if (outcome.kind === 'ok') {
      key = randomKey();
      const made = outcome.data.replays[0];
      if (made) navigate(addressOf.job(made.job_id));
      else setAsks('again');
    } else setTrouble(outcome.kind === 'problem' ? outcome.problem : 'unreachable');
  }

  async function during<T>(call: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    setTrouble(null);
    setBusy(true);
    const outcome = await withKey(call);
    noteReachability(outcome);
    setBusy(false);
    return outcome;
  }

  return (
    <div class="job-actions">
      <div class="row">
        <Show when={isOpen()}>
          <button type="button" class="danger" disabled={busy()} onClick={() => setAsks('cancel')}>
            Cancel
          </button>
        </Show>
        <Show when={state() === 'failed'}>
          <button type="button" class="primary" disabled={busy()} onClick={() => replay(false)}>
            Replay
          </button>
        </Show>
        <Show when={draft()}>
          {(href) => (
            <a class="button" href={href()}>
              Run again with changes
            </a>
          )}
        </Show>
      </div>
      <Show when={trouble()}>
        {(told) => (
          <Show
            when={told() !== 'unreachable' && (told() as Problem)}
            fallback={
              <p class="notice" data-state="queued" role="alert">
                No answer, so nobody can say whether it was done. Press again: it cannot be done twice.
              </p>
            }
          >
            {(problem) => <ProblemNotice problem={problem()} />}
          </Show>
        )}
      </Show>
      <Show when={asks() === 'cancel'}>
        <Dialog title="Cancel this job?" onClose={() => setAsks(null)}>
          <p>It ends as failed, with the code cancelled. What a worker has begun is told to stop.</p>
          <div class="row">
            <button type="button" onClick={() => setAsks(null)}>
              Let it run
            </button>
            <button type="button" class="primary" onClick={cancel}>
              Cancel the job
            </button>
          </div>
        </Dialog>
      </Show>
      <Show when={asks() === 'again'}>
        <Dialog title="It was replayed before" onClose={() => setAsks(null)}>
          <p>Another replay makes one more job with the same input.</p>
          <div class="row">
            <button type="button" onClick={() => setAsks(null)}>
              Leave it
            </button>
            <button type="button" class="primary" onClick={() => replay(true)}>
              Replay once more
            </button>
          </div>
        </Dialog>
      </Show>
    </div>
  );
}
