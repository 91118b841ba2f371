import { setTimeout as sleep } from 'node:timers/promises';
import { readEnvironment } from '../environment.ts';
import { InfraError, messageOf } from '../errors.ts';
import { probe } from '../probe.ts';
import { type Progress, seconds } from '../progress.ts';
import type { Settings } from '../settings.ts';
import { HOST, PLATFORM_SERVERS, type PlatformServer } from '../stack.ts';
import { compose, composeLog } from './docker.ts';

/** How long a container may take to answer once its image is there, in milliseconds. */
const START_MS = 180_000;

/**
 * Brings the containers up and waits until each answers in its own protocol from outside, as the platform will ask it.
 *
 * @throws InfraError with compose's or the container's last words
 */
export async function composeUp(
  settings: Settings,
  progress: Progress,
  servers: readonly PlatformServer[] = PLATFORM_SERVERS,
): Promise<void> {
  const start = performance.now();
  for (const server of servers) progress.report(server, 'starting', `docker compose, log ${composeLog(settings.dir)}`);
  const said = await compose(settings, ['up', '-d', ...servers], composeLog(settings.dir));
  if (said.code !== 0) {
    throw new InfraError(
      `docker compose up failed: ${lastWords(said.stderr)} (all of it: ${composeLog(settings.dir)})`,
    );
  }
  // A container that was paused is running for compose, and answers nobody.
  await compose(settings, ['unpause', ...servers]);
  const results = await Promise.allSettled(servers.map((server) => waitFor(server, settings, progress, start)));
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [messageOf(result.reason)] : []));
  if (failures.length > 0) throw new InfraError(failures.join('\n'));
}

/** The servers whose container runs. */
export async function composeRunning(settings: Settings): Promise<Set<string>> {
  const said = await compose(settings, ['ps', '--services', '--filter', 'status=running']);
  return new Set(said.stdout.split('\n').filter((line) => line !== ''));
}

async function waitFor(server: PlatformServer, settings: Settings, progress: Progress, start: number): Promise<void> {
  const environment = readEnvironment(settings.dir);
  if (environment === undefined) throw new InfraError(`${settings.dir}/env is missing: run infra:up again`);
  let last = '';
  for (const end = performance.now() + START_MS; performance.now() < end; await sleep(500)) {
    try {
      await probe(server, environment);
      progress.report(server, 'ready', `in ${seconds(start)} at ${HOST}:${settings.ports[server]}`);
      return;
    } catch (error) {
      last = messageOf(error);
    }
    if (!(await composeRunning(settings)).has(server)) break;
  }
  progress.report(server, 'failed', last);
  const logs = await compose(settings, ['logs', '--no-color', '--tail', '5', server]);
  throw new InfraError(`${server} did not become ready (${last}). Its last lines:\n${logs.stdout.trim()}`);
}

function lastWords(text: string): string {
  return text.trim().split('\n').slice(-2).join(' | ');
}
