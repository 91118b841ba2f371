import type { Json } from '../../codegen/specs.ts';
import type { Judged } from './released.ts';

export interface Report {
  /** What is compared with what: a version, or the name that was given. */
  readonly now: string;
  readonly against: string;
  readonly findings: readonly Judged[];
}

/** Whether anything stands that breaks, or may. */
export function isBreaking({ severity, accepted }: Judged): boolean {
  return severity !== 'notice' && accepted === undefined;
}

/** The findings as text for people. */
export function reportText({ now, against, findings }: Report): string {
  const count = (test: (finding: Judged) => boolean): number => findings.filter(test).length;
  const numbers = [
    `${count((each) => isBreaking(each) && each.severity === 'breaking')} breaking`,
    `${count((each) => isBreaking(each) && each.severity === 'undecided')} that cannot be told and count as breaking`,
    `${count(({ accepted }) => accepted !== undefined)} accepted`,
    `${count(({ severity }) => severity === 'notice')} to know of`,
  ];
  const head = `contracts ${now} against ${against}: ${numbers.join(', ')}`;
  return [head, ...findings.map(findingText)].join('\n\n');
}

function findingText(finding: Judged): string {
  const { severity, accepted, rule, place, document, what, affects, seen, witness, instead } = finding;
  const title = accepted === undefined ? TITLES[severity] : 'accepted';
  const more = seen.length > 4 ? ` and ${seen.length - 4} more` : '';
  const rows: [string, string][] = [
    ['what', what],
    [severity === 'notice' ? 'affects' : 'breaks', affects],
    ...(seen.length === 1 && seen[0] === place
      ? []
      : ([['seen in', `${seen.slice(0, 4).join('; ')}${more}`]] as [string, string][])),
    ...(witness === undefined ? [] : ([['such as', short(witness)]] as [string, string][])),
    ...(severity === 'undecided'
      ? ([['note', 'no instance was found that shows it, and no proof that there is none']] as [string, string][])
      : []),
    accepted === undefined ? ['instead', instead] : ['because', accepted],
  ];
  return [
    `${title}: ${place} (${document}, rule ${rule})`,
    ...rows.map(([name, text]) => `  ${name.padEnd(8)} ${text}`),
  ].join('\n');
}

const TITLES = { breaking: 'BREAKING', undecided: 'CANNOT TELL', notice: 'to know' } as const;

function short(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 400 ? `${text.slice(0, 397)}...` : text;
}

/** The findings for programs, witnesses whole. */
export function reportJson({ now, against, findings }: Report): string {
  return JSON.stringify({ now, against, breaking: findings.some(isBreaking), findings }, null, 2);
}
