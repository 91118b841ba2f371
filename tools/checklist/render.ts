import path from 'node:path';
import type { Evidence, StepResult } from './checklist.ts';

/** A value that is longer as one line is shown over several, in characters. */
const ONE_LINE = 110;

/** A step as lines for a terminal: whether it passed, what was found, and the evidence indented below. */
export function stepLines(result: StepResult, number: number): string[] {
  const { passed, title, words, seconds, evidence } = result;
  return [
    `${passed ? '✓' : '✗'} ${number}. ${title} (${seconds.toFixed(1)} s)`,
    ...`${passed ? '' : 'FAILED: '}${words}`.split('\n').map((line) => `    ${line}`),
    ...evidence.flatMap((one) => evidenceLines(one).map((line) => `      ${line}`)),
  ];
}

function evidenceLines(one: Evidence): string[] {
  if ('picture' in one) return [`${one.label}: ${one.picture}`];
  const lines = textOf(one.value).split('\n');
  return lines.length === 1 ? [`${one.label}: ${lines[0]}`] : [`${one.label}:`, ...lines.map((line) => `  ${line}`)];
}

/** Text as it is, anything else as JSON: what fits on a line stands on one. */
function textOf(value: unknown, indent = ''): string {
  if (typeof value === 'string' && indent === '') return value;
  const line = JSON.stringify(value) ?? 'undefined';
  if (line.length + indent.length <= ONE_LINE || typeof value !== 'object' || value === null) return line;
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => inner + textOf(item ?? null, inner))
    : Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([name, item]) => `${inner}${JSON.stringify(name)}: ${textOf(item, inner)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${items.join(',\n')}\n${indent}${close}`;
}

/** What a run ends with. */
export function countLine(results: readonly StepResult[]): string {
  const passed = results.filter((one) => one.passed).length;
  return `${passed} passed, ${results.length - passed} failed`;
}

export interface Report {
  readonly title: string;
  /** What it ran on, in a few sentences. */
  readonly about: readonly string[];
  readonly results: readonly StepResult[];
  /** The folder that the report lies in: pictures are named from there. */
  readonly folder: string;
}

/** The run as a document. */
export function toMarkdown({ title, about, results, folder }: Report): string {
  const rows = results.map(
    (one, index) => `| ${index + 1} | ${one.passed ? '✓' : '✗'} | ${one.title} | ${cell(one.words)} |`,
  );
  const sections = results.flatMap((one, index) => [
    `## ${index + 1}. ${one.title}`,
    '',
    `${one.passed ? '✓' : '✗ **failed**:'} ${one.words}`,
    '',
    ...one.evidence.flatMap((evidence) => [...markdownOf(evidence, folder), '']),
  ]);
  const table = ['| | | step | what was found |', '| --- | --- | --- | --- |', ...rows];
  return [`# ${title}`, '', ...about, '', `**${countLine(results)}**`, '', ...table, '', ...sections].join('\n');
}

function cell(words: string): string {
  return words.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ');
}

function markdownOf(one: Evidence, folder: string): string[] {
  if ('picture' in one) return [`${one.label}:`, '', `![${one.label}](${path.relative(folder, one.picture)})`];
  return [`${one.label}:`, '', ...fenced(textOf(one.value), typeof one.value === 'string' ? 'text' : 'json')];
}

/** Longer fences than any in the text. */
function fenced(text: string, language: string): string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}${language}`, text, fence];
}
