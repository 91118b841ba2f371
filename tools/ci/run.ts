import { spawn } from 'node:child_process';

export interface Ran {
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  readonly output: string;
}

export interface RunOptions {
  readonly cwd: string;
  /** Ends the command with SIGINT as soon as it has printed this. */
  readonly until?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** The whole test run is the longest; on a machine that others load too it takes twice its time. */
const DEFAULT_TIMEOUT_MS = 40 * 60_000;

/**
 * Runs a shell command, passing its output on. What a test runner says of its tests is counted; any other command counts as
 * one. A command that fails, is late, or never prints what it is awaited to print, is one failure at the least.
 */
export function run(
  command: string,
  { cwd, until, timeoutMs = DEFAULT_TIMEOUT_MS, env = {} }: RunOptions,
): Promise<Ran> {
  const began = performance.now();
  return new Promise((resolve) => {
    // A group of its own, so that what the shell started ends with it.
    const child = spawn('bash', ['-c', command], {
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env, NO_COLOR: '1' },
    });
    let output = '';
    let reached = false;
    let late = false;
    const signal = (name: NodeJS.Signals): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, name);
      } catch {
        // It has ended already.
      }
    };
    const timer = setTimeout(() => {
      late = true;
      signal('SIGKILL');
    }, timeoutMs);
    const take = (chunk: Buffer): void => {
      process.stdout.write(chunk);
      output += chunk.toString();
      if (until !== undefined && !reached && output.includes(until)) {
        reached = true;
        signal('SIGINT');
      }
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('close', (code, killedBy) => {
      clearTimeout(timer);
      // The shell itself dies of the signal that ends its server; the server's own clean end has its own test.
      const seconds = (performance.now() - began) / 1000;
      const fault = late
        ? `took longer than ${timeoutMs / 1000} s`
        : code !== 0 && !(reached && killedBy === 'SIGINT')
          ? `ended with ${code ?? killedBy}`
          : until !== undefined && !reached
            ? `never printed ${JSON.stringify(until)}`
            : null;
      if (fault !== null) console.log(`ci: ${command}: ${fault}`);
      const tests = testCounts(output);
      if (tests === null) resolve({ passed: fault === null ? 1 : 0, failed: fault === null ? 0 : 1, seconds, output });
      else resolve({ passed: tests.passed, failed: Math.max(tests.failed, fault === null ? 0 : 1), seconds, output });
    });
  });
}

/** What vitest's closing lines add up to ("Tests  2 failed | 37 passed (39)"), or null where there is none. */
function testCounts(output: string): { passed: number; failed: number } | null {
  const lines = [...output.matchAll(/^\s+Tests {2}(.+)$/gm)].map(([, text]) => text ?? '');
  if (lines.length === 0) return null;
  const sum = (word: string): number =>
    lines.reduce((total, line) => total + Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0), 0);
  return { passed: sum('passed'), failed: sum('failed') };
}
