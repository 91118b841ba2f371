import { isFinal } from '@dtq/generated/lifecycle.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobErrorCode, Problem } from '@dtq/generated/schemas/types.ts';
import { describe, expect, it } from 'vitest';
import { examplePayloads } from './output.ts';
import { MOST_JOBS } from './store.ts';
import { ended, startMock, submitted, WEATHER } from './test/start-mock.ts';

describe('many jobs', () => {
  it('are listed page by page, each once, the newest first', async () => {
    const mock = startMock({ past: 45 });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { data } = await mock.client.listJobs({ params: { query: { limit: 20, cursor } } });
      seen.push(...(data?.jobs.map(({ submitted_at = '' }) => submitted_at) ?? []));
      cursor = data?.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toHaveLength(45);
    expect(seen).toEqual(seen.toSorted().reverse());
  });

  it('are no more than it can hold', async () => {
    const mock = startMock({ speed: 10_000 });
    for (let sent = 0; sent < MOST_JOBS + 1000; sent += 1000) {
      const { data } = await mock.client.submitJobs({ body: { jobs: Array.from({ length: 1000 }, () => WEATHER) } });
      expect(data?.accepted).toBe(1000);
    }
    const { data } = await mock.client.listJobs({ params: { query: { limit: 1 } } });
    expect(Object.values(data?.counts ?? {}).reduce((sum, count) => sum + count, 0)).toBe(MOST_JOBS);
  });

  it('fail as often as they are told to', async () => {
    const failed = async (failRate: number): Promise<number> => {
      const { data } = await startMock({ past: 400, failRate }).client.listJobs();
      return data?.counts.failed ?? -1;
    };
    expect(await failed(0)).toBe(0);
    expect(await failed(1)).toBeGreaterThan(390);
    expect(await failed(0.3)).toBeGreaterThan(60);
    expect(await failed(0.3)).toBeLessThan(180);
  });

  it('are the same with the same seed, and others with another', async () => {
    const lives = async (seed: number): Promise<unknown> => {
      const { client } = startMock({ seed, past: 60, failRate: 0.4, now: () => Date.parse('2026-02-14T15:12:04Z') });
      return [
        (await client.listJobs({ params: { query: { limit: 200 } } })).data,
        (await client.listDeadLetters()).data,
      ];
    };
    expect(await lives(7)).toEqual(await lives(7));
    expect(await lives(7)).not.toEqual(await lives(8));
  });

  it('that failed are replayed once, unless that is asked for again', async () => {
    const mock = startMock();
    const job_id = await submitted(mock, 'example=provider_timeout');
    await ended(mock, job_id);
    const replay = async (more: object) => (await mock.client.replayJobs({ body: { filter: {}, ...more } })).data;
    expect(await replay({ dry_run: true })).toEqual({ matched: 1, is_complete: true, replays: [] });
    expect((await replay({}))?.replays).toMatchObject([{ replay_of: job_id, kind: 'job', corrected: false }]);
    expect((await replay({ filter: { error_code: 'provider_timeout' } }))?.matched).toBe(0);
    expect((await replay({ again: true }))?.replays).toHaveLength(1);
  });
});

describe('dead letters', () => {
  it('tell what was wrong, and are replayed with what they lack', async () => {
    const mock = startMock();
    const { data } = await mock.client.listDeadLetters();
    expect(data?.dead_letters).toHaveLength(3);
    for (const { dead_letter_id, job_type, violations } of data?.dead_letters ?? []) {
      const params = { path: { dead_letter_id } };
      const bare = await mock.client.replayDeadLetter({ params });
      const hasPayload = violations.length > 0 && violations.every(({ pointer }) => !pointer.startsWith('/payload'));
      expect(bare.response.status).toBe(hasPayload ? 202 : 400);
      const type = JOB_TYPE_VALUES.find((one) => one === job_type);
      const payload = examplePayloads(type ?? 'weather')[0] as Record<string, never>;
      const mended = await mock.client.replayDeadLetter({ params, body: { payload } });
      expect(mended.data).toMatchObject({ kind: 'dead_letter', replay_of: dead_letter_id });
      const report = await mock.client.getDeadLetter({ params });
      expect(report.data?.replays).toContainEqual(mended.data);
    }
  });
});

describe('Prefer', () => {
  it('says what it takes where it is given nonsense', async () => {
    const mock = startMock();
    const { error } = await mock.client.submitJob({ body: WEATHER, headers: { prefer: 'example=nonsense' } });
    expect(error).toMatchObject({ code: 'invalid_request', violations: [{ pointer: '#/header/prefer' }] });
    expect((error as Problem).violations?.[0]?.message).toContain('completed, retried, invalid_message');
    const list = await mock.client.listJobs({ headers: { prefer: 'example=completed' } });
    expect((list.error as Problem).violations?.[0]?.message).toBe('cannot have example with listJobs, not "completed"');
  });

  it('holds for each job of a batch, and is said to have been heeded', async () => {
    const mock = startMock();
    const { data, response } = await mock.client.submitJobs({
      body: { jobs: [WEATHER, WEATHER] },
      headers: { prefer: 'respond-async, example=timed_out' },
    });
    expect(response.headers.get('preference-applied')).toBe('example');
    for (const { body } of data?.results ?? [])
      expect((await ended(mock, body.job_id ?? ''))?.error?.code).toBe('timed_out' satisfies JobErrorCode);
  });

  it('is nothing that a job without it would have', async () => {
    const mock = startMock();
    const { response, data } = await mock.client.submitJob({ body: WEATHER });
    expect(response.headers.has('preference-applied')).toBe(false);
    const result = await ended(mock, data?.job_id ?? '');
    expect(isFinal(result.final_state)).toBe(true);
  });
});
