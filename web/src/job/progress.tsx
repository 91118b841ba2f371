import { createMemo, For, Show } from 'solid-js';
import { type JobView, percentOf, stateOf } from './job-view.ts';
import { stepsOf } from './steps.ts';
import { exactTimeOfDay } from './time-text.ts';

const PHASE_WORDS = { done: 'done', current: 'now', failed: 'stopped here', ahead: 'to come' } as const;

/** How far a job is: a bar, and the milestones with the times at which it passed them. */
export function Progress(props: { view: JobView }) {
  const percent = createMemo(() => percentOf(props.view));
  const steps = createMemo(() => stepsOf(props.view));
  return (
    <Show when={percent() !== null}>
      <div class="progress" data-state={stateOf(props.view)}>
        <progress max="100" value={percent() ?? 0} aria-label="Progress">
          {percent()} %
        </progress>
        <ol class="steps">
          <For each={steps()}>
            {(step) => (
              <li class={`step step-${step.phase}`}>
                <span class="step-percent">{step.percent} %</span>
                <span class="step-name">
                  {step.message} <span class="visually-hidden">({PHASE_WORDS[step.phase]})</span>
                </span>
                <Show when={step.at}>{(at) => <time dateTime={at()}>{exactTimeOfDay(at())}</time>}</Show>
              </li>
            )}
          </For>
        </ol>
      </div>
    </Show>
  );
}
