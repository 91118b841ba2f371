import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InfraError } from '../errors.ts';
import { findTool } from '../native/tools.ts';
import { type RunResult, tryRun } from '../run.ts';
import type { Settings } from '../settings.ts';
import { composeEnvironmentPath } from './environment.ts';

/** The compose file of this folder. */
export const COMPOSE_FILE = fileURLToPath(new URL('compose.yaml', import.meta.url));

/** True where a Docker engine answers within 3 s; the command alone is not enough. */
export async function dockerAnswers(): Promise<boolean> {
  const docker = findTool('docker');
  if (docker === undefined) return false;
  const said = await tryRun(docker, ['version', '--format', '{{.Server.Version}}'], { timeoutMs: 3000 });
  return said.code === 0 && said.stdout.trim() !== '';
}

/**
 * Runs `docker compose …` for one stack; where the plugin is missing, the older `docker-compose`.
 *
 * @param logFile where the output is kept as well
 * @throws InfraError when there is no compose command
 */
export async function compose(settings: Settings, args: readonly string[], logFile?: string): Promise<RunResult> {
  const [command, ...first] = await composeCommand();
  const where = [
    '-f',
    COMPOSE_FILE,
    '--env-file',
    composeEnvironmentPath(settings.dir),
    '-p',
    projectName(settings.dir),
  ];
  return await tryRun(command, [...first, ...where, ...args], logFile === undefined ? {} : { logFile });
}

/**
 * The name under which Docker keeps a stack's containers and volumes: one for each folder, for two checkouts on one
 * machine must not take each other's.
 */
export function projectName(dir: string): string {
  return `dtq-${createHash('sha256').update(dir).digest('hex').slice(0, 8)}`;
}

/** The log of what compose itself said. */
export function composeLog(dir: string): string {
  return join(dir, 'logs', 'compose.log');
}

let known: readonly [string, ...string[]] | undefined;

async function composeCommand(): Promise<readonly [string, ...string[]]> {
  if (known !== undefined) return known;
  const docker = findTool('docker');
  if (docker !== undefined && (await tryRun(docker, ['compose', 'version'], { timeoutMs: 5000 })).code === 0) {
    known = [docker, 'compose'];
    return known;
  }
  const old = findTool('docker-compose');
  if (old === undefined) {
    throw new InfraError(
      'missing: docker compose (package docker-compose-plugin or docker-compose-v2); DTQ_INFRA=native does without Docker',
    );
  }
  known = [old];
  return known;
}
