import { randomUUID } from 'node:crypto';
import { aFailedResult, aJob, aResult, aRow } from '@dtq/backend-conformance/samples.ts';
import { systemClock } from '@dtq/core/clock.ts';
import { Defect } from '@dtq/core/errors.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import type { ScheduledJob, ScheduledJobByJobType } from '@dtq/generated/schemas/types.ts';
import { DEAD_LETTERS } from '@dtq/generated/storage/dead-letters.ts';
import { JOB_COUNTS } from '@dtq/generated/storage/job-counts.ts';
import { JOB_REPLAYS } from '@dtq/generated/storage/job-replays.ts';
import { JOB_RESULTS } from '@dtq/generated/storage/job-results.ts';
import { JOB_SCHEDULE } from '@dtq/generated/storage/job-schedule.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { Collection, MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { openDistributedBackend } from './backend.ts';
import { deadLetterOf } from './dead-letter.ts';
import { VALIDATION } from './mongo-collection.ts';
import { MongoStores } from './mongo-stores.ts';
import { describeWithStack, freshSpace, stack } from './test/stack.ts';
import { deployTopology } from './topology.ts';

const log = silentLogger();
const AT = '2026-02-14T15:12:04.000Z';

for (const [name, uri] of [
  ['MongoDB', (): string | undefined => stack().MONGO_URI],
  ['the second MongoDB wire', (): string | undefined => stack().DTQ_SECANTUS_MONGO_URI],
] as const)
  describeWithStack(`documents on ${name}`, () => {
    const found = uri();
    if (found === undefined) {
      if (process.env['CI'] !== undefined) throw new Error(`${name} is not there: npm run infra:up -- --with-secantus`);
      it.skip('not there: npm run infra:up -- --with-secantus', () => {});
      return;
    }
    const space = freshSpace(found);
    const config = space.config('worker');
    const client = new MongoClient(found);
    const database = client.db(config.mongodb.database);
    const collection = database.collection(config.mongodb.collection);
    let backend: Backend;

    const isHeld = (): boolean =>
      backend.capabilities.some(({ name: capability, supported }) => capability === VALIDATION && supported);

    beforeAll(async () => {
      backend = await openDistributedBackend({ config, role: 'worker', log });
    });

    afterAll(async () => {
      await backend.close();
      await client.close();
      await space.remove();
    });

    it('has the indexes of the contract, after any number of starts', async () => {
      await deployTopology({ config, log });
      await deployTopology({ config, log });
      for (const { collection: named, indexes } of [JOB_RESULTS, JOB_COUNTS, JOB_SCHEDULE, DEAD_LETTERS, JOB_REPLAYS]) {
        const there = await database.collection(named).listIndexes().toArray();
        for (const { name: index, keys, unique } of indexes) {
          const found = there.find((one) => one['name'] === index);
          expect(found?.['key']).toEqual(keys);
          expect(found?.['unique'] === true).toBe(unique);
        }
      }
    });

    it('a dead letter is kept once, whatever its names and texts are made of', async () => {
      const message = {
        key: Buffer.from('a\0b'),
        value: Buffer.from([0, 255, 1]),
        headers: { 'a.b': 'x\0y', $c: 'z' },
      };
      const source = { topic: 't.x', partition: 3, offset: '7' };
      const letter = deadLetterOf('weather', message, { kind: 'bury', reason: 'no\0job' }, source, AT);
      const stores = new MongoStores({
        config: config.mongodb,
        clientId: 'dtq-test',
        clock: systemClock,
        log,
        isRecounting: false,
      });
      onTestFinished(() => stores.close());
      await stores.connection.ready;
      await stores.deadLetters.keep(letter);
      await stores.deadLetters.keep({ ...letter, reason: 'another time' });
      expect(await backend.deadLetters.get('t.x:3:7')).toEqual({
        dead_letter_id: 't.x:3:7',
        job_type: 'weather',
        key: 'a\uFFFDb',
        reason: 'no\uFFFDjob',
        violations: [],
        size: 3,
        buried_at: AT,
        headers: { 'a.b': 'x\uFFFDy', $c: 'z' },
        value_base64: 'AP8B',
      });
      expect(await backend.deadLetters.list({ limit: 10 })).toHaveLength(1);
    });

    it('a document that cannot be read is left out of a list, and the next one takes its place', async () => {
      if (isHeld()) return;
      const trace_id = randomUUID();
      const results = [1, 2, 3].map((hour) => ({
        ...aResult(),
        trace_id,
        submitted_at: `2026-02-14T0${hour}:00:00.000Z`,
      }));
      for (const result of results) await backend.results.insert(result);
      await collection.insertOne({ job_id: randomUUID(), trace_id, submitted_at: '2026-02-14T02:30:00.000Z' });
      const listed = await backend.results.list({ traceId: trace_id, limit: 2 });
      expect(listed).toEqual([results[2], results[1]]);
    });

    it('a row that nobody can read does not keep the others from being claimed, and is not claimed itself', async () => {
      if (isHeld()) return;
      const rows = database.collection<{ _id: string }>(JOB_SCHEDULE.collection);
      await rows.insertOne({ _id: 'odd', due_at: '2026-01-01T00:00:00.000Z', job_type: 'weather' } as { _id: string });
      const message = aJob();
      const row: ScheduledJob = {
        schedule_id: `${message.job_id}:run`,
        kind: 'run',
        due_at: '2026-01-02T00:00:00.000Z',
        job_id: message.job_id,
        job_type: 'weather',
        message: message as ScheduledJobByJobType['weather']['message'],
        priority: 'normal',
        attempt: 1,
      };
      await backend.schedule.put(row);
      const claim = () => backend.schedule.claim({ owner: 'test', leaseMs: 60_000, limit: 1 });
      expect(await claim()).toEqual([]);
      expect(await claim()).toMatchObject([row]);
      expect(await rows.countDocuments({})).toBe(2);
    });

    it("a row of a newer program's type is left to that program", async () => {
      if (isHeld()) return;
      const rows = database.collection<{ _id: string }>(JOB_SCHEDULE.collection);
      const newer = { _id: 'newer', due_at: '2026-01-01T00:00:00.000Z', job_type: 'translation' };
      await rows.insertOne(newer);
      onTestFinished(async () => {
        await rows.deleteOne({ _id: newer._id });
      });
      const row = aRow(aJob(), { due_at: '2026-01-02T00:00:00.000Z' });
      await backend.schedule.put(row);
      expect(await backend.schedule.claim({ owner: 'test', leaseMs: 60_000, limit: 1 })).toMatchObject([row]);
      expect(await rows.findOne({ _id: newer._id })).toEqual(newer);
    });

    it('a next attempt stands although the row before it is removed just while it is put', async () => {
      const message = aJob();
      const first = aRow(message);
      const next = aRow(message, { attempt: 2, due_at: '2030-01-01T00:00:00.000Z' });
      const stores = new MongoStores({
        config: config.mongodb,
        clientId: 'dtq-test',
        clock: systemClock,
        log,
        isRecounting: false,
      });
      onTestFinished(() => stores.close());
      await stores.connection.ready;
      const { replaceOne } = Collection.prototype;
      const removing = vi.spyOn(Collection.prototype, 'replaceOne').mockImplementationOnce(async function (
        this: Collection,
        ...args
      ) {
        await backend.schedule.remove(first.schedule_id, first.attempt);
        return replaceOne.apply(this, args);
      });
      onTestFinished(() => removing.mockRestore());
      await stores.schedule.put(first);
      await stores.schedule.put(next);
      expect(removing).toHaveBeenCalled();
      expect(await backend.schedule.find(message.job_id)).toMatchObject([next]);
    });

    it('counts that are missing are counted, and go on from there', async () => {
      const before = await eventually('they are there', async () => {
        const counts = await backend.results.counts('weather');
        const total = await collection.countDocuments({ job_type: 'weather', final_state: 'completed' });
        return counts.completed === total ? counts : null;
      });
      await database.collection(JOB_COUNTS.collection).deleteMany({});
      await backend.results.insert(aResult());
      await eventually('they are counted', async () => {
        return (await backend.results.counts('weather')).completed === before.completed + 1;
      });
      await backend.results.insert(aResult());
      await eventually('they go on', async () => {
        return (await backend.results.counts('weather')).completed === before.completed + 2;
      });
      expect(await backend.results.counts()).toEqual(await backend.results.counts('weather'));
    });

    it('stores exactly the document, once', async () => {
      const result = aResult();
      await Promise.all([
        backend.results.insert(result),
        backend.results.insert(result),
        backend.results.insert(aFailedResult(result.job_id)),
      ]);
      const documents = await collection.find({ job_id: result.job_id }).toArray();
      expect(documents).toHaveLength(1);
      const { _id, ...document } = documents[0] ?? {};
      expect(document).toEqual(result);
    });

    it('a document that nobody can read is neither none nor handed out', async () => {
      const id = randomUUID();
      const insert = collection.insertOne({ job_id: id, job_type: 'weather' });
      if (isHeld()) await expect(insert).rejects.toMatchObject({ code: 121 });
      else {
        await insert;
        await expect(backend.results.get(id)).rejects.toBeInstanceOf(Defect);
        await expect(backend.results.insert(aResult(id))).rejects.toBeInstanceOf(Defect);
      }
    });

    it('a document that breaks the schema does not take those of its batch with it', async () => {
      if (!isHeld()) return;
      const [good, bad] = [aResult(), { ...aResult(), started_at: 'yesterday' }];
      const [first, second] = await Promise.allSettled([backend.results.insert(good), backend.results.insert(bad)]);
      expect(first).toMatchObject({ value: { inserted: true } });
      expect(second).toMatchObject({ reason: { name: 'Defect' } });
    });
  });
