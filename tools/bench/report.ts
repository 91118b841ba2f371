import type { Machine } from './machine.ts';
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
  readonly measures: readonly Measure[];
  readonly cases: readonly Case[];
  /** What a reader must know to read the table rightly. */
  readonly notes: readonly string[];
}

/** The report as Markdown, which a terminal shows well too. */
export function toMarkdown(report: Report, machine: Machine): string {
  return [
    `# ${report.title}`,
    '',
    table(report),
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

function table({ sides, measures, cases }: Report): string {
  const [ours, baseline] = sides;
  const head = ['', 'measure', ...sides, `${ours} ÷ ${baseline}`];
  const rows = cases.flatMap(({ name, rounds }) =>
    measures.flatMap(({ name: measure, digits }, index) => {
      const values = sides.map((side) => valuesOf(rounds[side] ?? [], measure));
      if (values.every((found) => found.length === 0)) return [];
      const ratios = (values[0] ?? []).flatMap((value, round) => {
        const other = values[1]?.[round];
        return other === undefined || other === 0 ? [] : [value / other];
      });
      return [[index === 0 ? name : '', measure, ...values.map((found) => words(found, digits)), words(ratios, 2)]];
    }),
  );
  return aligned([head, ...rows]);
}

function valuesOf(rounds: readonly Measured[], measure: string): number[] {
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

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(
    (row) => `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
