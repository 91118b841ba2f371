import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Machine } from './machine.ts';
import { type Verdict, verdictsOf } from './marks.ts';
import { aligned, type Report } from './report.ts';

type Kept = Report & { readonly machine: Machine };

/** What all reports of a folder say of their marks, as one page of Markdown; the reports in the order of the names. */
export function toSummary(folder: string, names: readonly string[]): string {
  const files = readdirSync(folder);
  const reports = names
    .filter((name) => files.includes(`${name}.json`))
    .map((name) => JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as Kept);
  const rows = reports.flatMap((report) =>
    verdictsOf(report).map(({ mark, verdict }) => [
      `[${report.name}](${report.name}.md)`,
      mark.words,
      verdict === null ? '' : figure(verdict),
      verdict === null ? 'not measured' : verdict.isReached ? 'reached' : '**missed**',
    ]),
  );
  return [
    '# What was measured',
    '',
    'Written by `npm run bench` from the JSON beside it: each mark with the median of the rounds, the least and the greatest.',
    '',
    aligned([['', 'mark', 'measured', 'verdict'], ...rows]),
    '',
    'All of them:',
    '',
    ...reports.map(
      ({ name, title, machine }) =>
        `- [${title}](${name}.md) (${machine.when}, load before: ${machine.load})${(files.includes(`${name}.svg`) && `, [as a chart](${name}.svg)`) || ''}`,
    ),
    '',
  ].join('\n');
}

function figure({ median, min, max }: Verdict): string {
  const words = [median, min, max].map((value) => value.toLocaleString('en', { maximumSignificantDigits: 3 }));
  return min === max ? `${words[0]}` : `${words[0]} (${words[1]}–${words[2]})`;
}
