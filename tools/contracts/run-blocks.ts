import { spawn, spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { readmeBlocks } from '../ci/readme.ts';
import { root } from './sources.ts';

/** Where the documents say that the API is. */
const README_ORIGIN = 'http://127.0.0.1:8080';

export const hasCurl = spawnSync('curl', ['--version']).status === 0;

export interface Said {
  readonly command: string;
  readonly output: string;
}

/** Runs all blocks of a document that ask a server, in one shell; gives what each command said. */
export async function runBlocks(document: string, url: string): Promise<Said[]> {
  const blocks = readmeBlocks(root, document).filter(({ served }) => served);
  return await runCommands(
    blocks.flatMap(({ commands }) => commands),
    url,
  );
}

/** Runs commands in one shell, in which curl fails for an answer of 400 or more; gives what each said. */
export async function runCommands(commands: readonly string[], url: string): Promise<Said[]> {
  const mark = '=== of the document: ';
  const script = [
    'set -e',
    'curl() { command curl --fail-with-body --silent --show-error "$@"; }',
    ...commands.flatMap((command, index) => [
      `printf '\\n${mark}%s\\n' ${index}`,
      command.replaceAll(README_ORIGIN, url),
    ]),
  ];
  const shell = spawn('bash', ['-c', script.join('\n')], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const code = await new Promise((resolve) => shell.on('close', resolve));
  expect(code, output).toBe(0);
  return output
    .split(`\n${mark}`)
    .slice(1)
    .map((part, index) => ({ command: commands[index] ?? '', output: part.slice(part.indexOf('\n') + 1).trim() }));
}

/** The answers to the commands of a kind. */
export function answers(said: readonly Said[], command: RegExp): Record<string, unknown>[] {
  const found = said.filter((one) => command.test(one.command));
  expect(found.length, String(command)).toBeGreaterThan(0);
  return found.map(({ output }) => JSON.parse(output) as Record<string, unknown>);
}
