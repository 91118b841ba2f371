import { randomUUID } from 'node:crypto';
import { aFailedResult, aResult } from '@dtq/backend-conformance/samples.ts';
import { Defect } from '@dtq/core/errors.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { JOB_RESULTS } from '@dtq/generated/storage/job-results.ts';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDistributedBackend } from './backend.ts';
import { describeWithStack, freshSpace, stack } from './test/stack.ts';
import { deployTopology } from './topology.ts';

const log = silentLogger();

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
    const collection = client.db(config.mongodb.database).collection(config.mongodb.collection);
    let backend: Backend;

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
      const indexes = await collection.listIndexes().toArray();
      for (const { name: index, keys, unique } of JOB_RESULTS.indexes) {
        const there = indexes.find((one) => one['name'] === index);
        expect(there?.['key']).toEqual(keys);
        expect(there?.['unique'] === true).toBe(unique);
      }
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
      const isHeld = backend.capabilities.some(
        ({ name: capability, supported }) => capability === 'document-validation' && supported,
      );
      const insert = collection.insertOne({ job_id: id, job_type: 'weather' });
      if (isHeld) await expect(insert).rejects.toMatchObject({ code: 121 });
      else {
        await insert;
        await expect(backend.results.get(id)).rejects.toBeInstanceOf(Defect);
        await expect(backend.results.insert(aResult(id))).rejects.toBeInstanceOf(Defect);
      }
    });

    it('a document that breaks the schema does not take those of its batch with it', async () => {
      const isHeld = backend.capabilities.some(
        ({ name: capability, supported }) => capability === 'document-validation' && supported,
      );
      if (!isHeld) return;
      const [good, bad] = [aResult(), { ...aResult(), started_at: 'yesterday' }];
      const [first, second] = await Promise.allSettled([backend.results.insert(good), backend.results.insert(bad)]);
      expect(first).toMatchObject({ value: { inserted: true } });
      expect(second).toMatchObject({ reason: { name: 'Defect' } });
    });
  });
