import { OPERATIONS, type OperationId } from '@dtq/generated/rest/operations.ts';
import type { Problem } from '@dtq/generated/schemas/types.ts';
import { receiveEvents } from '@dtq/testkit/events.ts';
import { describe, expect, it } from 'vitest';
import { problemsOf } from './prefer.ts';
import { ended, startMock, submitted, type TestMock, WEATHER } from './test/start-mock.ts';

describe('every operation', () => {
  const job_id = '6aab8fca-7059-40c4-97d4-53f55fd5bf67';
  // Each is asked twice: for what it answers when all is well, and for what it answers about something that is not there.
  const DRIVEN = {
    submitJob: async ({ client }) => [await client.submitJob({ body: WEATHER }), 202],
    listJobs: async ({ client }) => [await client.listJobs({ params: { query: { limit: 3 } } }), 200],
    submitJobs: async ({ client }) => [
      await client.submitJobs({ body: { jobs: [WEATHER, { nonsense: 1 }] as never } }),
      207,
    ],
    getJob: async (mock) => [
      await mock.client.getJob({ params: { path: { job_id: await submitted(mock, '') } } }),
      200,
    ],
    getJobStatus: async (mock) => [
      await mock.client.getJobStatus({ params: { path: { job_id: await submitted(mock, '') } } }),
      200,
    ],
    watchJob: async (mock) => {
      const response = await mock.request(`/v1/jobs/${await submitted(mock, '')}/events`);
      await receiveEvents(response).ended;
      return [{ response }, 200];
    },
    getJobPosition: async (mock) => [
      await mock.client.getJobPosition({ params: { path: { job_id: await submitted(mock, '') } } }),
      200,
    ],
    cancelJob: async (mock) => {
      const slow = await submitted(mock, '', { ...WEATHER, delay: '1h' });
      return [await mock.client.cancelJob({ params: { path: { job_id: slow } } }), 202];
    },
    listFailures: async (mock) => {
      await ended(mock, await submitted(mock, 'example=city_not_found'));
      return [await mock.client.listFailures(), 200];
    },
    getSystem: async ({ client }) => [await client.getSystem(), 200],
    listDeadLetters: async ({ client }) => [await client.listDeadLetters(), 200],
    getDeadLetter: async (mock) => {
      const path = { dead_letter_id: await someLetter(mock) };
      return [await mock.client.getDeadLetter({ params: { path } }), 200];
    },
    replayDeadLetter: async (mock) => {
      const path = { dead_letter_id: await someLetter(mock) };
      return [await mock.client.replayDeadLetter({ params: { path } }), 202];
    },
    replayJobs: async (mock) => {
      await ended(mock, await submitted(mock, 'example=provider_rejected'));
      return [await mock.client.replayJobs({ body: { filter: {} } }), 202];
    },
    getHealth: async ({ client }) => [await client.getHealth(), 200],
    getLiveness: async ({ client }) => [await client.getLiveness(), 200],
    getReadiness: async ({ client }) => [await client.getReadiness(), 200],
  } satisfies {
    readonly [Op in OperationId]: (mock: TestMock) => Promise<readonly [{ readonly response: Response }, number]>;
  };

  it.each(Object.entries(DRIVEN))('%s answers as the contract says', async (_id, drive) => {
    const [{ response }, status] = await drive(startMock({ past: 30, failRate: 0.3 }));
    expect(response.status).toBe(status);
  });

  it.each(Object.entries(OPERATIONS))(
    '%s answers each problem that it can be asked for',
    async (id, { method, path }) => {
      const mock = startMock();
      const at = path.replace('{job_id}', job_id).replace('{dead_letter_id}', 'jobs.weather.v1:0:1');
      for (const code of problemsOf(id as OperationId)) {
        const response = await mock.request(at, {
          method: method.toUpperCase(),
          headers: { prefer: `problem=${code}` },
        });
        expect(((await response.json()) as Problem).code).toBe(code);
        expect(response.headers.get('preference-applied')).toBe('problem');
      }
    },
  );

  it.each(['', '/status', '/events', '/position'])('a job that is not there is not found at %s', async (rest) => {
    expect((await startMock().request(`/v1/jobs/${job_id}${rest}`)).status).toBe(404);
  });
});

async function someLetter({ client }: TestMock): Promise<string> {
  const { data } = await client.listDeadLetters();
  // The oldest is not JSON, then comes a bad payload; the newest can be replayed as it is.
  const [newest] = data?.dead_letters ?? [];
  if (newest === undefined) throw new Error('there is no dead letter');
  return newest.dead_letter_id;
}
