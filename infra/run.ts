import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { InfraError } from './errors.ts';

/** How to run a program to its end. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Text for its standard input; it must not appear in the command line, such as a password. */
  readonly input?: string;
  /** Where its output is kept as well. */
  readonly logFile?: string;
  /** Milliseconds after which it is killed. */
  readonly timeoutMs?: number;
}

/** What a program that ran to its end left. */
export interface RunResult {
  /** The exit code; -1 where it could not be started, was killed or ran out of time. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program and answers how it ended; a program that does not exist ends with -1 as well. */
export async function tryRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return await new Promise((done) => {
    const child = spawn(command, [...args], {
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.owner ?? {}),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: 'SIGKILL' as const }),
    });
    let stdout = '';
    let stderr = '';
    if (options.logFile !== undefined) mkdirSync(dirname(options.logFile), { recursive: true });
    const keep = (text: string): string => {
      if (options.logFile !== undefined) appendFileSync(options.logFile, text);
      return text;
    };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += keep(text);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += keep(text);
    });
    child.once('error', (error) => done({ code: -1, stdout, stderr: error.message }));
    child.once('close', (code) => done({ code: code ?? -1, stdout, stderr }));
    child.stdin?.on('error', () => undefined).end(options.input);
  });
}

/**
 * Runs a program that must succeed and answers its standard output.
 *
 * @throws InfraError with what it last said and, where there is one, the log's path
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await tryRun(command, args, options);
  if (result.code === 0) return result.stdout;
  const said = `${result.stdout}\n${result.stderr}`
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-3)
    .join(' | ');
  const where = options.logFile === undefined ? '' : ` (all of it: ${options.logFile})`;
  throw new InfraError(`${command} ${args[0] ?? ''} failed: ${said}${where}`);
}
