import { SECTIONS } from './check.ts';
import type { CheckResult, Report } from './run-checks.ts';

const SIGNS = { kept: 'ok', broken: 'BROKEN', 'left out': '-', error: 'ERROR' } as const;

/** One result as lines for a terminal; evidence with `verbose`, and always beside what is not kept. */
export function lineOf(result: CheckResult, verbose: boolean): string {
  const { id, title, promise, reason, evidence, ms } = result;
  const head = `  ${SIGNS[result.result].padEnd(7)} ${id.padEnd(32)} ${title}`;
  if (result.result === 'left out') return `${head}\n          left out: ${reason}`;
  const seen = evidence.map((text) => `          saw: ${text.length > 300 ? `${text.slice(0, 300)}…` : text}`);
  if (result.result === 'kept') return [`${head} (${ms} ms)`, ...(verbose ? seen : [])].join('\n');
  return [`${head} (${ms} ms)`, `          the contract: ${promise}`, `          but: ${reason}`, ...seen].join('\n');
}

export function headingOf({ section }: CheckResult): string {
  return `\n${SECTIONS[section]}`;
}

/** The last lines: how many of each, and those that are not kept once more. */
export function summaryOf(report: Report): string {
  const { kept, broken, left_out, errors, ms } = report;
  const bad = report.checks.filter(({ result }) => result === 'broken' || result === 'error');
  const counts = `${kept} kept, ${broken} broken, ${left_out} left out${errors > 0 ? `, ${errors} could not be run` : ''}`;
  const verdict =
    bad.length === 0 ? 'it keeps the contracts, as far as it was asked' : 'it does not keep the contracts';
  return [
    '',
    `${report.api}: ${verdict}: ${counts}, in ${(ms / 1000).toFixed(1)} s`,
    ...bad.map(({ id, reason }) => `  ${id}: ${reason?.split('\n')[0]}`),
  ].join('\n');
}

/** As JUnit's XML, a suite for each section. */
export function junitOf(report: Report): string {
  const sections = Map.groupBy(report.checks, ({ section }) => section);
  const suites = [...sections].map(([section, results]) => {
    const count = (...kinds: CheckResult['result'][]): number =>
      results.filter(({ result }) => kinds.includes(result)).length;
    const seconds = results.reduce((sum, { ms }) => sum + ms, 0) / 1000;
    const attributes = `name="${escaped(SECTIONS[section])}" tests="${results.length}" failures="${count('broken')}" errors="${count('error')}" skipped="${count('left out')}" time="${seconds}"`;
    return `  <testsuite ${attributes}>\n${results.map(caseOf).join('\n')}\n  </testsuite>`;
  });
  const total = `tests="${report.checks.length}" failures="${report.broken}" errors="${report.errors}" skipped="${report.left_out}" time="${report.ms / 1000}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="dtq conformance" ${total}>\n${suites.join('\n')}\n</testsuites>\n`;
}

function caseOf({ id, section, title, promise, result, ms, reason, evidence }: CheckResult): string {
  const attributes = `classname="dtq.${section}" name="${escaped(`${id}: ${title}`)}" time="${ms / 1000}"`;
  const out = evidence.length === 0 ? '' : `<system-out>${escaped(evidence.join('\n'))}</system-out>`;
  const text = escaped(`${promise}\n${reason}`);
  if (result === 'broken')
    return `    <testcase ${attributes}><failure message="${escaped(reason ?? '')}">${text}</failure>${out}</testcase>`;
  if (result === 'error')
    return `    <testcase ${attributes}><error message="${escaped(reason ?? '')}">${text}</error>${out}</testcase>`;
  if (result === 'left out')
    return `    <testcase ${attributes}><skipped message="${escaped(reason ?? '')}"/></testcase>`;
  return `    <testcase ${attributes}>${out}</testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

function escaped(text: string): string {
  // XML 1.0 has no control characters, escaped or not.
  return [...text.toWellFormed()]
    .map((character) => ENTITIES[character] ?? (character < ' ' && character !== '\t' ? '\uFFFD' : character))
    .join('');
}
