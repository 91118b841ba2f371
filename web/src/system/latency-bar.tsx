import type { Latency } from '@dtq/generated/schemas/types.ts';
import { Show } from 'solid-js';
import { spanText } from '../time/time-text.ts';
import { latencyPlace } from './system-words.ts';

const WIDTH = 160;

/** Three percentiles on one scale for all types, from a millisecond to ten minutes: the dot is the middle, the line the tail. */
export function LatencyBar(props: { latency: Latency }) {
  const x = (ms: number | null) => 5 + latencyPlace(ms ?? 0) * (WIDTH - 10);
  const text = (ms: number | null) => (ms === null ? '–' : `≤\u00a0${spanText(ms)}`);
  return (
    <div class="latency">
      <span class="num">{text(props.latency.p50)}</span>
      <span class="num">{text(props.latency.p95)}</span>
      <span class="num">{text(props.latency.p99)}</span>
      <Show when={props.latency.p50 !== null}>
        <svg viewBox={`0 0 ${WIDTH} 12`} aria-hidden="true">
          <path class="latency-axis" d={`M0 6H${WIDTH}`} />
          <path class="latency-tail" d={`M${x(props.latency.p50)} 6H${x(props.latency.p99)}`} />
          <path class="latency-line" d={`M${x(props.latency.p50)} 6H${x(props.latency.p95)}`} />
          <circle class="latency-dot" cx={x(props.latency.p50)} cy="6" r="4" />
        </svg>
      </Show>
    </div>
  );
}
