import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withLock } from '../lock.ts';
import { seconds } from '../progress.ts';
import type { ServerName } from '../stack.ts';
import type { Context } from './context.ts';

/** A short name for the content of source files: what is built from others is another thing. */
export function sourceMark(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of [...paths].sort()) hash.update(readFileSync(path));
  return hash.digest('hex').slice(0, 8);
}

/**
 * Makes something in the cache that all stacks share, unless it is there. `make` works on a temporary path that takes
 * the final name only when it has succeeded: what stands under the final name is always whole.
 *
 * @param name file or folder name in the cache; it holds the version (and `sourceMark`), so that a new version is a
 *   new thing
 * @returns the path of the finished thing
 */
export async function ensureArtefact(
  context: Context,
  server: ServerName,
  name: string,
  what: string,
  make: (temporary: string) => Promise<void>,
): Promise<string> {
  const path = join(context.settings.cacheDir, name);
  if (existsSync(path)) return path;
  const waiting = (pid: number): void => context.progress.report(server, 'waiting', `process ${pid} makes ${name}`);
  return await withLock(`${path}.lock`, waiting, async () => {
    if (existsSync(path)) return path;
    const start = performance.now();
    context.progress.report(server, 'installing', what);
    const temporary = `${path}.partial`;
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(dirname(temporary), { recursive: true });
    await make(temporary);
    renameSync(temporary, path);
    context.progress.report(server, 'installed', `in ${seconds(start)}`);
    return path;
  });
}
