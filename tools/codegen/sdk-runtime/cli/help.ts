import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import { EXIT, EXIT_TEXTS } from './exit-codes.ts';
import { COMMON, type Options } from './options.ts';

/** What the program does, its commands, and how it ends. */
export function overview(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(14)}${summary}`);
  const codes = Object.entries(EXIT).map(
    ([name, code]) => `  ${String(code).padEnd(5)}${EXIT_TEXTS[name as keyof typeof EXIT]}`,
  );
  return `dtq COMMAND [OPTION...]

${commands.join('\n')}
  ${'completion'.padEnd(14)}a script for the shell: bash, zsh or fish
  ${'help'.padEnd(14)}help on a command

Every command takes:
${optionsText(COMMON)}

Exit codes:
${codes.join('\n')}`;
}

/** How one command is used. */
export function helpOf(name: string, { usage, summary, options }: Command): string {
  const own = Object.keys(options).length === 0 ? '' : `\n\n${optionsText(options)}`;
  return `${`dtq ${name} ${usage}`.trim()}\n\n  ${summary}${own}\n\nand:\n${optionsText(COMMON)}`;
}

function optionsText(options: Options): string {
  const rows = Object.entries(options).map(([name, { value, short, text }]) => {
    const long = value === undefined ? `--${name}` : `--${name} ${value}`;
    return [short === undefined ? long : `-${short}, ${long}`, text] as const;
  });
  const width = Math.max(...rows.map(([words]) => words.length)) + 2;
  return rows.map(([words, text]) => `  ${words.padEnd(width)}${text}`).join('\n');
}
