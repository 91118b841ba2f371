import { randomInt } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { REDIS_DATABASES } from '@dtq/infra/stack.ts';

/** Whoever held a number for so long has gone without giving it back; in milliseconds. */
const FORGOTTEN_MS = 3_600_000;

/** A database of one server, by its number, that no other test of this machine has until it is given back. */
export function takeRedisDatabase(address: string): { readonly database: number; giveBack(): void } {
  const folder = path.join(tmpdir(), 'dtq-redis-databases', address.replaceAll(/[^A-Za-z0-9.]/g, '-'));
  mkdirSync(folder, { recursive: true });
  for (;;) {
    // Not the first one, which is the platform's.
    const database = randomInt(1, REDIS_DATABASES);
    const file = path.join(folder, String(database));
    if (isTaken(file)) return { database, giveBack: () => rmSync(file, { force: true }) };
  }
}

function isTaken(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const modified = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - modified > FORGOTTEN_MS) rmSync(file, { force: true });
    return false;
  }
}
