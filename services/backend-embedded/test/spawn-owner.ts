import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

export interface Owner {
  readonly child: ChildProcess;
  /** What it has said so far. */
  readonly said: readonly unknown[];
  /** The ids of the jobs that it has published, kept a row and a document of, or taken, so far. */
  ids(what: 'published' | 'kept' | 'delivered'): string[];
  /** Kills it as kill -9 does, and resolves once it is dead. */
  kill(): Promise<void>;
}

/** Starts a program (owner.ts) that owns a data folder; it is dead when the running test ends at the latest. */
export function spawnOwner(dataDir: string, jobs = 0): Owner {
  const file = path.join(import.meta.dirname, 'owner.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, dataDir, String(jobs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: unknown[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)));
  const dead = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await dead;
  };
  onTestFinished(kill);
  const ids = (what: 'published' | 'kept' | 'delivered'): string[] =>
    said.flatMap((line) => (line as Partial<Record<typeof what, string>>)[what] ?? []);
  return { child, said, ids, kill };
}
