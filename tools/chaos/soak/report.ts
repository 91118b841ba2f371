import type { Machine } from '@dtq/bench/machine.ts';
import type { Verdict } from '../judge.ts';
import { type Spread, wordsOf } from './look.ts';
import type { SoakOptions } from './options.ts';
import type { SoakResult } from './run.ts';

/** Faults of one verdict that are shown; the file has all. */
const MOST_SHOWN = 5;
const LONGEST_FAULT = 400;

/** The figures and the verdicts, for people. */
export function toText(result: SoakResult, { minutes, seed }: SoakOptions): string {
  const { figures, verdicts, faults } = result;
  const { cancels, processes } = figures;
  const rows: readonly (readonly [string, string])[] = [
    [
      'load',
      `${minutes} min at ${perSecond(result.ratePerSecond)}, half of the measured ${perSecond(result.capacityPerSecond)}`,
    ],
    [
      'done to processes',
      faults.map(({ atSeconds, kind, victim }) => `${atSeconds} s ${kind} ${victim}`).join(', ') || 'nothing',
    ],
    [
      'accepted',
      `${result.acceptedUnderLoad} jobs under load, ${perSecond(result.acceptedUnderLoad / (minutes * 60))}; ${figures.accepted} in all`,
    ],
    ['ended', counts(figures.ended)],
    [
      'repeated',
      `${figures.repeats} submits; ${figures.broken} requests without an answer; ${counts(figures.problems) || 'no problems'}`,
    ],
    ['cancels', `${cancels.asked} asked, ${cancels.promised} promised`],
    ['submit', spread(figures.submitMs)],
    ['submit to document', spread(figures.doneMs)],
    ['all final', `${(figures.settleMs / 1000).toFixed(1)} s after the last submit`],
    ...processes.flatMap(({ name, isWitness, before, after, heapBytesPerMinute }): [string, string][] => [
      [`${name}${isWitness ? ', never ended' : ''}`, wordsOf(after)],
      ['  before the load', `${wordsOf(before)}; heap under load ${slope(heapBytesPerMinute)}`],
    ]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `soak, seed ${seed}`,
    ...rows.map(([name, words]) => `  ${name.padEnd(width)}  ${words}`),
    ...verdicts.flatMap(verdictLines),
    `${verdicts.filter(isGood).length} of ${verdicts.length} hold`,
  ].join('\n');
}

/** Everything, for programs. */
export function toJson(result: SoakResult, options: SoakOptions, machine: Machine): string {
  return `${JSON.stringify({ machine, minutes: options.minutes, seed: options.seed, ...result }, null, 2)}\n`;
}

export function isGood({ faults }: Verdict): boolean {
  return faults.length === 0;
}

function verdictLines(verdict: Verdict): string[] {
  const { name, faults } = verdict;
  if (isGood(verdict)) return [`  holds   ${name}`];
  const more = faults.length - MOST_SHOWN;
  return [
    `  BROKEN  ${name}`,
    ...faults.slice(0, MOST_SHOWN).map((fault) => `            ${fault.slice(0, LONGEST_FAULT)}`),
    ...(more > 0 ? [`            and ${more} more`] : []),
  ];
}

function counts(of: Readonly<Record<string, number>>): string {
  return Object.entries(of)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

function spread({ p50, p99, max }: Spread): string {
  return `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, longest ${max.toFixed(0)} ms`;
}

function slope(bytesPerMinute: number | null): string {
  return bytesPerMinute === null ? 'too short to say' : `${(bytesPerMinute / 2 ** 20).toFixed(2)} MiB/min`;
}

function perSecond(rate: number): string {
  return `${rate.toFixed(0)}/s`;
}
