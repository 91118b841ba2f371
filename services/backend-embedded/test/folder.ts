import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { silentLogger } from '@dtq/core/log.ts';
import { onTestFinished } from 'vitest';
import { type EmbeddedBackend, type EmbeddedOptions, openEmbeddedBackend } from '../backend.ts';
import { DATA_FILE } from '../database.ts';

/** A data folder, not made yet, that goes when the running test ends. */
export function freshDataDir(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'dtq-embedded-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'data');
}

/** Opens a backend until the running test ends. */
export async function open(dataDir: string, options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedBackend> {
  const backend = await openEmbeddedBackend({ dataDir, log: silentLogger(), ...options });
  onTestFinished(() => backend.close());
  return backend;
}

/** Runs a statement on the data file through a connection of its own, as another program would. */
export function sql(dataDir: string, statement: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
  const connection = new DatabaseSync(path.join(dataDir, DATA_FILE), { timeout: 1000 });
  try {
    return connection.prepare(statement).all(...values);
  } finally {
    connection.close();
  }
}
