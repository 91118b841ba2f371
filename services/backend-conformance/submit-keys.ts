import { randomBytes, randomUUID } from 'node:crypto';
import { IN_FLIGHT_MS } from '@dtq/core/submit-keys.ts';
import { describe, expect } from 'vitest';
import { aSubmitRecord } from './samples.ts';
import type { Suite } from './suite.ts';

/** One record for each key, and who may take one over. */
export function submitKeyCases({ backend, test }: Suite): void {
  const aKey = (): string => randomBytes(32).toString('hex');

  describe('submit keys', () => {
    test('a free key is claimed; who comes second gets what stands there', async () => {
      const key = aKey();
      const first = aSubmitRecord();
      expect(await backend().submitKeys.claim(key, first)).toBeNull();
      expect(await backend().submitKeys.claim(key, aSubmitRecord())).toEqual(first);
      expect(await backend().submitKeys.claim(aKey(), aSubmitRecord())).toBeNull();
    });

    test('of many that claim a key at once one gets it, and the others get its record', async () => {
      const key = aKey();
      const records = Array.from({ length: 20 }, () => aSubmitRecord());
      const answers = await Promise.all(records.map((record) => backend().submitKeys.claim(key, record)));
      const winners = records.filter((_, index) => answers[index] === null);
      expect(winners).toHaveLength(1);
      expect(answers.filter((answer) => answer !== null)).toEqual(Array.from({ length: 19 }, () => winners[0]));
    });

    test('an answer that was settled is what the next one gets', async () => {
      const key = aKey();
      const claimed = aSubmitRecord();
      await backend().submitKeys.claim(key, claimed);
      const answered = aSubmitRecord({
        state: 'answered',
        job_id: claimed.job_id,
        answer: {
          job_id: claimed.job_id,
          trace_id: randomUUID(),
          job_type: 'weather',
          state: 'queued',
          submitted_at: claimed.at,
          message: 'waiting for a worker',
        },
      });
      await backend().submitKeys.settle(key, answered);
      expect(await backend().submitKeys.claim(key, aSubmitRecord())).toEqual(answered);
    });

    const table = [
      ['an unknown outcome of the same request', { state: 'unknown' }, {}, true],
      ['an unknown outcome of another request', { state: 'unknown' }, { fingerprint: 'b'.repeat(64) }, false],
      ['the same request, in flight', {}, {}, false],
      [
        'the same request, in flight for too long',
        { at: new Date(Date.now() - IN_FLIGHT_MS - 60_000).toISOString() },
        {},
        true,
      ],
      [
        'another request, in flight for too long',
        { at: new Date(Date.now() - IN_FLIGHT_MS - 60_000).toISOString() },
        { fingerprint: 'b'.repeat(64) },
        false,
      ],
      ['the answer of another request', { state: 'answered' }, { fingerprint: 'b'.repeat(64) }, false],
    ] as const;
    for (const [title, there, claims, taken] of table)
      test(`${title}: ${taken ? 'is taken over' : 'stands'}`, async () => {
        const key = aKey();
        const before = aSubmitRecord(there);
        await backend().submitKeys.settle(key, before);
        const record = aSubmitRecord(claims);
        expect(await backend().submitKeys.claim(key, record)).toEqual(taken ? null : before);
        const stands = await backend().submitKeys.claim(key, aSubmitRecord({ fingerprint: 'c'.repeat(64) }));
        expect(stands).toEqual(taken ? record : before);
      });
  });
}
