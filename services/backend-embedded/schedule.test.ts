import { aJob, aRow, aSubmitRecord } from '@dtq/backend-conformance/samples.ts';
import { SUBMIT_KEYS_TTL_MS } from '@dtq/generated/storage/submit-keys.ts';
import { expect, it } from 'vitest';
import { LETTERS, LETTERS_OF_TYPE } from './dead-letters.ts';
import { DUE_ROWS } from './schedule.ts';
import { freshDataDir, open, sql } from './test/folder.ts';

const LEASE = { owner: 'somebody', leaseMs: 30_000, limit: 10 };

it('rows are due, and leases over, by the clock that the backend was given', async () => {
  let now = Date.UTC(2026, 1, 14);
  const { schedule } = await open(freshDataDir(), { clock: { now: () => now } });
  const row = aRow(aJob(), { due_at: new Date(now + 1000).toISOString() });
  await schedule.put(row);
  expect(await schedule.claim(LEASE)).toEqual([]);
  now += 1000;
  const leased = { ...row, lease: 'somebody', leased_until: new Date(now + 30_000).toISOString() };
  expect(await schedule.claim(LEASE)).toEqual([leased]);
  expect(await schedule.find(row.job_id)).toEqual([leased]);
  now += 29_999;
  expect(await schedule.claim(LEASE)).toEqual([]);
  now += 1;
  expect(await schedule.claim(LEASE)).toHaveLength(1);
});

it('a row that cannot be read is neither given out nor lost', async () => {
  const dataDir = freshDataDir();
  const { schedule } = await open(dataDir);
  const [broken, whole] = [aRow(aJob()), aRow(aJob())];
  for (const row of [broken, whole]) await schedule.put(row);
  sql(dataDir, "UPDATE job_schedule SET row = '{' WHERE schedule_id = ?", broken.schedule_id);
  expect(await schedule.claim(LEASE)).toMatchObject([whole]);
  expect(await schedule.find(broken.job_id)).toEqual([]);
  expect(sql(dataDir, 'SELECT count(*) AS rows FROM job_schedule')).toEqual([{ rows: 2 }]);
});

it('what is due, and pages of dead letters, are read through indexes, in their order', async () => {
  const dataDir = freshDataDir();
  await open(dataDir);
  const plan = (statement: string) => sql(dataDir, `EXPLAIN QUERY PLAN ${statement}`).map(({ detail }) => detail);
  expect(plan(DUE_ROWS)).toEqual(['SEARCH job_schedule USING INDEX job_schedule_due (due_at<?)']);
  expect(plan(LETTERS)).toEqual([
    expect.stringMatching(/^SEARCH dead_letters USING INDEX dead_letters_newest \(.*buried_at.*\)$/),
  ]);
  expect(plan(LETTERS_OF_TYPE)).toEqual([
    expect.stringMatching(/^SEARCH dead_letters USING INDEX dead_letters_newest_of_type \(job_type=\? AND .+\)$/),
  ]);
});

it('an Idempotency-Key is free again after its time to live, and a sweep takes its row away', async () => {
  const dataDir = freshDataDir();
  let now = Date.UTC(2026, 1, 14);
  const backend = await open(dataDir, { clock: { now: () => now } });
  const key = 'f'.repeat(64);
  const record = aSubmitRecord({ state: 'answered' });
  expect(await backend.submitKeys.claim(key, record)).toBeNull();
  now += SUBMIT_KEYS_TTL_MS - 1;
  await backend.lookAgain();
  expect(await backend.submitKeys.claim(key, aSubmitRecord())).toEqual(record);
  now += 1;
  expect(await backend.submitKeys.claim(key, aSubmitRecord())).toBeNull();
  now += SUBMIT_KEYS_TTL_MS;
  await backend.lookAgain();
  expect(sql(dataDir, 'SELECT key FROM submit_keys')).toEqual([]);
});
