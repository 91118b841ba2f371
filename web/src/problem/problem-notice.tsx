import { PROBLEMS } from '@dtq/generated/errors.ts';
import type { Problem } from '@dtq/generated/schemas/types.ts';
import { For, Show } from 'solid-js';
import { hashOf } from '../job-route.ts';

/** A problem that the API told: what it is, what to do, and each violation that has no field to stand beside. */
export function ProblemNotice(props: { problem: Problem; violations?: readonly string[] }) {
  const jobId = () => (props.problem.code === 'not_accepted' ? props.problem.job_id : undefined);
  // The cure is written for programs; violations and the way to the job are the same cure for people.
  const told = () => props.problem.violations !== undefined || jobId() !== undefined;
  return (
    <div class="notice notice-bad" role="alert">
      <p class="notice-title">{props.problem.title}</p>
      <Show when={props.problem.detail}>{(detail) => <p>{detail()}</p>}</Show>
      <Show when={props.violations?.length}>
        <ul>
          <For each={props.violations}>{(violation) => <li>{violation}</li>}</For>
        </ul>
      </Show>
      <Show when={!told() && cureOf(props.problem)}>{(cure) => <p>{cure()}</p>}</Show>
      <Show when={jobId()}>
        {(id) => (
          <p>
            <a href={hashOf(id())}>See whether the job was accepted</a>
          </p>
        )}
      </Show>
      <p class="fine">
        <code>{props.problem.code}</code>
        <Show when={props.problem.trace_id}>
          {' '}
          · trace <code>{props.problem.trace_id}</code>
        </Show>
      </p>
    </div>
  );
}

/** Codes may be newer than the page. */
function cureOf({ code }: Problem): string | undefined {
  return Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code].cure.replaceAll('`', '') : undefined;
}
