import { AUSTIN_OUTPUT, heldHandler, submitAustin, submitRunning } from '@dtq/testkit/held-handler.ts';
import { observed } from '@dtq/testkit/observed-statuses.ts';
import { startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';

const UNKNOWN = '3f2c7b9e-0d5a-4c11-9a77-0a6c5f1f2b3d';

describe('GET /v1/jobs/{job_id}?wait', () => {
  it('answers the document as soon as the job has ended', async () => {
    const { handlers, letGo } = heldHandler();
    const { client, backend, clients } = await startSystem({ handlers });
    const path = { job_id: await submitRunning({ client, backend }) };
    const answer = client.getJob({ params: { path, query: { wait: '60s' } } });
    await eventually('it waits', () => clients.count === 1);
    letGo();
    expect((await answer).data).toMatchObject({ job_id: path.job_id, final_state: 'completed', output: AUSTIN_OUTPUT });
    expect(clients.count).toBe(0);
  });

  it('answers the live status where the job has not ended in that time, which may be longer than that of a request', async () => {
    const { client, clients } = await startSystem({ worker: false, config: { requestTimeoutMs: 300 } });
    const path = { job_id: await submitAustin({ client }) };
    const { data } = await client.getJob({ params: { path, query: { wait: '500ms' } } });
    expect(data).toMatchObject({ state: 'queued', progress_percent: 0 });
    expect(clients.count).toBe(0);
  });

  it('answers at once for a job that has ended, and for one that nobody knows', async () => {
    const { client, backend } = await startSystem();
    const path = { job_id: await submitAustin({ client }) };
    await eventually('it ended', () => backend.results.get(path.job_id));
    expect((await client.getJob({ params: { path, query: { wait: '1m' } } })).data).toMatchObject({
      final_state: 'completed',
    });
    expect((await client.getJob({ params: { path: { job_id: UNKNOWN }, query: { wait: '1m' } } })).error).toMatchObject(
      { status: 404, code: 'job_not_found' },
    );
  });

  it('does not miss an end that comes while it looks the job up', async () => {
    const { handlers, letGo } = heldHandler();
    const { client, backend } = await startSystem({
      handlers,
      // Nothing but the watch can tell in time.
      config: { lookUpEveryMs: 1_000_000 },
      broken: ({ statuses, results }) => ({
        statuses: observed(statuses, {
          get: async (id) => {
            const status = await statuses.get(id);
            // The job ends while this answer, by then an old one, is on its way.
            letGo();
            await eventually('it ended', async () => {
              return (await results.get(id)) !== null && (await statuses.get(id))?.state === 'completed';
            });
            return status;
          },
        }),
      }),
    });
    const path = { job_id: await submitRunning({ client, backend }) };
    expect((await client.getJob({ params: { path, query: { wait: '60s' } } })).data).toMatchObject({
      final_state: 'completed',
    });
  });

  it('looks the job up where the status store does not tell', async () => {
    const { handlers, letGo } = heldHandler();
    const { client, backend, clients } = await startSystem({
      handlers,
      config: { lookUpEveryMs: 5 },
      broken: ({ statuses }) => ({ statuses: observed(statuses, { watch: async () => async () => undefined }) }),
    });
    const path = { job_id: await submitRunning({ client, backend }) };
    const answer = client.getJob({ params: { path, query: { wait: '60s' } } });
    await eventually('it waits', () => clients.count === 1);
    letGo();
    expect((await answer).data).toMatchObject({ final_state: 'completed' });
  });

  it('ends when its client goes away', async () => {
    let statuses: ReturnType<typeof observed> | undefined;
    const { client, clients } = await startSystem({
      worker: false,
      broken: (backend) => {
        statuses = observed(backend.statuses);
        return { statuses };
      },
    });
    const path = { job_id: await submitAustin({ client }) };
    const abort = new AbortController();
    const answer = client.getJob({ params: { path, query: { wait: '60s' } }, signal: abort.signal });
    await eventually('it waits', () => statuses?.watchers() === 1);
    abort.abort();
    await answer.catch(() => undefined);
    await eventually('nothing is left', () => clients.count === 0 && statuses?.watchers() === 0);
  });
});
