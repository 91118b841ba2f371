import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { stackEnvironment } from '../environment.ts';
import { InfraError, messageOf } from '../errors.ts';
import { isProbed, probe } from '../probe.ts';
import { seconds } from '../progress.ts';
import { HOST, PORT_VARIABLES, type PortName, type ServerName } from '../stack.ts';
import { canInstall, firstOffered, installPackages, missingPackages, updateLists } from './apt.ts';
import type { Context, NativeServer } from './context.ts';
import { psql } from './postgres.ts';
import { readProcess } from './process-table.ts';
import { clearLeftovers, lastLines, launch, logPath, pidOf, pidsOf, signalAll, terminate } from './server-process.ts';

/** How long a living server that does not answer is given before it is started anew, in milliseconds. */
const PATIENCE_MS = 30_000;

/**
 * Brings servers up, each as far as it is not up yet: missing packages, downloads, data folder, process, readiness.
 * They go side by side; only what builds on another server waits for it. When one fails the others are still brought
 * up, and then the failures are thrown.
 *
 * @throws InfraError with one line for each server that could not be brought up
 */
export async function bringUp(servers: readonly NativeServer[], context: Context): Promise<void> {
  const packages = installMissing(servers, context);
  const started = new Map<ServerName, Promise<void>>();
  for (const server of servers) {
    const before = server.after === undefined ? undefined : started.get(server.after);
    started.set(server.name, bringUpOne(server, context, packages, before));
  }
  const results = await Promise.allSettled(started.values());
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [messageOf(result.reason)] : []));
  if (failures.length > 0) throw new InfraError([...new Set(failures)].join('\n'));
}

/** True when a server answers in its own protocol. */
export async function isReady(server: NativeServer, context: Context, ms = 3000): Promise<boolean> {
  try {
    await ask(server.name, context, ms);
    return true;
  } catch {
    return false;
  }
}

async function bringUpOne(
  server: NativeServer,
  context: Context,
  packages: Map<ServerName, Promise<void>>,
  before: Promise<void> | undefined,
): Promise<void> {
  const { progress } = context;
  const start = performance.now();
  try {
    const lives = pidOf(context.settings.dir, server.name) !== undefined;
    if (!lives) {
      await packages.get(server.name);
      await server.prepare(context);
    }
    if (before !== undefined) {
      progress.report(server.name, 'waiting', `for ${server.after}`);
      await before.catch(() => {
        throw new InfraError(`${server.name} was not started: it needs ${server.after}`);
      });
    }
    if (lives) {
      if (await takeUp(server, context)) return;
      await server.prepare(context);
    }
    await startProcess(server, context);
    progress.report(server.name, 'ready', `in ${seconds(start)} at ${address(server, context)}`);
  } catch (error) {
    progress.report(server.name, 'failed', messageOf(error).split('\n')[0]);
    throw error;
  }
}

/** Deals with a process that is there already. True when it is ready; else it has been ended. */
async function takeUp(server: NativeServer, context: Context): Promise<boolean> {
  const { progress, settings } = context;
  const pid = pidOf(settings.dir, server.name);
  if (pid === undefined) return false;
  const detail = `was up already, pid ${pid}, at ${address(server, context)}`;
  const pids = pidsOf(settings.dir, server.name);
  if (pids.some((member) => readProcess(member)?.state === 'T')) {
    progress.report(server.name, 'thawing', `pid ${pid} was stopped`);
    signalAll(pids, 'SIGCONT');
  }
  const end = performance.now() + PATIENCE_MS;
  while (pidOf(settings.dir, server.name) === pid && performance.now() < end) {
    if (await isReady(server, context)) {
      progress.report(server.name, 'ready', detail);
      return true;
    }
    progress.report(server.name, 'waiting', `pid ${pid} lives but does not answer yet`);
    await sleep(300);
  }
  progress.report(server.name, 'restarting', `pid ${pid} did not answer`);
  await terminate(settings.dir, server.name, server.stopSignal, 5000);
  return false;
}

/** Starts the process and waits until it answers. */
async function startProcess(server: NativeServer, context: Context): Promise<void> {
  const { progress, settings } = context;
  await clearLeftovers(settings.dir, server.name);
  for (const name of server.ports) await expectFree(name, settings.ports[name]);
  progress.report(server.name, 'starting', `log ${logPath(settings.dir, server.name)}`);
  const from = lastLines(logPath(settings.dir, server.name), Number.MAX_SAFE_INTEGER).length;
  await launch(settings.dir, server.name, await server.launch(context));
  const end = performance.now() + server.startMs;
  let last = '';
  while (performance.now() < end) {
    if (pidOf(settings.dir, server.name) === undefined) throw died(server, context, from);
    try {
      await ask(server.name, context, 3000);
      return;
    } catch (error) {
      last = messageOf(error);
    }
    await sleep(150);
  }
  throw new InfraError(
    `${server.name} lives but did not become ready in ${server.startMs / 1000} s (${last}); its log is ${logPath(settings.dir, server.name)}`,
  );
}

async function ask(name: ServerName, context: Context, ms: number): Promise<void> {
  const { settings, secrets, mongodb } = context;
  if (isProbed(name)) return await probe(name, stackEnvironment(settings.ports, secrets, mongodb, true), ms);
  const answer = await psql(settings.ports, secrets, 'SELECT 1', ms);
  if (answer.code !== 0) throw new InfraError(`postgres: ${answer.stderr.trim()}`);
}

function died(server: NativeServer, context: Context, from: number): InfraError {
  const path = logPath(context.settings.dir, server.name);
  const fresh = lastLines(path, Number.MAX_SAFE_INTEGER).slice(from).slice(-5);
  const said =
    fresh.length === 0 ? ' It said nothing.' : ` Its last lines:\n${fresh.map((text) => `  ${text}`).join('\n')}`;
  return new InfraError(`${server.name} ended while it started; its log is ${path}.${said}`);
}

/**
 * Installs what the servers miss, in one run of apt for all of them.
 *
 * @returns for each server that misses something, when it is there
 */
function installMissing(servers: readonly NativeServer[], context: Context): Map<ServerName, Promise<void>> {
  const work = servers.map(async (server) => ({
    server,
    missing: pidOf(context.settings.dir, server.name) === undefined ? await server.missing(context) : [],
  }));
  const all = Promise.all(work).then(async (found) => {
    const wanted = found.flatMap(({ missing }) => missing);
    if (wanted.length === 0) return;
    if (!canInstall()) throw missingPackages([...new Set(wanted.map(([best]) => best ?? ''))]);
    for (const { server, missing } of found) {
      if (missing.length > 0)
        context.progress.report(server.name, 'installing', missing.map(([best]) => best).join(' '));
    }
    const start = performance.now();
    await updateLists(context.progress, context.settings.dir);
    const names = await Promise.all(wanted.map((choices) => firstOffered(choices)));
    const absent = wanted.filter((_, index) => names[index] === undefined).map(([best]) => best ?? '');
    if (absent.length > 0) throw missingPackages(absent);
    await installPackages([...new Set(names.flatMap((name) => name ?? []))], context.progress, context.settings.dir);
    context.progress.note(`packages installed in ${seconds(start)}`);
  });
  // Servers that miss nothing do not wait for apt; an error reaches each that does.
  all.catch(() => undefined);
  return new Map(
    servers.map((server, index) => [
      server.name,
      (async () => {
        const own = await work[index];
        if (own !== undefined && own.missing.length > 0) await all;
      })(),
    ]),
  );
}

/** @throws InfraError naming the port and the variable that changes it */
async function expectFree(name: PortName, port: number): Promise<void> {
  // A killed server's children may hold it for a moment longer.
  for (const end = performance.now() + 3000; performance.now() < end; await sleep(100)) {
    if (await isFree(port)) return;
  }
  throw new InfraError(
    `port ${port} (${name}) is taken by another program: free it, or set ${PORT_VARIABLES[name]} (or DTQ_INFRA_PORT_OFFSET, for all)`,
  );
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => done(true)));
  });
}

/** Where a server is reached, as people write it. */
function address(server: NativeServer, context: Context): string {
  const [first] = server.ports;
  return first === undefined ? '' : `${HOST}:${context.settings.ports[first]}`;
}
