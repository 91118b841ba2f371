import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packSdk, type Tarball } from '@dtq/sdk-pack/pack.ts';
import { afterAll } from 'vitest';

/** The tarball, made when the first test of a file asks for it, and gone behind the last. */
export function useTarball(): () => Promise<Tarball> {
  let folder: string | undefined;
  let packed: Promise<Tarball> | undefined;
  afterAll(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    folder ??= mkdtempSync(path.join(tmpdir(), 'dtq-tarball-'));
    packed ??= packSdk(folder);
    return packed;
  };
}
