import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeKey } from '@dtq/api/api-keys.ts';
import type { ApiRole } from '@dtq/generated/schemas/types.ts';
import { freshFolder } from './folder.ts';

/** A file of keys, and the keys whose hashes stand in it. */
export interface Keys<Caller extends string> {
  readonly file: string;
  readonly of: Readonly<Record<Caller, string>>;
  /** Takes a caller's keys out of the file; an API that runs notices. */
  remove(caller: Caller): void;
  /** Makes a key for a caller and puts it into the file. */
  add(caller: string, roles: readonly ApiRole[]): string;
}

/** Makes a key for each caller, and the file that lets them in, in a folder that goes with the running test. */
export function makeKeys<Caller extends string>(callers: Readonly<Record<Caller, readonly ApiRole[]>>): Keys<Caller> {
  const file = path.join(freshFolder(), 'keys');
  const made = Object.entries<readonly ApiRole[]>(callers).map(
    ([name, roles]) => [name, makeKey(name, roles)] as const,
  );
  writeFileSync(file, made.map(([, { line }]) => `${line}\n`).join(''));
  return {
    file,
    of: Object.fromEntries(made.map(([name, { key }]) => [name, key])) as Record<Caller, string>,
    remove: (caller) => {
      const lines = readFileSync(file, 'utf8').split('\n');
      writeFileSync(file, lines.filter((line) => !line.startsWith(`${caller} `)).join('\n'));
    },
    add: (caller, roles) => {
      const { key, line } = makeKey(caller, roles);
      appendFileSync(file, `${line}\n`);
      return key;
    },
  };
}
