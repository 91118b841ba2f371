import { randomUUID } from 'node:crypto';
import type { JobResult } from '@dtq/generated/schemas/types.ts';
import { describe, expect } from 'vitest';
import { aFailedResult, aResult } from './samples.ts';
import type { Suite } from './suite.ts';

/** Documents: one for each job, and the stored one wins. */
export function resultCases({ backend, space, reopen, test }: Suite): void {
  describe('results', () => {
    test('of a job that nobody ended there is none', async () => {
      expect(await backend().results.get(randomUUID())).toBeNull();
    });

    for (const [kind, make] of [
      ['completed', aResult],
      ['failed', aFailedResult],
    ] as const)
      test(`the document of a ${kind} job is stored as it was given`, async () => {
        const result = make(randomUUID());
        expect(await backend().results.insert(result)).toEqual({ inserted: true, stored: result });
        expect(await backend().results.get(result.job_id)).toEqual(result);
      });

    test('whoever comes second gets the first one', async () => {
      const first = aResult();
      await backend().results.insert(first);
      const second = aFailedResult(first.job_id);
      expect(await backend().results.insert(second)).toEqual({ inserted: false, stored: first });
      expect(await backend().results.insert(first)).toEqual({ inserted: false, stored: first });
      expect(await backend().results.get(first.job_id)).toEqual(first);
    });

    test('of 50 different documents that are inserted at once one is stored, and all get that one', async () => {
      const id = randomUUID();
      const documents = Array.from({ length: 50 }, (_, index) => aResult(id, index));
      const answers = await Promise.all(documents.map((document) => backend().results.insert(document)));
      const [winner, ...others] = documents.filter((_, index) => answers[index]?.inserted === true);
      expect(others).toEqual([]);
      expect(answers.map(({ stored }) => stored)).toEqual(documents.map(() => winner));
      expect(await backend().results.get(id)).toEqual(winner);
    });

    test('documents of many jobs that are inserted at once, some of them stored before, each get their own answer', async () => {
      const results = Array.from({ length: 100 }, (_, index) => aResult(undefined, index));
      const before = results.filter((_, index) => index % 3 === 0);
      await Promise.all(before.map((result) => backend().results.insert(result)));
      const answers = await Promise.all(results.map((result) => backend().results.insert(result)));
      expect(answers).toEqual(results.map((stored) => ({ inserted: !before.includes(stored), stored })));
    });

    test('a document outlives the backend that stored it', async () => {
      const result = aResult();
      await backend().results.insert(result);
      await reopen();
      expect(await backend().results.get(result.job_id)).toEqual(result);
      expect(await backend().results.insert(aResult(result.job_id, 1))).toEqual({ inserted: false, stored: result });
    });

    test("another program's document is read without the fields that nobody knows", async () => {
      const { schema_version: _, trace_id: __, ...required } = aResult();
      const known = required as JobResult;
      await space().putDocument({ ...known, output: { ...known.output, unheard_of: 1 }, unheard_of: { a: 1 } });
      expect(await backend().results.get(known.job_id)).toEqual(known);
      expect(await backend().results.insert(aResult(known.job_id))).toEqual({ inserted: false, stored: known });
    });
  });
}
