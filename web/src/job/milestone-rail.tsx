import { createMemo, For, Show } from 'solid-js';
import { When } from '../time/when.tsx';
import { type JobView, percentOf, stateOf } from './job-view.ts';
import { type Step, stepsOf } from './steps.ts';

const PHASE_WORDS = { done: 'done', current: 'now', failed: 'stopped here', ahead: 'to come' } as const;

/** The milestones that every job passes, as stops of a line, and how far this one is. */
export function MilestoneRail(props: { view: JobView }) {
  const steps = createMemo(() => stepsOf(props.view));
  const isOn = () => steps().length > 0;
  return (
    <Show when={isOn()}>
      <div class="milestones" data-state={stateOf(props.view)}>
        <progress class="visually-hidden" max="100" value={percentOf(props.view) ?? 0} aria-label="Progress" />
        <ol>
          <For each={steps()}>{(step) => <Stop step={step} />}</For>
        </ol>
      </div>
    </Show>
  );
}

function Stop(props: { step: Step }) {
  return (
    <li class={`stop stop-${props.step.phase}`} title={`${props.step.percent} %: ${props.step.message}`}>
      <span class="stop-name">{props.step.name}</span>
      <span class="visually-hidden">
        , {props.step.message}: {PHASE_WORDS[props.step.phase]}
      </span>
      <Show when={props.step.at}>{(at) => <When at={at()} as="exact" />}</Show>
    </li>
  );
}
