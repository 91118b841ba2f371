import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { StartError } from '@dtq/core/errors.ts';
import { describe, expect, it, vi } from 'vitest';
import { freshDataDir, open } from './test/folder.ts';
import { spawnOwner } from './test/spawn-owner.ts';

describe('a data folder has one owner', () => {
  it('refuses a second one in the same process, and names the first', async () => {
    const dataDir = freshDataDir();
    const first = await open(dataDir);
    await expect(open(dataDir)).rejects.toThrow(
      new StartError(`the data folder ${dataDir} is in use by another dtq (pid ${process.pid})`),
    );
    // The refused one has not taken the lock away from the first.
    await expect(open(dataDir)).rejects.toThrow(StartError);
    await first.checks.kafka();
  });

  it('refuses a second process, and lets it in as soon as the first is killed', async () => {
    const dataDir = freshDataDir();
    const owner = spawnOwner(dataDir);
    await vi.waitFor(() => expect(owner.said).toContain('open'), 10_000);
    await expect(open(dataDir)).rejects.toThrow(
      new StartError(`the data folder ${dataDir} is in use by another dtq (pid ${owner.child.pid})`),
    );
    await owner.kill();
    const backend = await open(dataDir);
    await backend.checks.kafka();
  });

  it('lets the next one in after a close', async () => {
    const dataDir = freshDataDir();
    await (await open(dataDir)).close();
    await (await open(dataDir)).close();
  });

  it('lets another in after a start that failed', async () => {
    const dataDir = freshDataDir();
    await (await open(dataDir)).close();
    writeFileSync(path.join(dataDir, 'dtq.sqlite'), 'this is no database, and was never one at any time'.repeat(100));
    await expect(open(dataDir)).rejects.toThrow('cannot be used');
    await expect(open(dataDir)).rejects.toThrow('cannot be used');
  });
});
