import { randomUUID } from 'node:crypto';
import * as strict from '@dtq/generated/validators/strict.ts';
import { describe, expect } from 'vitest';
import { aReplay } from './samples.ts';
import type { Suite } from './suite.ts';

/** Which job repeats which. */
export function replayCases({ backend, test }: Suite): void {
  const at = (minute: number): string => new Date(Date.UTC(2026, 1, 14, 15, minute)).toISOString();

  describe('replays', () => {
    test('the replays of jobs and dead letters, the newest first', async () => {
      const [job, letter, other] = [randomUUID(), `jobs.weather.v1:0:${Date.now()}`, randomUUID()];
      const replays = [
        aReplay(job, at(4)),
        { ...aReplay(letter, at(3)), kind: 'dead_letter' as const, corrected: true },
        aReplay(job, at(2)),
      ];
      for (const index of [1, 0, 2]) await backend().replays.record(replays[index] ?? aReplay(job));
      await backend().replays.record(aReplay(other, at(1)));
      const found = await backend().replays.of([letter, job, randomUUID()]);
      expect(found).toEqual(replays);
      expect(found.map((one) => strict.Replay(structuredClone(one)))).toEqual([true, true, true]);
      expect(await backend().replays.of([letter])).toEqual([replays[1]]);
      expect(await backend().replays.of([randomUUID()])).toEqual([]);
      expect(await backend().replays.of([])).toEqual([]);
    });

    test('a new job has one record', async () => {
      const replay = aReplay(randomUUID());
      await backend().replays.record(replay);
      await backend().replays.record(replay);
      expect(await backend().replays.of([replay.replay_of])).toEqual([replay]);
    });
  });
}
