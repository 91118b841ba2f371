import type { Field } from '@dtq/generated/jobs/form.ts';
import { createMemo, For, type JSX, Show } from 'solid-js';
import { Facts } from '../result/facts.tsx';
import { outputFacts } from '../result/output-facts.ts';
import { addressOf } from '../router/route.ts';
import { When } from '../time/when.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import type { JobFacts } from './job-facts.ts';
import type { JobView } from './job-view.ts';

interface JobDetailsProps {
  readonly view: JobView;
  readonly facts: JobFacts | null;
  readonly fields: readonly Field[];
}

/** What was asked for, the job's papers, and the document as it is. */
export function JobDetails(props: JobDetailsProps) {
  const document = createMemo(() => props.view.result ?? props.view.status);
  const times = createMemo(
    () =>
      [
        ['Submitted', props.facts?.submittedAt],
        ['Not before', props.view.result ? null : props.view.status?.run_at],
        ['Given up at', props.view.result ? null : props.facts?.expiresAt],
        ['Ended', props.view.result?.completed_at],
      ] as const,
  );
  const raw = () => JSON.stringify(document(), null, 2);
  return (
    <aside class="job-aside" aria-label="About this job">
      <section class="card" aria-labelledby="input-heading">
        <h2 id="input-heading">Input</h2>
        <Show when={props.facts?.input} fallback={<p class="muted small">Not known.</p>}>
          {(input) => (
            <Show when={Object.keys(input()).length > 0} fallback={<p class="muted small">Nothing but defaults.</p>}>
              <Facts facts={props.fields.length > 0 ? outputFacts(props.fields, input()) : plainFacts(input())} />
            </Show>
          )}
        </Show>
      </section>
      <section class="card" aria-labelledby="papers-heading">
        <h2 id="papers-heading">Papers</h2>
        <dl class="papers">
          <Paper name="Job">
            <code>{props.view.jobId}</code>
            <CopyButton text={() => props.view.jobId} label="Copy" quiet />
          </Paper>
          <Show when={props.facts?.traceId}>
            {(traceId) => (
              <Paper name="Trace">
                <code>{traceId()}</code>
                <CopyButton text={traceId} label="Copy" quiet />
              </Paper>
            )}
          </Show>
          <For each={times()}>
            {([name, at]) => (
              <Show when={at}>
                {(known) => (
                  <Paper name={name}>
                    <When at={known()} as="day" />
                  </Paper>
                )}
              </Show>
            )}
          </For>
          <Show when={props.facts?.priority}>{(priority) => <Paper name="Priority">{priority()}</Paper>}</Show>
          <Show when={props.facts?.replayOf}>
            {(source) => (
              <Paper name="Replay of">
                <a href={source().includes(':') ? addressOf.deadLetter(source()) : addressOf.job(source())}>
                  <code>{source()}</code>
                </a>
              </Paper>
            )}
          </Show>
        </dl>
      </section>
      <Show when={document()}>
        <details class="card raw">
          <summary>The document as it is</summary>
          <div class="code">
            <CopyButton text={raw} label="Copy" />
            <pre tabindex="0">{raw()}</pre>
          </div>
        </details>
      </Show>
    </aside>
  );
}

function Paper(props: { name: string; children: JSX.Element }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

/** Of a type that is newer than the page. */
function plainFacts(input: object) {
  return Object.entries(input).map(([label, value]) => ({
    label,
    value: typeof value === 'object' ? JSON.stringify(value) : String(value),
  }));
}
