import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { tryRun } from '../run.ts';

/** Where Debian puts programs that are not in everybody's PATH. */
const EXTRA_FOLDERS = ['/usr/sbin', '/sbin', '/usr/lib/rabbitmq/bin', '/usr/local/bin', '/usr/local/go/bin'];

/** The full path of a program, or undefined where there is none. `first` folders are looked into before the PATH. */
export function findTool(name: string, first: readonly string[] = []): string | undefined {
  const folders = [...first, ...(process.env['PATH'] ?? '').split(delimiter), ...EXTRA_FOLDERS];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Java at this version or later (Kafka 4 needs 17), or undefined. `JAVA_HOME` is looked at first. */
export async function findJava(atLeast: number): Promise<string | undefined> {
  const home = process.env['JAVA_HOME'];
  const path = findTool('java', home === undefined || home === '' ? [] : [join(home, 'bin')]);
  if (path === undefined) return undefined;
  const said = await tryRun(path, ['-version'], { timeoutMs: 10_000 });
  const version = /version "(\d+)/.exec(said.stderr)?.[1];
  return Number(version) >= atLeast ? path : undefined;
}

/** A Go command and its version, such as `{ path, minor: 26 }` for Go 1.26, or undefined. */
export async function findGo(): Promise<{ readonly path: string; readonly minor: number } | undefined> {
  const path = findTool('go');
  if (path === undefined) return undefined;
  // GOTOOLCHAIN=local: the answer must be about this command, not about a newer one that it would fetch.
  const said = await tryRun(path, ['version'], { timeoutMs: 10_000, env: { GOTOOLCHAIN: 'local' } });
  const minor = /go1\.(\d+)/.exec(said.stdout)?.[1];
  return minor === undefined ? undefined : { path, minor: Number(minor) };
}

/** The folder with PostgreSQL's own programs (`initdb`, `postgres`, `psql`), the newest one installed, or undefined. */
export function findPostgres(): string | undefined {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = versions.map((version) => join(base, version, 'bin'));
  const initdb = findTool('initdb', folders);
  const folder = initdb?.slice(0, -'/initdb'.length);
  return folder !== undefined && findTool('postgres', [folder]) !== undefined ? folder : undefined;
}

/** Python that can make a virtual environment, or undefined. */
export async function findPython(): Promise<string | undefined> {
  const path = findTool('python3');
  if (path === undefined) return undefined;
  const said = await tryRun(path, ['-c', 'import ensurepip, venv'], { timeoutMs: 10_000 });
  return said.code === 0 ? path : undefined;
}
