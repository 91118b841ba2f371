import { randomUUID } from 'node:crypto';
import type { StatusChange } from '@dtq/core/ports.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { describe, expect } from 'vitest';
import { aChange } from './samples.ts';
import type { Suite } from './suite.ts';

const FACTS = {
  job_type: 'weather',
  submitted_at: '2026-02-14T15:12:04.000Z',
  input: { city: 'Århus', units: 'metric', 'a "quoted" key': [1, null, 'é'] },
  priority: 'high',
  expires_at: '2030-01-01T00:00:00.000Z',
  replay_of: 'jobs.weather.v1:0:41',
} as const satisfies Partial<StatusChange>;

const ATTEMPTS = [
  { number: 1, worker: 'worker-a', waited_ms: 0, started_at: '2026-02-14T15:12:05.000Z' },
  {
    number: 2,
    started_at: '2026-02-14T15:12:06.000Z',
    ended_at: '2026-02-14T15:12:07.000Z',
    outcome: 'retried',
    error: { code: 'provider_timeout', message: 'too slow' },
  },
] as const satisfies StatusChange['attempts'];

/** What a status keeps of a job, and what goes with the next change. */
export function statusFactCases({ backend, test }: Suite): void {
  const mustGet = async (id: string): Promise<JobStatus> => {
    const status = await backend().statuses.get(id);
    if (status === null) throw new Error(`there is no status of ${id}`);
    expect(strict.JobStatus(structuredClone(status))).toBe(true);
    return status;
  };
  const advance = async (change: StatusChange): Promise<void> => {
    expect((await backend().statuses.advance(change)).applied).toBe(true);
  };

  describe('statuses: what is known of a job', () => {
    test('what its submit said is kept by later changes that leave it out, to the end', async () => {
      const id = randomUUID();
      await advance({ ...aChange(id, 'queued'), ...FACTS });
      expect(await mustGet(id)).toMatchObject(FACTS);
      for (const step of ['started', 'calling', 'storing', 'completed'] as const) {
        await advance(aChange(id, step));
        expect(await mustGet(id)).toMatchObject(FACTS);
      }
    });

    test('what a first status lacked a later one may say', async () => {
      const id = randomUUID();
      await advance(aChange(id, 'queued'));
      expect((await mustGet(id)).input).toBeUndefined();
      await advance({ ...aChange(id, 'started'), ...FACTS });
      expect(await mustGet(id)).toMatchObject(FACTS);
    });

    test('its attempts are kept by changes that leave them out, and replaced by those of one that has some', async () => {
      const id = randomUUID();
      await advance({ ...aChange(id, 'started'), attempts: [ATTEMPTS[0]] });
      await advance(aChange(id, 'calling'));
      expect((await mustGet(id)).attempts).toEqual([ATTEMPTS[0]]);
      await advance({ ...aChange(id, 'storing'), attempts: ATTEMPTS });
      await advance(aChange(id, 'failed'));
      expect((await mustGet(id)).attempts).toEqual(ATTEMPTS);
    });

    test('of many attempts the last 20 are kept', async () => {
      const id = randomUUID();
      const many = Array.from({ length: 25 }, (_, index) => ({ ...ATTEMPTS[0], number: index + 1 }));
      await advance({ ...aChange(id, 'started', 25), attempts: many });
      expect((await mustGet(id)).attempts).toEqual(many.slice(-20));
    });

    test('what it waits for goes with the next change: its time, and the next attempt', async () => {
      const id = randomUUID();
      const run_at = '2026-02-14T16:00:00.000Z';
      const next_attempt_at = '2026-02-14T17:00:00.000Z';
      await advance({ ...aChange(id, 'queued'), run_at });
      expect(await mustGet(id)).toMatchObject({ state: 'queued', run_at });
      await advance(aChange(id, 'queued'));
      expect((await mustGet(id)).run_at).toBeUndefined();
      await advance(aChange(id, 'calling'));
      await advance({ ...aChange(id, 'calling'), next_attempt_at });
      expect(await mustGet(id)).toMatchObject({ state: 'running', progress_percent: 50, next_attempt_at });
      await advance(aChange(id, 'started', 2));
      expect((await mustGet(id)).next_attempt_at).toBeUndefined();
    });

    test('a wait that is told late moves nothing back', async () => {
      const id = randomUUID();
      await advance(aChange(id, 'queued'));
      const late = { ...aChange(id, 'queued'), run_at: '2026-02-14T16:00:00.000Z' };
      expect((await backend().statuses.advance(late)).applied).toBe(false);
      await advance(aChange(id, 'started', 2));
      const lateWait = { ...aChange(id, 'calling', 1), next_attempt_at: '2026-02-14T16:00:00.000Z' };
      expect((await backend().statuses.advance(lateWait)).applied).toBe(false);
      expect((await mustGet(id)).next_attempt_at).toBeUndefined();
    });

    test('the error of one change does not stay with the next', async () => {
      const id = randomUUID();
      await advance({ ...aChange(id, 'calling'), error_code: 'provider_timeout', error_message: 'too slow' });
      expect(await mustGet(id)).toMatchObject({ error_code: 'provider_timeout', error_message: 'too slow' });
      await advance(aChange(id, 'storing'));
      const { error_code, error_message } = await mustGet(id);
      expect([error_code, error_message]).toEqual([undefined, undefined]);
    });
  });
}
