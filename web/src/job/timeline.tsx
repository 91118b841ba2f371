import { createEffect, createMemo, createSignal, For, Index, onCleanup, onMount, Show } from 'solid-js';
import { spanText } from '../time/time-text.ts';
import { type JobView, stateOf } from './job-view.ts';
import { scaleOf } from './scale.ts';
import { spanTitle } from './span-title.ts';
import { attemptsOf, type Life, lifeOf, type Span } from './spans.ts';
import './timeline.css';

const FRAME_MS = 250;
const LANE = 26;
const TOP = 8;
/** What lasted a moment is still to be seen and pointed at. */
const LEAST_WIDTH = 3;

/** A job's life to scale: what it waited for, each attempt with its milestones, the waits between them, and its end. */
export function Timeline(props: { view: JobView }) {
  const isOver = createMemo(() => props.view.result !== null);
  const [at, setAt] = createSignal(Date.now());
  // A job that is over stands still; else the drawing moves with the clock.
  createEffect(() => {
    if (isOver()) return;
    const timer = setInterval(() => document.hidden || setAt(Date.now()), FRAME_MS);
    onCleanup(() => clearInterval(timer));
  });
  const life = createMemo(() => lifeOf(props.view, Math.max(at(), Date.now())));
  return (
    <Show when={life()}>
      {(known) => (
        <section class="card timeline" aria-labelledby="timeline-heading" data-state={stateOf(props.view)}>
          <div class="card-head">
            <h2 id="timeline-heading">Timeline</h2>
            <span class="small muted num">
              {spanText(known().to - known().from)} {isOver() ? 'in all' : 'so far'}
            </span>
          </div>
          <Drawing life={known()} view={props.view} />
          <ul class="legend small muted" aria-hidden="true">
            <li data-kind="waiting">waits</li>
            <li data-kind="attempt">attempt</li>
            <li data-kind="backoff">waits for the next attempt</li>
          </ul>
        </section>
      )}
    </Show>
  );
}

function Drawing(props: { life: Life; view: JobView }) {
  const [width, setWidth] = createSignal(600);
  let box: HTMLElement | undefined;
  onMount(() => {
    if (box === undefined) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.max(200, entry.contentRect.width)));
    observer.observe(box);
    onCleanup(() => observer.disconnect());
  });
  const scale = createMemo(() => scaleOf(props.life.from, props.life.to, width()));
  // Each attempt has a lane, so that a thousandth of a second beside an hour is still a line of its own.
  const lanes = createMemo(() => Math.max(1, attemptsOf(props.view).length));
  const laneOf = (attempt: number | null) => {
    const first = attemptsOf(props.view)[0]?.number ?? 1;
    return Math.min(Math.max((attempt ?? first) - first, 0), lanes() - 1);
  };
  const y = (span: Pick<Span, 'kind' | 'attempt'>) =>
    TOP + laneOf(span.kind === 'backoff' ? (span.attempt ?? 1) - 1 : span.attempt) * LANE;
  const height = () => TOP + lanes() * LANE;
  const outcomeOf = (span: Span) => attemptsOf(props.view).find(({ number }) => number === span.attempt)?.outcome;

  return (
    <figure class="drawing" ref={box} aria-label="To scale; the table below says the same">
      {/* biome-ignore lint/a11y/noSvgWithoutTitle: the figure has the words, and each stretch its own */}
      <svg width={width()} height={height() + 24}>
        <g class="axis">
          <For each={scale().ticks}>
            {(tick) => (
              <>
                <path d={`M${tick.x + 0.5} 0V${height() + 4}`} />
                <text
                  x={tick.x}
                  y={height() + 18}
                  text-anchor={tick.x < 20 ? 'start' : tick.x > width() - 30 ? 'end' : 'middle'}
                >
                  {tick.ms === 0 ? '0' : spanText(tick.ms)}
                </text>
              </>
            )}
          </For>
        </g>
        <Index each={props.life.spans}>
          {(span) => (
            // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: whoever tabs to it hears what a pointer is shown
            <rect
              class={`span span-${span().kind}`}
              classList={{ 'span-open': span().isOpen }}
              data-outcome={
                span().kind === 'attempt' ? (outcomeOf(span()) ?? (span().isOpen ? 'open' : undefined)) : undefined
              }
              x={Math.min(scale().x(span().from), width() - LEAST_WIDTH)}
              y={y(span()) + (span().kind === 'attempt' ? 0 : 6)}
              width={Math.max(LEAST_WIDTH, scale().x(span().to) - scale().x(span().from))}
              height={span().kind === 'attempt' ? 18 : 6}
              rx={span().kind === 'attempt' ? 4 : 3}
              tabindex="0"
              role="img"
              aria-label={spanTitle(span(), attemptsOf(props.view))}
            >
              <title>{spanTitle(span(), attemptsOf(props.view))}</title>
            </rect>
          )}
        </Index>
        <Index each={props.life.marks}>
          {(mark) => (
            <circle class="mark" cx={scale().x(mark().at)} cy={TOP + laneOf(mark().attempt) * LANE + 9} r="3">
              <title>
                {mark().percent} % after {spanText(mark().at - props.life.from)}
              </title>
            </circle>
          )}
        </Index>
      </svg>
    </figure>
  );
}
