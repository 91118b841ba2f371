import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

// One API and one worker, each its own process, with one terminal. A signal goes to both; the end of one is the end of both.

const root = path.resolve(import.meta.dirname, '../..');
const children: ChildProcess[] = ['services/api/main.ts', 'services/worker/main.ts'].map((main) =>
  spawn(process.execPath, [path.join(root, main)], { cwd: root, stdio: 'inherit' }),
);

let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopping = true;
    // A terminal sends Ctrl-C to the whole group; twice would mean "at once" to those who have it already.
    if (signal === 'SIGTERM') for (const child of children) child.kill(signal);
  });
}

const codes = await Promise.all(
  children.map(
    (child) =>
      new Promise<number>((resolve) => {
        child.on('exit', (code, killedBy) => {
          if (!stopping) for (const other of children) if (other !== child) other.kill('SIGTERM');
          resolve(code ?? (killedBy === null ? 0 : 1));
        });
      }),
  ),
);
process.exitCode = Math.max(...codes);
