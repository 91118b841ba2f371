import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Filled } from './fill.ts';
import type { Stage } from './stage.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** No command takes longer, in milliseconds. */
const COMMAND_MS = 120_000;

/** What the scenes share: the platform, what it was filled with, and what commands have said so far, by name. */
export interface Story {
  readonly stage: Stage;
  readonly filled: Filled;
  readonly said: Map<string, string>;
}

/** A command that a viewer could type, and what it must come to for the scene to be as it is told. */
export interface Command {
  readonly words: string;
  /** The exit code; 0 unless said otherwise. */
  readonly code?: number;
  /** What must stand in its output. */
  readonly shows: RegExp;
  /** Keeps its output under a name, without the white space around it. */
  readonly keepAs?: string;
}

export interface Scene {
  readonly title: string;
  readonly text: readonly string[];
  /** One after the other, each made once the ones before it have been run. */
  readonly commands: readonly ((story: Story) => Command)[];
  /** What is to be done before the commands, and between them and the page; both say what they do, and throw where it fails. */
  readonly before?: (story: Story, say: (line: string) => void) => Promise<void>;
  readonly after?: (story: Story, say: (line: string) => void) => Promise<void>;
  /** What is to be seen on the page: its path, and a name for the picture. */
  readonly page?: (story: Story) => { readonly path: string; readonly name: string };
}

export interface Ran {
  readonly output: string;
  /** What is not as it must be; undefined where all is. */
  readonly fault: string | undefined;
}

/** Runs a command in a shell at the root of the repository, `DTQ_URL` set, and shows its output line by line as it comes. */
export async function runCommand(command: Command, url: string, show: (line: string) => void): Promise<Ran> {
  const bin = path.join(root, 'node_modules/.bin');
  const child = spawn(command.words, {
    shell: true,
    cwd: root,
    env: { ...process.env, DTQ_URL: url, PATH: `${bin}${path.delimiter}${process.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: COMMAND_MS,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) show(line);
    });
    stream.on('end', () => {
      if (rest !== '') show(rest);
    });
  }
  const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { output, fault: faultOf(command, code ?? killedBy, output) };
}

function faultOf({ code = 0, shows }: Command, ended: number | string | null, output: string): string | undefined {
  if (ended !== code) return `it ended with ${ended} and not with ${code}`;
  return shows.test(output) ? undefined : `it should have shown ${shows}`;
}
