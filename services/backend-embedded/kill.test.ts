import { expect, it, vi } from 'vitest';
import { freshDataDir, open } from './test/folder.ts';
import { spawnOwner } from './test/spawn-owner.ts';

/** Takes what waits in a folder until all of some jobs have come. */
async function takeAll(dataDir: string, ids: readonly string[]): Promise<void> {
  const backend = await open(dataDir);
  const taken = new Set<string | null>();
  const consumer = await backend.queue.consume({
    jobTypes: ['weather'],
    concurrency: {},
    deliver: async ({ key }) => {
      taken.add(key);
      return { kind: 'done' };
    },
  });
  await vi.waitFor(() => expect(ids.filter((id) => !taken.has(id))).toEqual([]), 10_000);
  await consumer.stop(1000);
}

it('after a kill -9 what was being delivered is delivered at once', async () => {
  const dataDir = freshDataDir();
  const owner = spawnOwner(dataDir, 100);
  await vi.waitFor(() => expect(owner.ids('delivered')).toHaveLength(100), 15_000);
  await owner.kill();
  const began = performance.now();
  await takeAll(dataDir, owner.ids('published'));
  // No lease of the dead owner is waited for: the shortest wait of this queue is a second.
  expect(performance.now() - began).toBeLessThan(1000);
});

it('a kill -9 takes no row of the schedule, no open job and no document that was confirmed', async () => {
  const dataDir = freshDataDir();
  const owner = spawnOwner(dataDir, 1_000_000);
  await vi.waitFor(() => expect(owner.ids('kept').length).toBeGreaterThan(100), 15_000);
  await owner.kill();
  const ids = owner.ids('kept');
  const backend = await open(dataDir);
  for (const id of ids) {
    expect(await backend.schedule.find(id)).toMatchObject([{ job_id: id, kind: 'run' }]);
    expect(await backend.results.get(id)).toMatchObject({ job_id: id });
    expect(await backend.openJobs.find(id)).toMatchObject({ place: 'queued' });
  }
  const { completed } = await backend.results.counts('weather');
  expect(completed).toBeGreaterThanOrEqual(ids.length);
  expect(completed).toBe((await backend.results.list({ limit: 1_000_000 })).length);
  const { queued } = await backend.openJobs.counts('weather');
  expect(queued).toBe((await backend.openJobs.list({ limit: 1_000_000 })).length);
});

it('a kill -9 amid publishing takes nothing that was confirmed', async () => {
  const dataDir = freshDataDir();
  const owner = spawnOwner(dataDir, 1_000_000);
  await vi.waitFor(() => expect(owner.ids('published').length).toBeGreaterThan(200), 15_000);
  await owner.kill();
  await takeAll(dataDir, owner.ids('published'));
});
