import { createClient } from '@dtq/generated/rest/client.ts';
import { describe, expect, it } from 'vitest';
import { BATCH, previewReplay, type ReplayProgress, runReplay } from './replay-run.ts';

const REPLAY = {
  job_id: '0f0c1f0e-6a5b-4f0c-9c55-3f3a3a4f9a10',
  replay_of: '6aab8fca-7059-40c4-97d4-53f55fd5bf67',
  kind: 'job',
  replayed_at: '2026-02-14T15:12:04.000Z',
  corrected: false,
};

/** A client whose API answers these reports one after the other, and nothing more. */
function answering(reports: readonly { matched: number; is_complete: boolean }[]) {
  const seen: { key: string | null; body: unknown }[] = [];
  const client = createClient({
    baseUrl: 'http://dtq.test',
    fetch: async (request: Request) => {
      const report = reports[seen.length];
      seen.push({ key: request.headers.get('idempotency-key'), body: await request.json() });
      if (report === undefined) throw new TypeError('Failed to fetch');
      return Response.json(
        { ...report, replays: Array.from({ length: report.matched }, () => REPLAY) },
        { status: 202 },
      );
    },
  });
  return { client, seen };
}

async function run(reports: readonly { matched: number; is_complete: boolean }[], stop = new AbortController()) {
  const { client, seen } = answering(reports);
  const told: ReplayProgress[] = [];
  await runReplay(
    client,
    { error_code: 'timed_out' },
    (batch) => `key-${batch}`,
    stop.signal,
    (one) => told.push(one),
  );
  return { seen, told };
}

describe('runReplay', () => {
  it('goes on batch by batch, each with its own key, until no more match', async () => {
    const { seen, told } = await run([
      { matched: BATCH, is_complete: false },
      { matched: 7, is_complete: true },
    ]);
    const body = { filter: { error_code: 'timed_out' }, limit: BATCH };
    expect(seen).toEqual([
      { key: 'key-0', body },
      { key: 'key-1', body },
    ]);
    expect(told).toEqual([
      { made: BATCH, isDone: false, trouble: null },
      { made: BATCH + 7, isDone: true, trouble: null },
    ]);
  });

  it('ends where nothing matches any more, whatever the API says of the rest', async () => {
    expect((await run([{ matched: 0, is_complete: false }])).told).toEqual([{ made: 0, isDone: true, trouble: null }]);
  });

  it('tells how far it came where the API falls silent', async () => {
    expect((await run([{ matched: BATCH, is_complete: false }])).told.at(-1)).toEqual({
      made: BATCH,
      isDone: false,
      trouble: 'unreachable',
    });
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    stop.abort();
    expect((await run([], stop)).seen).toEqual([]);
  });
});

describe('previewReplay', () => {
  it('asks for a dry run', async () => {
    const { client, seen } = answering([{ matched: 3, is_complete: true }]);
    expect(await previewReplay(client, {})).toMatchObject({ kind: 'ok', data: { matched: 3 } });
    expect(seen).toEqual([{ key: null, body: { filter: {}, dry_run: true } }]);
  });
});
