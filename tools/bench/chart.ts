import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { type Report, valuesOf } from './report.ts';
import { summarize } from './statistics.ts';

// A report as a picture: a bar for each side of each case, with the least and the greatest of the rounds.

/** Ours first, then those beside it; all of them stand out from white and from black. */
const COLOURS = ['#2f81f7', '#9a6700', '#8b949e', '#1a7f64', '#bf5a8a', '#c4532d'];

/** Stands for the colour of the text until the end, for only CSS knows whether a page is dark. */
const INK = '#010203';
const STYLE = '<style>svg{color:#1f2328}@media(prefers-color-scheme:dark){svg{color:#e6edf3}}</style>';

type Panel = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

interface Bar {
  readonly case: string;
  readonly side: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Draws the measures that the report's chart names, one below the other; SVG without a background, for light and dark pages. */
export async function toSvg(report: Report): Promise<string> {
  const { measures, chart = { measures: measures.slice(0, 1).map(({ name }) => name) } } = report;
  const sides = chart.sides ?? report.sides.filter((side) => barsOf(report, chart.measures, side).length > 0);
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: report.title, anchor: 'start' },
    vconcat: chart.measures.map((measure) => panel(measure, sides, report)),
    config: {
      background: 'transparent',
      font: 'system-ui, sans-serif',
      title: { color: INK, fontSize: 15 },
      axis: { labelColor: INK, titleColor: INK, domainColor: INK, tickColor: INK, gridColor: INK, gridOpacity: 0.15 },
      legend: { labelColor: INK, titleColor: INK, labelLimit: 400 },
      view: { stroke: null },
    },
  };
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg.replaceAll(INK, 'currentColor').replace(/(<svg[^>]*>)/, `$1${STYLE}`)}\n`;
}

function panel(measure: string, sides: readonly string[], report: Report): Panel {
  const digits = report.measures.find(({ name }) => name === measure)?.digits ?? 0;
  const values = sides.flatMap((side) => barsOf(report, [measure], side));
  const order = { sort: null, title: null };
  const colour = {
    field: 'side',
    type: 'nominal',
    ...order,
    scale: { domain: [...sides], range: coloursOf(sides, report) },
  } as const;
  return {
    width: 480,
    height: { step: 15 },
    data: { values },
    encoding: {
      y: { field: 'case', type: 'nominal', ...order, axis: { labelLimit: 600, grid: false } },
      yOffset: { field: 'side', sort: [...sides] },
    },
    layer: [
      {
        mark: { type: 'bar' },
        encoding: {
          x: { field: 'median', type: 'quantitative', title: measure },
          color: { ...colour, legend: sides.length > 1 ? { orient: 'bottom' } : null },
        },
      },
      {
        mark: { type: 'rule', color: INK, strokeWidth: 1.5, opacity: 0.7 },
        encoding: { x: { field: 'min', type: 'quantitative' }, x2: { field: 'max' } },
      },
      {
        mark: { type: 'text', align: 'left', dx: 4, color: INK, fontSize: 10 },
        encoding: {
          x: { field: 'max', type: 'quantitative' },
          text: { field: 'median', type: 'quantitative', format: `,.${digits}f` },
        },
      },
    ],
  };
}

/** A side has the same colour whether others are there or not. */
function coloursOf(sides: readonly string[], report: Report): string[] {
  return sides.map((side) => COLOURS[report.sides.indexOf(side) % COLOURS.length] ?? INK);
}

function barsOf({ cases }: Report, measures: readonly string[], side: string): Bar[] {
  return cases.flatMap(({ name, rounds }) =>
    measures.flatMap((measure) => {
      const values = valuesOf(rounds[side] ?? [], measure);
      return values.length === 0 ? [] : [{ case: name, side, ...summarize(values) }];
    }),
  );
}
