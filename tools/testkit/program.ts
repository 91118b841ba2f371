import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually } from './wait.ts';

const root = path.resolve(import.meta.dirname, '../..');

export interface Program {
  readonly url: string;
  readonly child: ChildProcess;
  /** Each line of its log so far, parsed. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  readonly output: () => string;
  /** Ends it with a signal and gives its exit code, or the signal that killed it. */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** Runs one of the services' main files as its own process on a port of its own, until the running test ends. */
export async function startProgram(main: string, environment: Readonly<Record<string, string>>): Promise<Program> {
  const program = spawnProgram(main, environment);
  const url = await eventually(`${main} listens; it said:\n${program.output()}`, () => {
    if (program.child.exitCode !== null) throw new Error(`it ended: ${program.output()}`);
    return program.log.map(({ url: found }) => found).find((found) => typeof found === 'string');
  }).catch((error: unknown) => {
    throw new Error(`${main} did not start:\n${program.output()}`, { cause: error });
  });
  return { ...program, url: String(url) };
}

/** Runs a main file without waiting for it to listen. */
export function spawnProgram(
  main: string,
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Omit<Program, 'url'> {
  const inherited = Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(root, main), ...args], {
    cwd: root,
    env: { ...inherited, API_ADDR: '127.0.0.1:0', LOG_FORMAT: 'json', PROVIDER_MODE: 'sandbox', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: Record<string, unknown>[] = [];
  let output = '';
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('{')) log.push(JSON.parse(line) as Record<string, unknown>);
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const end = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const [code, killedBy] = await exited;
    return code ?? killedBy ?? 'SIGKILL';
  };
  onTestFinished(async () => {
    await end('SIGKILL');
  });
  return { child, log, output: () => output, end };
}
