import { randomUUID } from 'node:crypto';
import { aChange } from '@dtq/backend-conformance/samples.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { JOB_STATUS } from '@dtq/generated/storage/job-status.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from './database.ts';
import { EmbeddedStatusStore } from './redis.ts';
import { StatusRows } from './status-rows.ts';
import { freshDataDir, open, sql } from './test/folder.ts';

describe('the time to live of a status', () => {
  it('is a day unless it is set, and begins anew with each change', async () => {
    const dataDir = freshDataDir();
    let now = 1_000_000;
    const backend = await open(dataDir, { clock: { now: () => now } });
    const id = randomUUID();
    for (const step of ['queued', 'started'] as const) {
      now += 1000;
      await backend.statuses.advance(aChange(id, step));
      expect(sql(dataDir, 'SELECT expires_at FROM job_status')).toEqual([{ expires_at: now + JOB_STATUS.ttlMs }]);
    }
    now += 1000;
    expect((await backend.statuses.advance(aChange(id, 'queued'))).applied).toBe(false);
    expect(sql(dataDir, 'SELECT expires_at FROM job_status')).toEqual([{ expires_at: now - 1000 + JOB_STATUS.ttlMs }]);
  });

  it('ends rows in sweeps of 500, oldest first, and leaves the others', async () => {
    const dataDir = freshDataDir();
    const database = openDatabase(dataDir, 'NORMAL');
    let now = 0;
    const parts = { database, clock: { now: () => now }, log: silentLogger() };
    const statuses = new EmbeddedStatusStore({ ...parts, rows: new StatusRows(parts), ttlMs: 1000 });
    onTestFinished(() => {
      statuses.close();
      database.close();
    });
    const write = (count: number): Promise<unknown> =>
      Promise.all(Array.from({ length: count }, () => statuses.advance(aChange(randomUUID(), 'completed'))));
    await write(600);
    now = 900;
    await write(10);
    expect(await statuses.sweep()).toBe(0);
    now = 1000;
    expect(await statuses.sweep()).toBe(500);
    expect(await statuses.sweep()).toBe(100);
    expect(await statuses.sweep()).toBe(0);
    expect(sql(dataDir, 'SELECT count(*) AS rows FROM job_status')).toEqual([{ rows: 10 }]);
  });
});

it('statuses outlive the process here', async () => {
  const dataDir = freshDataDir();
  const id = randomUUID();
  const first = await open(dataDir);
  await first.statuses.advance(aChange(id, 'calling'));
  await first.close();
  const second = await open(dataDir);
  expect(await second.statuses.get(id)).toMatchObject({ progress_percent: 50, sequence: 1 });
});
