import type { Problem } from '@dtq/generated/schemas/types.ts';
import { Show } from 'solid-js';
import { ProblemNotice } from '../problem/problem-notice.tsx';

/** What a view that asks again and again says while it gets no answer: loading, what is wrong, or nothing. */
export function Trouble(props: { trouble: 'unreachable' | Problem | null; hasData: boolean; what: string }) {
  const problem = () => (props.trouble === 'unreachable' ? null : props.trouble);
  return (
    <>
      <Show when={problem()}>{(told) => <ProblemNotice problem={told()} />}</Show>
      <Show when={!props.hasData && problem() === null}>
        <p class="empty loading">
          {props.trouble === null
            ? `Loading ${props.what}…`
            : `No answer yet. ${props.what} come when the API answers.`}
        </p>
      </Show>
    </>
  );
}
