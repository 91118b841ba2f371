import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writePrivate } from '../environment.ts';
import { InfraError } from '../errors.ts';
import { type RunResult, run, tryRun } from '../run.ts';
import type { Secrets } from '../secrets.ts';
import { HOST, type Ports, USERS } from '../stack.ts';
import type { NativeServer } from './context.ts';
import { findPostgres } from './tools.ts';

/** PostgreSQL from the distribution, with a cluster of its own below FerretDB; on loopback, with a password. */
export const postgres: NativeServer = {
  name: 'postgres',
  ports: ['postgres'],
  // The fast shutdown: SIGTERM would wait for every client to leave.
  stopSignal: 'SIGINT',
  stopMs: 20_000,
  startMs: 60_000,

  async missing() {
    return findPostgres() === undefined ? [['postgresql']] : [];
  },

  async prepare(context) {
    const data = postgresDataPath(context.settings.dir);
    if (existsSync(join(data, 'PG_VERSION'))) return;
    context.progress.report('postgres', 'preparing', `making its data folder ${data}`);
    const owner = postgresOwner();
    // What an interrupted initdb left is not taken by the next one.
    rmSync(data, { recursive: true, force: true });
    // The folders above must let that user pass; only the last one is private.
    mkdirSync(dirname(data), { recursive: true, mode: 0o755 });
    mkdirSync(data, { mode: 0o700 });
    if (owner !== undefined) chownSync(data, owner.uid, owner.gid);
    // initdb takes the password from a file alone; its user must be able to open it.
    const passwordFile = `${data}.password`;
    writePrivate(passwordFile, `${context.secrets.postgres}\n`);
    if (owner !== undefined) chownSync(passwordFile, owner.uid, owner.gid);
    const login = [`--username=${USERS.postgres}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    const logFile = join(context.settings.dir, 'logs', 'postgres-install.log');
    try {
      const args = [`--pgdata=${data}`, ...login, '--encoding=UTF8', '--locale=C'];
      await run(join(programs(), 'initdb'), args, { owner, cwd: data, logFile });
    } finally {
      rmSync(passwordFile, { force: true });
    }
  },

  async launch(context) {
    const data = postgresDataPath(context.settings.dir);
    const settings = {
      listen_addresses: HOST,
      port: context.settings.ports.postgres,
      unix_socket_directories: '',
      // FerretDB gives the field's name as a parameter: only a plan made for the value can use an index on the field.
      plan_cache_mode: 'force_custom_plan',
    };
    return {
      command: join(programs(), 'postgres'),
      args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      cwd: data,
      owner: postgresOwner(),
    };
  },
};

/** The URL that FerretDB connects by. */
export function postgresUrl(ports: Ports, secrets: Secrets): string {
  return `postgres://${USERS.postgres}:${secrets.postgres}@${HOST}:${ports.postgres}/postgres`;
}

/** Runs one SQL text by psql; the answer has one line a row, columns parted by `|`. */
export async function psql(ports: Ports, secrets: Secrets, sql: string, ms = 10_000): Promise<RunResult> {
  const address = ['--host', HOST, '--port', String(ports.postgres), '--username', USERS.postgres];
  return await tryRun(
    join(programs(), 'psql'),
    ['--no-psqlrc', '--no-align', '--tuples-only', '--quiet', '-v', 'ON_ERROR_STOP=1', ...address, 'postgres'],
    { env: { PGPASSWORD: secrets.postgres, PGCONNECT_TIMEOUT: '3' }, input: sql, timeoutMs: ms },
  );
}

/**
 * Where the cluster's data lies: where it was made, else in the stack's folder, else below /var/lib where PostgreSQL's
 * user cannot enter that folder (a checkout in root's home, for one).
 */
export function postgresDataPath(dir: string): string {
  const [inside, outside] = dataPaths(dir);
  const made = [inside, outside].find((path) => existsSync(join(path, 'PG_VERSION')));
  if (made !== undefined) return made;
  const owner = postgresOwner();
  if (owner === undefined) return inside;
  mkdirSync(dirname(inside), { recursive: true });
  const enters = spawnSync('test', ['-x', dirname(inside)], { ...owner, cwd: '/' }).status === 0;
  return enters ? inside : outside;
}

/** Removes the cluster's data, wherever it lies. */
export function removePostgresData(dir: string): void {
  const [inside, outside] = dataPaths(dir);
  rmSync(inside, { recursive: true, force: true });
  if (existsSync(dirname(outside))) rmSync(dirname(outside), { recursive: true, force: true });
}

function dataPaths(dir: string): readonly [inside: string, outside: string] {
  const mark = createHash('sha256').update(dir).digest('hex').slice(0, 12);
  return [join(dir, 'data', 'postgres'), `/var/lib/dtq-infra/${mark}/postgres`];
}

/** The user that PostgreSQL runs as: it refuses root. Undefined (the caller itself) for everybody else. */
function postgresOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = /^(?:postgres):[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  if (line === null) return undefined;
  return { uid: Number(line[1]), gid: Number(line[2]) };
}

function programs(): string {
  const folder = findPostgres();
  if (folder === undefined) throw new InfraError('missing: postgresql (initdb and postgres)');
  return folder;
}
