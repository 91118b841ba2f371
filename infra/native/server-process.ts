import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { until } from '../deadline.ts';
import { InfraError, messageOf } from '../errors.ts';
import type { ServerName } from '../stack.ts';
import { bootId, familyOf, readProcess } from './process-table.ts';

/** How to start one server. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Another user to run as; only root can give it. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

interface PidFile {
  readonly pid: number;
  readonly startTicks: number;
  readonly bootId: string;
}

/** A log that has grown beyond this many bytes is set aside (one generation) when its server starts. */
const LOG_LIMIT = 20 * 1024 * 1024;

/**
 * Starts a server in a session of its own, so that it outlives this program and so that its whole family can be found,
 * frozen and killed. Output goes to the server's log, the pid to the stack's folder.
 *
 * @throws InfraError when the program cannot be started at all; one that dies later is seen by `pidOf`.
 */
export async function launch(dir: string, server: ServerName, how: Launch): Promise<number> {
  const log = openLog(dir, server);
  try {
    const child = spawn(how.command, [...how.args], {
      detached: true,
      stdio: ['ignore', log, log],
      // Only what a program needs to run: the caller's other settings are not the server's.
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        HOME: process.env['HOME'] ?? '/',
        LANG: 'C.UTF-8',
        ...how.env,
      },
      ...(how.cwd === undefined ? {} : { cwd: how.cwd }),
      ...(how.owner ?? {}),
    });
    await once(child, 'spawn');
    child.unref();
    const pid = child.pid ?? 0;
    // A server that died at once has no start time any more; its file is stale from the beginning, which is right.
    const file: PidFile = { pid, startTicks: readProcess(pid)?.startTicks ?? -1, bootId: bootId() };
    mkdirSync(join(dir, 'run'), { recursive: true });
    writeFileSync(pidPath(dir, server), JSON.stringify(file));
    return pid;
  } catch (error) {
    throw new InfraError(`${server} cannot be started: ${messageOf(error)}`);
  } finally {
    closeSync(log);
  }
}

/**
 * The pid of a server that this stack started and that still lives, else undefined. A pid that now belongs to another
 * program (same number, another start time or another boot) is not ours.
 */
export function pidOf(dir: string, server: ServerName): number | undefined {
  const file = readPidFile(dir, server);
  if (file === undefined || file.bootId !== bootId()) return undefined;
  const entry = readProcess(file.pid);
  return entry !== undefined && entry.startTicks === file.startTicks ? file.pid : undefined;
}

/** All pids of a living server: itself, its descendants, its session. Empty when it does not live. */
export function pidsOf(dir: string, server: ServerName): number[] {
  const pid = pidOf(dir, server);
  return pid === undefined ? [] : familyOf(pid);
}

/** Sends a signal to each of the processes; one that has gone meanwhile is no error. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

/**
 * Stops a server: `signal` to its leader, then SIGKILL to whatever of the family is left after `ms` milliseconds. With
 * SIGKILL the whole family is killed at once. A frozen server is thawed first, else it would never see the signal.
 *
 * @returns how it went; `absent` when it was not running
 */
export async function terminate(
  dir: string,
  server: ServerName,
  signal: NodeJS.Signals,
  ms: number,
): Promise<'absent' | 'stopped' | 'killed'> {
  const leader = pidOf(dir, server);
  if (leader === undefined) {
    await clearLeftovers(dir, server);
    rmSync(pidPath(dir, server), { force: true });
    return 'absent';
  }
  let outcome: 'stopped' | 'killed' = 'killed';
  if (signal !== 'SIGKILL') {
    signalAll([leader], signal);
    signalAll(familyOf(leader), 'SIGCONT');
    if (await until(() => pidOf(dir, server) === undefined, ms)) outcome = 'stopped';
  }
  const rest = new Set(familyOf(leader));
  signalAll([...rest], 'SIGKILL');
  await until(() => [...rest].every((pid) => readProcess(pid) === undefined), 5000);
  await clearLeftovers(dir, server);
  rmSync(pidPath(dir, server), { force: true });
  return outcome;
}

/**
 * Clears the way for a new start after a crash: ends what the dead leader left in its session (Erlang's port mapper, for
 * one) and waits until the machine has forgotten the leader itself (PostgreSQL takes a dead process that nobody has
 * collected yet for a living one). Does nothing while the server lives.
 */
export async function clearLeftovers(dir: string, server: ServerName): Promise<void> {
  const file = readPidFile(dir, server);
  if (file === undefined || file.bootId !== bootId() || pidOf(dir, server) !== undefined) return;
  // A living process means that the number belongs to another program by now: its session is not ours.
  if (readProcess(file.pid) !== undefined) return;
  const rest = familyOf(file.pid);
  signalAll(rest, 'SIGKILL');
  await until(() => [file.pid, ...rest].every((pid) => !existsSync(`/proc/${pid}`)), 5000);
}

/** The log of a server. */
export function logPath(dir: string, server: ServerName): string {
  return join(dir, 'logs', `${server}.log`);
}

/** The last lines of a file that are not blank, or none where it cannot be read. */
export function lastLines(path: string, count: number): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((text) => text.trim() !== '')
      .slice(-count);
  } catch {
    return [];
  }
}

function openLog(dir: string, server: ServerName): number {
  mkdirSync(join(dir, 'logs'), { recursive: true });
  const path = logPath(dir, server);
  try {
    if (statSync(path).size > LOG_LIMIT) renameSync(path, `${path}.1`);
  } catch {
    // There is no log yet.
  }
  return openSync(path, 'a', 0o600);
}

function pidPath(dir: string, server: ServerName): string {
  return join(dir, 'run', `${server}.json`);
}

function readPidFile(dir: string, server: ServerName): PidFile | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(pidPath(dir, server), 'utf8'));
    return isPidFile(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isPidFile(value: unknown): value is PidFile {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    Number.isInteger(value.pid) &&
    'startTicks' in value &&
    'bootId' in value
  );
}
