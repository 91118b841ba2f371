/**
 * One server at a time, for tests that break the stack on purpose: kill it, freeze it, start it again. All of it acts on
 * the server's whole family of processes. `settings` default to what the environment says (`DTQ_INFRA_DIR`).
 */
import { composeUp } from './compose/bring-up.ts';
import { compose } from './compose/docker.ts';
import { InfraError } from './errors.ts';
import { bringUp } from './native/bring-up.ts';
import type { NativeServer } from './native/context.ts';
import { pidOf as nativePidOf, pidsOf, signalAll, terminate } from './native/server-process.ts';
import { nativeServers } from './native/servers.ts';
import { tuneFerretdb } from './native/tune-ferretdb.ts';
import { Progress } from './progress.ts';
import type { StackRecord } from './record.ts';
import { ensureSecrets } from './secrets.ts';
import { readSettings, type Settings } from './settings.ts';
import { PLATFORM_SERVERS, type PlatformServer, type ServerName } from './stack.ts';
import { nativeContext } from './up.ts';

/** Says nothing: in a test the outcome is what counts. */
const silent = (): Progress => new Progress({ write: () => undefined });

/**
 * Starts a server, and first what it builds on; returns when it answers in its protocol.
 *
 * @throws InfraError when the stack has never been up, does not have the server, or the server does not start
 */
export async function startServer(name: ServerName, settings: Settings = readSettings()): Promise<void> {
  const record = recordOf(settings);
  if (record.road === 'compose') return await composeUp(settings, silent(), [platformServer(name)]);
  const servers = nativeServers(record.mongodb, record.withSecantus);
  const server = serverOf(record, name);
  const wanted = servers.filter((other) => other === server || other.name === server.after);
  await bringUp(wanted, nativeContext(settings, record, silent()));
}

/**
 * Stops a server and returns when its processes are gone. SIGTERM lets it end in order; SIGKILL is a crash: nothing is
 * flushed, no client is told.
 */
export async function stopServer(
  name: ServerName,
  signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM',
  settings: Settings = readSettings(),
): Promise<void> {
  const record = recordOf(settings);
  if (record.road === 'compose') {
    const order = signal === 'SIGKILL' ? ['kill', '-s', 'SIGKILL'] : ['stop'];
    return await composeOrder(settings, [...order, platformServer(name)]);
  }
  const server = serverOf(record, name);
  await terminate(settings.dir, name, signal === 'SIGKILL' ? signal : server.stopSignal, server.stopMs);
}

/** Holds a server by SIGSTOP: its connections stay open and it says nothing more. */
export async function freezeServer(name: ServerName, settings: Settings = readSettings()): Promise<void> {
  await signalServer(name, 'SIGSTOP', 'pause', settings);
}

/** Lets a frozen server go on. */
export async function thawServer(name: ServerName, settings: Settings = readSettings()): Promise<void> {
  await signalServer(name, 'SIGCONT', 'unpause', settings);
}

/** The pid of a server's leading process, or undefined where it does not run (and always on compose). */
export function pidOf(name: ServerName, settings: Settings = readSettings()): number | undefined {
  return nativePidOf(settings.dir, name);
}

/**
 * Makes reads by key quick where the MongoDB wire is FerretDB (see `native/tune-ferretdb.ts`); elsewhere it does nothing.
 * Call it after collections were made.
 *
 * @returns the collections that are indexed now
 */
export async function tuneMongodb(database?: string, settings: Settings = readSettings()): Promise<string[]> {
  if (settings.record?.mongodb !== 'ferretdb') return [];
  return await tuneFerretdb(settings, ensureSecrets(settings.dir), database);
}

async function signalServer(
  name: ServerName,
  signal: 'SIGSTOP' | 'SIGCONT',
  order: 'pause' | 'unpause',
  settings: Settings,
): Promise<void> {
  const record = recordOf(settings);
  if (record.road === 'compose') return await composeOrder(settings, [order, platformServer(name)]);
  serverOf(record, name);
  const pids = pidsOf(settings.dir, name);
  if (pids.length === 0) throw new InfraError(`${name} is not running`);
  signalAll(pids, signal);
}

async function composeOrder(settings: Settings, args: readonly string[]): Promise<void> {
  const said = await compose(settings, args);
  if (said.code !== 0) throw new InfraError(`docker compose ${args.join(' ')} failed: ${said.stderr.trim()}`);
}

function recordOf(settings: Settings): StackRecord {
  if (settings.record === undefined) throw new InfraError(`infra:up has not run in ${settings.dir}`);
  return settings.record;
}

function serverOf(record: StackRecord, name: ServerName): NativeServer {
  const servers = nativeServers(record.mongodb, record.withSecantus);
  const server = servers.find((other) => other.name === name);
  if (server !== undefined) return server;
  throw new InfraError(`this stack has no ${name}: it has ${servers.map((other) => other.name).join(', ')}`);
}

function platformServer(name: ServerName): PlatformServer {
  const server = PLATFORM_SERVERS.find((other) => other === name);
  if (server !== undefined) return server;
  throw new InfraError(`the compose stack has no ${name}: it has ${PLATFORM_SERVERS.join(', ')}`);
}
