import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InfraError } from './errors.ts';
import { bootId, readProcess } from './native/process-table.ts';

/**
 * Runs `work` while no other program runs work under the same lock file. A lock whose owner has died is taken over.
 *
 * @param onWait called once, with the owner's pid, when the lock is held by another
 * @throws InfraError after 15 minutes of waiting
 */
export async function withLock<T>(path: string, onWait: (pid: number) => void, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  const end = performance.now() + 15 * 60_000;
  for (let waited = false; !take(path); waited = true) {
    const owner = readOwner(path);
    if (owner === undefined || !lives(owner)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!waited) onWait(owner.pid);
    if (performance.now() > end) throw new InfraError(`process ${owner.pid} has held ${path} for 15 minutes`);
    await sleep(200);
  }
  const release = (): void => rmSync(path, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

interface Owner {
  readonly pid: number;
  readonly startTicks: number;
  readonly bootId: string;
}

function take(path: string): boolean {
  const self: Owner = { pid: process.pid, startTicks: readProcess(process.pid)?.startTicks ?? 0, bootId: bootId() };
  // Written aside and linked, so that nobody ever sees the lock without its owner in it.
  const own = `${path}.${process.pid}`;
  writeFileSync(own, JSON.stringify(self));
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function readOwner(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function lives(owner: Owner): boolean {
  if (process.platform !== 'linux') {
    try {
      return process.kill(owner.pid, 0);
    } catch {
      return false;
    }
  }
  return owner.bootId === bootId() && readProcess(owner.pid)?.startTicks === owner.startTicks;
}
