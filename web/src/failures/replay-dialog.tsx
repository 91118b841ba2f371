import type { Problem, ReplayFilter } from '@dtq/generated/schemas/types.ts';
import { createResource, createSignal, Match, onCleanup, Show, Switch } from 'solid-js';
import { client } from '../api/client.ts';
import { randomKey } from '../api/random-key.ts';
import { NO_FILTERS, searchOf } from '../jobs/filters.ts';
import { ProblemNotice } from '../problem/problem-notice.tsx';
import { addressOf } from '../router/route.ts';
import { Dialog } from '../ui/dialog.tsx';
import { previewReplay, type ReplayProgress, runReplay } from './replay-run.ts';

interface ReplayDialogProps {
  readonly what: string;
  readonly filter: ReplayFilter;
  readonly onClose: () => void;
}

/** Says how many jobs a replay would make, asks, and shows how far it is. */
export function ReplayDialog(props: ReplayDialogProps) {
  const [preview] = createResource(() => previewReplay(client, props.filter));
  const [progress, setProgress] = createSignal<ReplayProgress | null>(null);
  const [running, setRunning] = createSignal(false);
  const begun = new Date().toISOString();
  const key = randomKey();
  let stop = new AbortController();
  onCleanup(() => stop.abort());
  const found = () => {
    const outcome = preview();
    return outcome?.kind === 'ok' ? outcome.data : null;
  };
  const trouble = () => {
    const outcome = preview();
    if (progress()?.trouble) return progress()?.trouble ?? null;
    if (outcome === undefined || outcome.kind === 'ok') return null;
    return outcome.kind === 'problem' ? outcome.problem : 'unreachable';
  };

  async function run(): Promise<void> {
    stop = new AbortController();
    setRunning(true);
    await runReplay(client, props.filter, (batch) => `${key}-${batch}`, stop.signal, setProgress);
    setRunning(false);
  }

  return (
    <Dialog title={`Replay ${props.what}`} onClose={props.onClose}>
      <div role="status" class="stack">
        <Switch fallback={<p class="muted">Counting…</p>}>
          <Match when={progress()}>
            {(now) => (
              <>
                <p>
                  <strong class="num">{now().made}</strong> new {now().made === 1 ? 'job' : 'jobs'}
                  {now().isDone ? '. Done.' : ' so far…'}
                </p>
                <progress
                  class="bar"
                  data-state={now().isDone ? 'completed' : 'running'}
                  aria-label="Replayed"
                  max={Math.max(found()?.matched ?? 1, now().made, 1)}
                  value={now().made}
                />
              </>
            )}
          </Match>
          <Match when={found()}>
            {(report) => (
              <Show
                when={report().matched > 0}
                fallback={<p>None is left to replay: those that match were replayed before, or are no longer kept.</p>}
              >
                <p>
                  <strong class="num">
                    {report().is_complete ? '' : 'At least '}
                    {report().matched}
                  </strong>{' '}
                  failed {report().matched === 1 ? 'job matches' : 'jobs match'} and would be submitted again, each as a
                  new job with the same input. Those that were replayed before are left out.
                </p>
              </Show>
            )}
          </Match>
        </Switch>
      </div>
      <Show when={trouble()}>
        {(told) => (
          <Show
            when={told() !== 'unreachable'}
            fallback={
              <p class="notice" data-state="queued">
                No answer. Press again: what was done is not done twice.
              </p>
            }
          >
            <ProblemNotice problem={told() as Problem} />
          </Show>
        )}
      </Show>
      <div class="row">
        <Show when={progress()?.isDone}>
          <a class="button" href={addressOf.jobs + searchOf({ ...NO_FILTERS, since: begun })}>
            See the new jobs
          </a>
        </Show>
        <button type="button" onClick={() => (running() ? stop.abort() : props.onClose())}>
          {running() ? 'Stop' : 'Close'}
        </button>
        <Show when={(found()?.matched ?? 0) > 0 && !progress()?.isDone}>
          <button type="button" class="primary" disabled={running()} onClick={run}>
            {running() ? 'Replaying…' : `Replay ${found()?.matched}${found()?.is_complete ? '' : ' or more'}`}
          </button>
        </Show>
      </div>
    </Dialog>
  );
}
