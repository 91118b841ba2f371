import { createEffect, createSignal, For, on, onCleanup, onMount, Show } from 'solid-js';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { theme } from '../theme/theme.ts';
import { timeOfDay } from '../time/time-text.ts';

/** A line or a bar of a chart. `color` is a custom property of the page's. */
export interface ChartSeries {
  readonly label: string;
  readonly color: string;
}

interface ChartProps {
  /** The times in seconds, and then a column for each series. */
  readonly data: readonly (readonly number[])[];
  readonly series: readonly ChartSeries[];
  /** Bars stand on each other, the first series lowest; lines do not. */
  readonly kind: 'bars' | 'lines';
  readonly label: string;
}

const HEIGHT = 190;

/** A chart that moves with its data and takes its colours from the page; it tells its values where somebody points. */
export function Chart(props: ChartProps) {
  const [at, setAt] = createSignal<number | null>(null);
  let box: HTMLDivElement | undefined;
  let plot: uPlot | undefined;

  function draw(): void {
    plot?.destroy();
    if (box === undefined) return;
    const axis = {
      stroke: colorOf(box, '--muted'),
      grid: { stroke: colorOf(box, '--line'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
    };
    const element = box;
    plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        padding: [8, 22, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { show: props.kind === 'lines', size: 7 }, drag: { x: false, y: false } },
        scales: { x: { time: true, range: rangeOf }, y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] } },
        axes: [
          {
            ...axis,
            size: 26,
            values: (_, splits) => splits.map((at) => clockText(at, (splits[1] ?? 0) - (splits[0] ?? 0))),
            space: 70,
          },
          { ...axis, size: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10_000], space: 36 },
        ],
        // The tallest first, so that each lower one is drawn over it.
        series: [{}, ...[...props.series].reverse().map(({ color }) => lineOf(colorOf(element, color)))],
        hooks: { setCursor: [({ cursor }) => setAt(cursor.idx ?? null)] },
      },
      columns(),
      element,
    );
  }

  /** Bars have room beside them, for half of the first and of the last one would be cut off. */
  function rangeOf(_: uPlot, from: number, to: number): [number, number] {
    const times = props.data[0] ?? [];
    if (times.length < 2) return [from - 60, to + 1];
    const step = props.kind === 'bars' ? (to - from) / (times.length - 1) : 0;
    return [from - step * 0.7, to + step * 0.7];
  }

  function lineOf(color: string): uPlot.Series {
    if (props.kind === 'lines') return { stroke: color, width: 2, points: { show: false } };
    const paths = uPlot.paths.bars?.({ size: [0.72, 14], radius: 0.15 });
    return { stroke: color, fill: color, width: 0, points: { show: false }, ...(paths && { paths }) };
  }

  function columns(): uPlot.AlignedData {
    const [times = [], ...values] = props.data;
    const heights = props.kind === 'bars' ? stacked(values) : values;
    return [[...times], ...heights.map((column) => [...column]).reverse()] as uPlot.AlignedData;
  }

  onMount(() => {
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const observer = new ResizeObserver(() => box && plot?.setSize({ width: box.clientWidth, height: HEIGHT }));
    if (box) observer.observe(box);
    scheme.addEventListener('change', draw);
    onCleanup(() => {
      observer.disconnect();
      scheme.removeEventListener('change', draw);
      plot?.destroy();
    });
  });
  createEffect(on([theme, () => props.series.map(({ label }) => label).join()], draw));
  createEffect(
    on(
      () => props.data,
      () => plot?.setData(columns()),
      { defer: true },
    ),
  );

  const shownAt = () => at() ?? (props.data[0]?.length ?? 0) - 1;
  const time = () => props.data[0]?.[shownAt()];
  return (
    <figure class="chart" role="img" aria-label={props.label}>
      <div ref={box} />
      <figcaption class="chart-legend small">
        <For each={props.series}>
          {(series, index) => (
            <span>
              <svg width="10" height="10" aria-hidden="true">
                <rect width="10" height="10" rx="3" fill={`var(${series.color})`} />
              </svg>
              {series.label} <strong class="num">{props.data[index() + 1]?.[shownAt()] ?? '–'}</strong>
            </span>
          )}
        </For>
        <Show when={time()}>
          {(seconds) => <span class="muted num">at {timeOfDay(new Date(seconds() * 1000).toISOString())}</span>}
        </Show>
      </figcaption>
    </figure>
  );
}

/** The time beside a line of the axis; with seconds where the lines are closer than a minute. */
function clockText(seconds: number, step: number): string {
  const text = timeOfDay(new Date(seconds * 1000).toISOString());
  return step < 60 ? text : text.slice(0, 5);
}

/** Each column with those before it below. */
function stacked(columns: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const sums: number[][] = [];
  for (const column of columns) {
    const below = sums.at(-1);
    sums.push(column.map((value, index) => value + (below?.[index] ?? 0)));
  }
  return sums;
}

/** A custom property as a colour that a canvas understands: `light-dark()` and the like are worked out by the browser. */
function colorOf(element: HTMLElement, property: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
