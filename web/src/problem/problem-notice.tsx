import type { Problem, ProblemCode } from '@dtq/generated/schemas/types.ts';
import { createMemo, createResource, For, Show } from 'solid-js';
import { askForKey, refusal } from '../key/held-key.ts';
import { addressOf } from '../router/route.ts';

/** What people do about a key; the cures of the contract, and the detail of a 401, are for programs. */
const KEY_CURES: Partial<Record<ProblemCode, readonly [words: string, label: string]>> = {
  unauthenticated: ['Give the key that you were given by whoever runs this API.', 'Give a key…'],
  forbidden: ['Use a key that has it, or ask whoever runs this API for one.', 'Use another key…'],
};

/** A problem that the API told: what it is, what to do, and each violation that has no field to stand beside. */
export function ProblemNotice(props: { problem: Problem; violations?: readonly string[] }) {
  const jobId = () => (props.problem.code === 'not_accepted' ? props.problem.job_id : undefined);
  // The cure is written for programs; violations and the way to the job are the same cure for people.
  const told = () => props.problem.violations !== undefined || jobId() !== undefined;
  const ofKey = createMemo(() => KEY_CURES[props.problem.code] ?? null);
  // Another key has been given since; what was refused is to be pressed again, or asks again by itself.
  const isOver = () => props.problem.code === 'unauthenticated' && refusal() === null;
  const [cure] = createResource(() => props.problem.code, loadCure);
  return (
    <Show when={!isOver()}>
      <div class="notice" data-state="failed" role="alert">
        <p class="notice-title">{props.problem.title}</p>
        <Show when={props.problem.code !== 'unauthenticated' && props.problem.detail}>
          {(detail) => <p>{detail()}</p>}
        </Show>
        <Show when={props.violations?.length}>
          <ul>
            <For each={props.violations}>{(violation) => <li>{violation}</li>}</For>
          </ul>
        </Show>
        <Show when={ofKey() === null && !told() && !cure.error && cure()}>{(words) => <p>{words()}</p>}</Show>
        <Show when={ofKey()}>
          {(key) => (
            <>
              <p>{key()[0]}</p>
              <div>
                <button type="button" onClick={askForKey}>
                  {key()[1]}
                </button>
              </div>
            </>
          )}
        </Show>
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
    </Show>
  );
}

/** What to do about a problem, with words that are loaded when there is one; codes may be newer than the page. */
async function loadCure(code: string): Promise<string | undefined> {
  const { problemCure } = await import('./problem-cure.ts');
  return problemCure(code);
}
