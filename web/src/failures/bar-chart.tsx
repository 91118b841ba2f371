import { createMemo, For } from 'solid-js';
import { dayAndTime } from '../time/time-text.ts';
import type { Bar } from './failure-bars.ts';

const STEP = 9;
const HEIGHT = 40;

/** Counts over time as small bars; the words beside it say how many in all. */
export function BarChart(props: { bars: readonly Bar[]; most: number; bucket: string }) {
  const label = createMemo(() => {
    const top = props.bars.reduce((a, b) => (b.count > a.count ? b : a), { from: 0, count: 0 });
    return `Failures for each ${props.bucket.replace(/^an? /, '')}, at most ${top.count}, from ${dayAndTime(new Date(top.from).toISOString())}`;
  });
  const height = (count: number) => (count === 0 ? 1.5 : Math.max(3, (count / Math.max(1, props.most)) * HEIGHT));
  return (
    <svg
      class="bars"
      viewBox={`0 0 ${props.bars.length * STEP - 2} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label()}
    >
      <For each={props.bars}>
        {(bar, index) => (
          <rect
            x={index() * STEP}
            y={HEIGHT - height(bar.count)}
            width={STEP - 2}
            height={height(bar.count)}
            class={bar.count === 0 ? 'bar-none' : 'bar-some'}
          >
            <title>
              {bar.count} in {props.bucket} from {dayAndTime(new Date(bar.from).toISOString())}
            </title>
          </rect>
        )}
      </For>
    </svg>
  );
}
