import { randomUUID } from 'node:crypto';
import type { Begun } from '@dtq/core/ports.ts';
import { describe, expect } from 'vitest';
import { aChange, aStart } from './samples.ts';
import type { Suite } from './suite.ts';

/** The record that `begin` keeps of the attempts at a job. */
export function attemptCases({ backend, test }: Suite): void {
  const at = (second: number): string => new Date(Date.UTC(2026, 1, 14, 15, 0, second)).toISOString();
  const begin = (id: string, second: number, part: object = {}): Promise<Begun> =>
    backend().statuses.begin({ ...aStart(id), updated_at: at(second), ...part });

  describe('statuses: attempts', () => {
    test('the first is recorded with who makes it and how long it waited', async () => {
      const id = randomUUID();
      const begun = await begin(id, 1, { worker: 'worker-a', waited_ms: 1500 });
      const attempts = [{ number: 1, worker: 'worker-a', waited_ms: 1500, started_at: at(1) }];
      expect(begun).toEqual({ applied: true, previous: null, attempt: 1, attempts, isStale: false });
      expect((await backend().statuses.get(id))?.attempts).toEqual(attempts);
    });

    test('one that nobody ended is lost when the next begins', async () => {
      const id = randomUUID();
      await begin(id, 1, { worker: 'worker-a' });
      const { attempt, attempts } = await begin(id, 9, { worker: 'worker-b' });
      expect(attempt).toBe(2);
      expect(attempts).toEqual([
        { number: 1, worker: 'worker-a', started_at: at(1), ended_at: at(9), outcome: 'lost' },
        { number: 2, worker: 'worker-b', started_at: at(9) },
      ]);
      expect((await backend().statuses.get(id))?.attempts).toEqual(attempts);
    });

    test('a message of a later attempt begins that one, whatever the status knows', async () => {
      const id = randomUUID();
      expect(await begin(id, 1, { attempt: 4 })).toMatchObject({ applied: true, attempt: 4 });
      expect(await begin(id, 2, { attempt: 2 })).toMatchObject({ applied: true, attempt: 5, isStale: false });
    });

    test('while the next attempt waits for its time, a message of an earlier one is stale and writes nothing', async () => {
      const id = randomUUID();
      const { attempts } = await begin(id, 1);
      const ended = attempts.map((one) => ({ ...one, ended_at: at(2), outcome: 'retried' as const }));
      const wait = { ...aChange(id, 'started'), attempts: ended, next_attempt_at: at(60) };
      expect((await backend().statuses.advance(wait)).applied).toBe(true);
      const before = await backend().statuses.get(id);
      expect(await begin(id, 3)).toEqual({
        applied: false,
        previous: before,
        attempt: 1,
        attempts: ended,
        isStale: true,
      });
      expect(await backend().statuses.get(id)).toEqual(before);
      const next = await begin(id, 60, { attempt: 2, waited_ms: 58_000 });
      expect(next).toMatchObject({ applied: true, attempt: 2, isStale: false });
      expect(next.attempts).toEqual([...ended, { number: 2, waited_ms: 58_000, started_at: at(60) }]);
      expect((await backend().statuses.get(id))?.next_attempt_at).toBeUndefined();
    });

    test('over a final status none begins, and the record is told', async () => {
      const id = randomUUID();
      const { attempts } = await begin(id, 1);
      const ended = attempts.map((one) => ({ ...one, ended_at: at(2), outcome: 'completed' as const }));
      await backend().statuses.advance({ ...aChange(id, 'completed'), attempts: ended });
      const previous = await backend().statuses.get(id);
      expect(await begin(id, 3, { attempt: 2 })).toEqual({
        applied: false,
        previous,
        attempt: 1,
        attempts: ended,
        isStale: false,
      });
    });

    test('of many attempts the last 20 are kept, and the numbers go on', async () => {
      const id = randomUUID();
      for (let count = 1; count <= 23; count += 1) await begin(id, count);
      const { attempts = [], attempt } = (await backend().statuses.get(id)) ?? {};
      expect(attempt).toBe(23);
      expect(attempts.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, index) => index + 4));
      expect(attempts.filter(({ outcome }) => outcome === 'lost')).toHaveLength(19);
    });
  });
}
