import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '@dtq/testkit/wait.ts';

/** What a process holds, after a garbage collection. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Of JavaScript, and what lies outside of its heap for it, such as buffers. */
  readonly heap_bytes: number;
  readonly rss_bytes: number;
  /** What keeps the process's loop going, by kind: sockets, timers, requests. */
  readonly handles: Readonly<Record<string, number>>;
  /** Open files and sockets. */
  readonly fds: number;
}

/** A garbage collection of a process that has its work to do as well. */
const SAMPLE_MS = 15_000;

/** What a program's environment says, so that it can be asked for samples. More flags of Node stand behind. */
export function probeEnvironment(file: string, ...flags: readonly string[]): Readonly<Record<string, string>> {
  const probe = path.join(import.meta.dirname, 'probe.ts');
  return {
    SOAK_PROBE_FILE: file,
    NODE_OPTIONS: ['--disable-warning=ExperimentalWarning', '--expose-gc', `--import=${probe}`, ...flags].join(' '),
  };
}

/** Asks a process that runs with the probe; rejects where it does not answer, as one that is frozen does not. */
export async function sampleOf(signal: (name: NodeJS.Signals) => void, file: string): Promise<Sample> {
  const before = linesOf(file).length;
  signal('SIGUSR2');
  const line = await eventually('the process tells what it holds', () => linesOf(file)[before], SAMPLE_MS);
  return JSON.parse(line) as Sample;
}

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}
