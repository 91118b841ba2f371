import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from '@dtq/core/errors.ts';
import { faultOf } from './faults.ts';

const LOCK_FILE = 'dtq.lock';
const PID_FILE = 'dtq.pid';
const BUSY = 5;

export interface FolderLock {
  release(): void;
}

/**
 * Makes this process the only one that uses a data folder. Throws StartError where another one does, and names it.
 *
 * The lock is an open transaction on a small file of its own: the operating system drops it when its owner dies, kill -9
 * included, and a file that was left behind holds nobody up. The data file itself stays readable for other tools meanwhile.
 * The owner's number stands in a second file, since POSIX drops all locks of a process on a file that it opens and closes.
 */
export function lockFolder(dataDir: string): FolderLock {
  const pidFile = path.join(dataDir, PID_FILE);
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(path.join(dataDir, LOCK_FILE), { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    writeFileSync(pidFile, `${process.pid}\n`);
  } catch (error) {
    lock?.close();
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === BUSY)
      throw new StartError(`the data folder ${dataDir} is in use by another dtq (pid ${ownerOf(pidFile)})`, {
        cause: error,
      });
    throw new StartError(`the data folder ${dataDir} cannot be locked: ${faultOf(error) ?? (error as Error).message}`, {
      cause: error,
    });
  }
  const held = lock;
  return {
    release: () => {
      rmSync(pidFile, { force: true });
      held.close();
    },
  };
}

function ownerOf(pidFile: string): string {
  try {
    return /^\d{1,10}/.exec(readFileSync(pidFile, 'utf8'))?.[0] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
