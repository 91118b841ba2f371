import type { Machine } from './machine.ts';
import type { Mark } from './marks.ts';
import type { Measured, Rounds } from './rounds.ts';
import { type Summary, summarize } from './statistics.ts';

export interface Measure {
  readonly name: string;
  /** Digits behind the point. */
  readonly digits: number;
}

/** One situation in which all sides were measured. */
export interface Case {
  readonly name: string;
  readonly rounds: Rounds;
}

export interface Report {
  readonly name: string;
  readonly title: string;
  /** Ours first, then the one that it is held against, then others that are shown beside. */
  readonly sides: readonly [ours: string, baseline: string, ...others: string[]];
  /** All that ours is held against, where it is more than the second side. */
  readonly baselines?: readonly string[];
  readonly measures: readonly Measure[];
  readonly cases: readonly Case[];
  /** What a reader must know to read the table rightly. */
  readonly notes: readonly string[];
  /** What is to be reached; none where a figure is only told. */
  readonly marks?: readonly Mark[];
  /** What is drawn: the first measure, of all sides, where it is left out. */
  readonly chart?: { readonly measures: readonly string[]; readonly sides?: readonly string[] };
}

/** What each round gave of ours, divided by what a baseline gave beside it. */
export function ratiosOf(rounds: Rounds, ours: string, baseline: string, measure: string): number[] {
  const others = rounds[baseline] ?? [];
  return (rounds[ours] ?? []).flatMap((found, round) => {
    const [value, other] = [found[measure], others[round]?.[measure]];
    return value === undefined || other === undefined || other === 0 ? [] : [value / other];
  });
}

/** The report as Markdown, which a terminal shows well too. */
export function toMarkdown(report: Report, machine: Machine): string {
  return [
    `# ${report.title}`,
    '',
    table(report),
    '',
    `![${report.title}](${report.name}.svg)`,
    '',
    'Each figure is the median of the rounds with the least and the greatest; the ratio is that of the rounds, each divided by',
    'the one beside it in time.',
    '',
    ...report.notes.map((note) => `- ${note}`),
    '',
    `${machine.when}, ${machine.cores} cores (${machine.processor}), ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}; servers: ${machine.servers}; load 1 min before: ${machine.load}.`,
    '',
  ].join('\n');
}

/** All rounds, for programs. */
export function toJson(report: Report, machine: Machine): string {
  return `${JSON.stringify({ machine, ...report }, null, 2)}\n`;
}

function table({ sides, baselines = [sides[1]], measures, cases }: Report): string {
  const [ours] = sides;
  const head = ['', 'measure', ...sides, ...baselines.map((baseline) => `${ours} ÷ ${baseline}`)];
  const rows = cases.flatMap(({ name, rounds }) => {
    const found = measures.flatMap(({ name: measure, digits }) => {
      const values = sides.map((side) => valuesOf(rounds[side] ?? [], measure));
      if (values.every(({ length }) => length === 0)) return [];
      const ratios = baselines.map((baseline) => words(ratiosOf(rounds, ours, baseline, measure), 2));
      return [[measure, ...values.map((some) => words(some, digits)), ...ratios]];
    });
    return found.map((row, index) => [index === 0 ? name : '', ...row]);
  });
  return aligned([head, ...rows]);
}

export function valuesOf(rounds: readonly Measured[], measure: string): number[] {
  return rounds.flatMap((round) => (round[measure] === undefined ? [] : [round[measure]]));
}

function words(values: readonly number[], digits: number): string {
  if (values.length === 0) return '';
  const { median, min, max }: Summary = summarize(values);
  const [middle, least, most] = [median, min, max].map((value) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  return values.length === 1 ? `${middle}` : `${middle} (${least}–${most})`;
}

/** Rows as a table of Markdown, the first one its head. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(
    (row) => `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
