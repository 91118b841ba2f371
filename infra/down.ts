import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compose, composeLog } from './compose/docker.ts';
import { InfraError } from './errors.ts';
import { withLock } from './lock.ts';
import { removePostgresData } from './native/postgres.ts';
import { terminate } from './native/server-process.ts';
import { nativeServers } from './native/servers.ts';
import { Progress, seconds } from './progress.ts';
import type { StackRecord } from './record.ts';
import type { Settings } from './settings.ts';

/** What a wipe removes; the cache of downloaded and built things is not among it. */
const WIPED = ['data', 'run', 'logs', 'secrets.json', 'stack.json', 'compose.env', 'env'];

/**
 * Stops all servers in order; what builds on another is stopped before it. Does nothing, and says so, when nothing
 * runs. With `volumes` the data, the logs and the passwords go too.
 */
export async function down(settings: Settings, volumes: boolean, progress = new Progress()): Promise<void> {
  const { dir, record } = settings;
  if (!existsSync(dir) || record === undefined) {
    if (volumes && existsSync(dir)) wipe(dir);
    progress.note(`nothing to stop: infra:up has not run in ${dir}`);
    return;
  }
  const waiting = (pid: number): void => progress.note(`waiting for process ${pid}, which works on the same stack`);
  await withLock(join(dir, 'lock'), waiting, async () => {
    if (record.road === 'compose') await downCompose(settings, volumes, progress);
    else await downNative(dir, record, progress);
    if (!volumes) return;
    removePostgresData(dir);
    wipe(dir);
    progress.note('data, logs and passwords removed; downloaded and built things are kept');
  });
}

async function downNative(dir: string, record: StackRecord, progress: Progress): Promise<void> {
  const servers = nativeServers(record.mongodb, record.withSecantus);
  const stopped = new Map<string, Promise<void>>();
  // The last ones first: a server is stopped when all that build on it are.
  for (const server of [...servers].reverse()) {
    const above = servers.filter((other) => other.after === server.name).map((other) => stopped.get(other.name));
    const stop = async (): Promise<void> => {
      await Promise.all(above);
      const start = performance.now();
      const outcome = await terminate(dir, server.name, server.stopSignal, server.stopMs);
      const detail = {
        absent: 'was not running',
        stopped: `in ${seconds(start)}`,
        killed: `did not end in ${server.stopMs / 1000} s`,
      };
      progress.report(server.name, outcome === 'killed' ? 'killed' : 'stopped', detail[outcome]);
    };
    stopped.set(server.name, stop());
  }
  await Promise.all(stopped.values());
}

async function downCompose(settings: Settings, volumes: boolean, progress: Progress): Promise<void> {
  const start = performance.now();
  const said = await compose(settings, volumes ? ['down', '--volumes'] : ['down'], composeLog(settings.dir));
  if (said.code !== 0) throw new InfraError(`docker compose down failed: ${said.stderr.trim().split('\n').at(-1)}`);
  progress.note(`containers removed in ${seconds(start)}${volumes ? ', volumes too' : '; their volumes are kept'}`);
}

function wipe(dir: string): void {
  for (const name of WIPED) rmSync(join(dir, name), { recursive: true, force: true });
}
