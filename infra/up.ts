import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { composeRunning, composeUp } from './compose/bring-up.ts';
import { writeComposeEnvironment } from './compose/environment.ts';
import { environmentPath, stackEnvironment, writeEnvironment } from './environment.ts';
import { InfraError } from './errors.ts';
import { withLock } from './lock.ts';
import { bringUp } from './native/bring-up.ts';
import type { Context } from './native/context.ts';
import { canHaveFerretdb, GO_MINOR } from './native/ferretdb.ts';
import { pidOf } from './native/server-process.ts';
import { nativeServerNames, nativeServers } from './native/servers.ts';
import { tuneFerretdb } from './native/tune-ferretdb.ts';
import { Progress, seconds } from './progress.ts';
import { readRecord, type StackRecord, writeRecord } from './record.ts';
import { chooseRoad } from './road.ts';
import { ensureSecrets } from './secrets.ts';
import type { Settings } from './settings.ts';
import { PORT_VARIABLES, type PortName } from './stack.ts';

/** What `up` may be asked beside the settings. */
export interface UpOptions {
  /** Runs the second MongoDB wire too; once asked for, it stays until the data is wiped. */
  readonly withSecantus?: boolean;
}

/**
 * Brings the whole stack up, from whatever state it is in, and leaves the platform's environment file. May be called
 * as often as one likes; two at the same time take turns.
 *
 * @throws InfraError in one line for each thing that is missing or went wrong
 */
export async function up(settings: Settings, options: UpOptions = {}, progress = new Progress()): Promise<void> {
  const start = performance.now();
  mkdirSync(settings.dir, { recursive: true, mode: 0o755 });
  const waiting = (pid: number): void => progress.note(`waiting for process ${pid}, which works on the same stack`);
  await withLock(join(settings.dir, 'lock'), waiting, async () => {
    // Another one may have made the stack while this one waited.
    const now = { ...settings, record: readRecord(settings.dir) };
    const road = await chooseRoad(now);
    await expectSameStack(now, road);
    progress.note(`${road} road, in ${now.dir}`);
    if (road === 'compose') await upCompose(now, progress);
    else await upNative(now, options, progress);
  });
  progress.note(`up in ${seconds(start)}; the platform's settings are in ${environmentPath(settings.dir)}`);
}

/** What every native step needs, from what the folder's last `up` decided. */
export function nativeContext(settings: Settings, record: StackRecord, progress: Progress): Context {
  return { settings, secrets: ensureSecrets(settings.dir), progress, mongodb: record.mongodb };
}

async function upCompose(settings: Settings, progress: Progress): Promise<void> {
  const secrets = ensureSecrets(settings.dir);
  writeRecord(settings.dir, { road: 'compose', ports: settings.ports, mongodb: 'mongo', withSecantus: false });
  writeComposeEnvironment(settings.dir, settings.ports, secrets);
  writeEnvironment(settings.dir, stackEnvironment(settings.ports, secrets, 'mongo', false));
  await composeUp(settings, progress);
}

async function upNative(settings: Settings, options: UpOptions, progress: Progress): Promise<void> {
  if (process.platform !== 'linux') {
    throw new InfraError('missing: a Docker engine that answers; the native road is for Linux');
  }
  const mongodb = await chooseMongodb(settings, progress);
  const withSecantus = (options.withSecantus ?? false) || (settings.record?.withSecantus ?? false);
  const record: StackRecord = { road: 'native', ports: settings.ports, mongodb, withSecantus };
  writeRecord(settings.dir, record);
  // Made here, open for passing through, so that no server makes it private: PostgreSQL's user must come by.
  mkdirSync(join(settings.dir, 'data'), { recursive: true, mode: 0o755 });
  const context = nativeContext(settings, record, progress);
  writeEnvironment(settings.dir, stackEnvironment(settings.ports, context.secrets, mongodb, withSecantus));
  await bringUp(nativeServers(mongodb, withSecantus), context);
  if (mongodb === 'ferretdb') await tuneFerretdb(settings, context.secrets);
}

/** What speaks MongoDB here: what the folder's data was written by, else FerretDB where it can be had. */
async function chooseMongodb(settings: Settings, progress: Progress): Promise<'ferretdb' | 'secantus'> {
  const { record } = settings;
  if (record?.road === 'native' && record.mongodb !== 'mongo') return record.mongodb;
  if (await canHaveFerretdb({ settings, progress })) return 'ferretdb';
  progress.note(`no Go 1.${GO_MINOR} or later, which FerretDB is built by: the MongoDB wire is SecantusDB`);
  return 'secantus';
}

/** @throws InfraError when servers of this folder run on another road or on other ports than asked for now */
async function expectSameStack(settings: Settings, road: 'native' | 'compose'): Promise<void> {
  const { record, dir } = settings;
  if (record === undefined) return;
  const moved = (Object.keys(record.ports) as PortName[]).find((name) => record.ports[name] !== settings.ports[name]);
  if (record.road === road && moved === undefined) return;
  const running =
    record.road === 'native'
      ? nativeServerNames(record.mongodb, record.withSecantus).some((name) => pidOf(dir, name) !== undefined)
      : (await composeRunning(settings)).size > 0;
  if (record.road !== road) {
    throw new InfraError(
      `the stack in ${dir} is on the ${record.road} road and has its data there: infra:down -- --volumes first, or another DTQ_INFRA_DIR`,
    );
  }
  if (running && moved !== undefined) {
    throw new InfraError(
      `the stack in ${dir} runs with ${moved} on port ${record.ports[moved]}: infra:down before it moves to ${settings.ports[moved]} (${PORT_VARIABLES[moved]})`,
    );
  }
}
