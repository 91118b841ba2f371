import { randomUUID } from 'node:crypto';
import type { Delivery, Outcome } from '@dtq/core/ports.ts';
import type { DeadLetterSummary, JobType } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { describe, expect } from 'vitest';
import { consuming } from './consuming.ts';
import { until } from './facts.ts';
import type { Suite } from './suite.ts';

const VALUE = new Uint8Array([0x7b, 0xff, 0x00, 0x7d]);

/** What was buried can be listed, and read as it stood. */
export function deadLetterCases({ backend, space, test, patienceMs }: Suite): void {
  const all = (jobType?: JobType) =>
    backend().deadLetters.list({ limit: 500, ...(jobType === undefined ? {} : { jobType }) });

  /** Puts a message there, buries it, and gives its id once it can be listed. */
  const bury = async (
    outcome: Partial<Extract<Outcome, { kind: 'bury' }>> = {},
    jobType: JobType = 'weather',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ id: string; key: string }> => {
    const key = randomUUID();
    const { deliveries, consumer } = await consuming(backend(), {
      jobTypes: [jobType],
      mine: (delivery) => delivery.key === key,
      deliver: async () => ({ reason: 'made by this test', ...outcome, kind: 'bury' }),
    });
    await space().putMessage(jobType, { key, value: VALUE, headers });
    await until('it is delivered', patienceMs, () => deliveries.length > 0);
    await consumer.stop(patienceMs);
    const [{ source }] = deliveries as [Delivery];
    const id = `${source.topic}:${source.partition}:${source.offset}`;
    await until('it can be read', patienceMs, async () => (await backend().deadLetters.get(id)) !== null);
    return { id, key };
  };

  describe('dead letters', () => {
    test('of a place where nothing was buried there is none', async () => {
      expect(await backend().deadLetters.get('jobs.weather.v1:0:999999')).toBeNull();
    });

    test('what was buried tells its bytes, its headers, where it stood, and what was wrong with it', async () => {
      const violations = [
        { pointer: '/payload/units', message: 'must be one of "metric", "imperial", not "kelvin"' },
        { pointer: '/payload/city', message: 'is required, and missing' },
      ];
      const [jobId, traceId] = [randomUUID(), randomUUID()];
      const before = Date.now();
      const { id, key } = await bury({ reason: 'it breaks its schema', violations, jobId, traceId }, 'weather', {
        'x-made-by': 'somebody else',
      });
      const letter = await backend().deadLetters.get(id);
      expect(letter).toMatchObject({
        dead_letter_id: id,
        job_type: 'weather',
        key,
        job_id: jobId,
        trace_id: traceId,
        reason: 'it breaks its schema',
        violations,
        size: VALUE.length,
        headers: { 'x-made-by': 'somebody else' },
        value_base64: Buffer.from(VALUE).toString('base64'),
      });
      expect(Date.parse(letter?.buried_at ?? '')).toBeGreaterThanOrEqual(before);
      expect(strict.DeadLetter(structuredClone(letter))).toBe(true);
      const { headers: _, value_base64: __, ...summary } = letter ?? {};
      expect((await all()).find(({ dead_letter_id }) => dead_letter_id === id)).toEqual(summary);
    });

    test('one of which nothing could be read has no ids and no violations', async () => {
      const { id } = await bury({ jobId: null, traceId: null });
      const letter = await backend().deadLetters.get(id);
      expect(letter?.violations).toEqual([]);
      expect(letter?.job_id).toBeUndefined();
      expect(letter?.trace_id).toBeUndefined();
      expect(strict.DeadLetter(structuredClone(letter))).toBe(true);
    });

    test('a list has the newest first, by type and time, in pages', async () => {
      const weather = [await bury(), await bury()];
      const quote = await bury({}, 'quote');
      const ids = (letters: readonly DeadLetterSummary[]): string[] =>
        letters.map(({ dead_letter_id }) => dead_letter_id);
      const list = await all();
      expect(ids(list)).toEqual(expect.arrayContaining([...weather, quote].map(({ id }) => id)));
      const inOrder = [...list].sort((a, b) =>
        [b.buried_at, b.dead_letter_id] < [a.buried_at, a.dead_letter_id] ? -1 : 1,
      );
      expect(ids(list)).toEqual(ids(inOrder));

      expect(ids(await all('quote'))).toEqual(ids(list.filter(({ job_type }) => job_type === 'quote')));
      const [newest] = list as [DeadLetterSummary];
      const since = newest.buried_at;
      const { deadLetters } = backend();
      expect(ids(await deadLetters.list({ since, limit: 500 }))).toEqual(
        ids(list.filter(({ buried_at }) => buried_at >= since)),
      );
      expect(ids(await deadLetters.list({ until: since, limit: 500 }))).toEqual(
        ids(list.filter(({ buried_at }) => buried_at < since)),
      );

      const paged: DeadLetterSummary[] = [];
      for (;;) {
        const after = paged.at(-1);
        const page = await deadLetters.list({ limit: 2, ...(after === undefined ? {} : { after }) });
        paged.push(...page);
        if (page.length < 2) break;
      }
      expect(ids(paged)).toEqual(ids(list));
    });
  });
}
