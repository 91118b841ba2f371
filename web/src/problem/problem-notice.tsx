import type { Problem } from '@dtq/generated/schemas/types.ts';
import { createResource, For, Show } from 'solid-js';
import { addressOf } from '../router/route.ts';

/** A problem that the API told: what it is, what to do, and each violation that has no field to stand beside. */
export function ProblemNotice(props: { problem: Problem; violations?: readonly string[] }) {
  const jobId = () => (props.problem.code === 'not_accepted' ? props.problem.job_id : undefined);
  // The cure is written for programs; violations and the way to the job are the same cure for people.
  const told = () => props.problem.violations !== undefined || jobId() !== undefined;
  const [cure] = createResource(() => props.problem.code, loadCure);
  return (
    <div class="notice" data-state="failed" role="alert">
      <p class="notice-title">{props.problem.title}</p>
      <Show when={props.problem.detail}>{(detail) => <p>{detail()}</p>}</Show>
      <Show when={props.violations?.length}>
        <ul>
          <For each={props.violations}>{(violation) => <li>{violation}</li>}</For>
        </ul>
      </Show>
      <Show when={!told() && !cure.error && cure()}>{(words) => <p>{words()}</p>}</Show>
      <Show when={jobId()}>
        {(id) => (
          <p>
            <a href={addressOf.job(id())}>See whether the job was accepted</a>
          </p>
        )}
      </Show>
      <p class="muted">
        <code>{props.problem.code}</code>
        <Show when={props.problem.trace_id}>
          {' '}
          · trace <code>{props.problem.trace_id}</code>
        </Show>
      </p>
    </div>
  );
}

/** What to do about a problem, with words that are loaded when there is one; codes may be newer than the page. */
async function loadCure(code: string): Promise<string | undefined> {
  const { problemCure } = await import('./problem-cure.ts');
  return problemCure(code);
}
