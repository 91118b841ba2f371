import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { withCpu } from './cpu.ts';
import type { Measured } from './rounds.ts';

export interface LoadOptions {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  /** A JSON text, or none. */
  readonly body?: string;
  readonly connections: number;
  /** How long it goes on; what the first second of it gives is not counted. */
  readonly seconds: number;
  /** Ends it after so many answers, all of which count. */
  readonly amount?: number;
  /** Whose time on a core is told beside, by name. */
  readonly processes: Readonly<Record<string, number | undefined>>;
}

/** The names under which a load says what it found. */
export const LOAD_MEASURES = {
  rate: 'answers a second',
  p50: 'p50, ms',
  p99: 'p99, ms',
} as const;

/** What the load's process prints. */
export interface LoadResult {
  /** When the first question was asked, in ms since 1970. */
  readonly beganAt: number;
  /** All answers, those that were not counted too. */
  readonly answers: number;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly refused: number;
  readonly broken: number;
}

const run = promisify(execFile);

/**
 * Asks one thing again and again over keep-alive connections, from a process of its own, each connection as soon as it has
 * its answer. Rejects where an answer was not the success that was asked for: a rate of refusals says nothing.
 */
export async function load({ processes, ...options }: LoadOptions): Promise<Measured> {
  const { value, cpu } = await withCpu(processes, async () => {
    const result = await runLoad(options);
    return { value: result, done: result.answers };
  });
  const { rate, p50, p99 } = value;
  return { [LOAD_MEASURES.rate]: rate, [LOAD_MEASURES.p50]: p50, [LOAD_MEASURES.p99]: p99, ...cpu };
}

/** As `load`, without the measuring of others. */
export async function runLoad(options: Omit<LoadOptions, 'processes'>): Promise<LoadResult> {
  const main = path.join(import.meta.dirname, 'load-process.ts');
  const { stdout } = await run(process.execPath, [main, JSON.stringify(options)], { timeout: 120_000 });
  const result = JSON.parse(stdout) as LoadResult;
  const { refused, broken } = result;
  if (refused > 0 || broken > 0)
    throw new Error(
      `${options.method} ${options.url}: ${refused} answers were no success, ${broken} connections broke`,
    );
  return result;
}
