import { describeWithStack } from '@dtq/backend-distributed/test/stack.ts';
import { createClient } from '@dtq/generated/rest/client.ts';
import { freezeServer, startServer, stopServer, thawServer } from '@dtq/infra/control.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { expect, it, onTestFinished } from 'vitest';
import { checkInvariants } from './invariants.ts';
import { type Load, type Submitted, startLoad } from './load.ts';
import { type Platform, startPlatform } from './platform.ts';

// The table of failures, row by row, on real processes and real servers: while jobs are submitted all the time, a server is
// killed or frozen, users see what the table says they see, the server comes back, and afterwards nothing is lost, doubled or
// made up. The client heals by itself: no process of ours is started again unless the row kills it.

type Server = 'kafka' | 'redis' | 'rabbitmq' | 'mongodb';
type Fault = 'killed' | 'frozen' | 'stopped and started';

const UNKNOWN = '3f2c7b9e-0d5a-4c11-9a77-0a6c5f1f2b3d';

// REQUEST_TIMEOUT is 5 s; a submit must have its answer by then, whatever hangs.
const SLOWEST_SUBMIT_MS = 6500;

async function injure(server: Server, fault: Fault): Promise<() => Promise<void>> {
  if (fault === 'frozen') await freezeServer(server);
  else await stopServer(server, fault === 'killed' ? 'SIGKILL' : 'SIGTERM');
  let hurt = true;
  const heal = async (): Promise<void> => {
    if (!hurt) return;
    hurt = false;
    if (fault === 'frozen') await thawServer(server);
    else await startServer(server);
  };
  onTestFinished(heal);
  return heal;
}

async function accepts(load: Load, more: number, timeoutMs = 30_000): Promise<void> {
  const before = load.submitted.accepted.size;
  await eventually(`${more} more jobs are accepted`, () => load.submitted.accepted.size >= before + more, timeoutMs);
}

async function healthOf({ client }: Platform): Promise<Record<Server, boolean> | undefined> {
  const { data, error } = await client.getHealth();
  const body = data ?? error;
  return body !== undefined && 'checks' in body ? body.checks : undefined;
}

async function finishAndCheck(platform: Platform, load: Load): Promise<Submitted> {
  await eventually(
    'every part answers again',
    async () => Object.values((await healthOf(platform)) ?? { none: false }).every(Boolean),
    60_000,
  );
  await accepts(load, 10, 60_000);
  const submitted = await load.stop();
  expect(submitted.wrong).toEqual([]);
  expect(submitted.slowestMs).toBeLessThan(SLOWEST_SUBMIT_MS);
  expect(submitted.problems.filter(({ code }) => code !== 'not_accepted' && code !== 'request_timeout')).toEqual([]);
  await checkInvariants(platform.space, submitted);
  expect(platform.api.child.exitCode, 'the API lives').toBeNull();
  return submitted;
}

describeWithStack('a server fails while jobs are submitted', () => {
  for (const fault of ['killed', 'frozen', 'stopped and started'] as const) {
    it(`Kafka ${fault}: nothing is accepted and that is said; afterwards all goes on`, async () => {
      const platform = await startPlatform();
      const load = startLoad(() => platform.api.url);
      await accepts(load, 20);
      const heal = await injure('kafka', fault);
      await eventually('a submit is answered with 503', () => load.submitted.problems.length > 0, 20_000);
      const problem = load.submitted.problems.at(-1);
      expect(problem).toMatchObject({ status: 503, code: 'not_accepted', job_id: expect.any(String) });
      await eventually('the health says so', async () => (await healthOf(platform))?.kafka === false, 20_000);
      expect((await platform.client.getReadiness()).response.status).toBe(503);
      expect((await platform.client.getLiveness()).response.status).toBe(200);
      await heal();
      await finishAndCheck(platform, load);
    });

    it(`Redis ${fault}: jobs are accepted and done; their status is late, never 404`, async () => {
      const platform = await startPlatform();
      const load = startLoad(() => platform.api.url);
      await accepts(load, 20);
      const heal = await injure('redis', fault);
      await eventually('the health says so', async () => (await healthOf(platform))?.redis === false, 20_000);
      const known = new Set(load.submitted.accepted);
      await accepts(load, 10);
      const fresh = [...load.submitted.accepted].find((id) => !known.has(id)) as string;
      const answer = await platform.client.getJob({ params: { path: { job_id: fresh } } });
      expect([200, 503]).toContain(answer.response.status);
      await eventually(
        'it is done all the same',
        async () => {
          const { data } = await platform.client.getJob({ params: { path: { job_id: fresh } } });
          return data !== undefined && 'final_state' in data;
        },
        30_000,
      );
      expect((await platform.client.getJob({ params: { path: { job_id: UNKNOWN } } })).response.status).toBe(503);
      await heal();
      await finishAndCheck(platform, load);
    });

    it(`RabbitMQ ${fault}: only progress questions go without a reply`, async () => {
      const platform = await startPlatform();
      const load = startLoad(() => platform.api.url);
      await accepts(load, 20);
      const [known] = load.submitted.accepted;
      const path = { job_id: known as string };
      const heal = await injure('rabbitmq', fault);
      await eventually('the health says so', async () => (await healthOf(platform))?.rabbitmq === false, 30_000);
      expect((await platform.client.getJobStatus({ params: { path } })).error).toMatchObject({
        status: 504,
        code: 'progress_timeout',
      });
      expect((await platform.client.getJob({ params: { path } })).response.status).toBe(200);
      await accepts(load, 10);
      expect((await platform.client.getReadiness()).response.status).toBe(200);
      await heal();
      await eventually(
        'questions are answered again',
        async () => (await platform.client.getJobStatus({ params: { path } })).response.ok,
        60_000,
      );
      await finishAndCheck(platform, load);
    });

    it(`MongoDB ${fault}: jobs wait at their last milestone, and then complete`, async () => {
      const platform = await startPlatform();
      const load = startLoad(() => platform.api.url);
      await accepts(load, 20);
      const known = new Set(load.submitted.accepted);
      const heal = await injure('mongodb', fault);
      await eventually('the health says so', async () => (await healthOf(platform))?.mongodb === false, 20_000);
      await accepts(load, 10);
      // A worker holds only so many; those that were accepted first are the ones it holds.
      const held = await eventually(
        'one waits to be stored',
        async () => {
          const fresh = [...load.submitted.accepted].filter((id) => !known.has(id)).slice(0, 1000);
          const answers = await Promise.all(
            fresh.map((job_id) => platform.client.getJob({ params: { path: { job_id } } })),
          );
          return answers
            .map(({ data }) => data)
            .find((data) => data !== undefined && 'state' in data && data.progress_percent === 80);
        },
        30_000,
      );
      expect(held).toMatchObject({ state: 'running', message: 'storing the result' });
      expect((await platform.client.getJob({ params: { path: { job_id: UNKNOWN } } })).response.status).toBe(503);
      await heal();
      await finishAndCheck(platform, load);
    });
  }
});

describeWithStack('a process of ours is killed while jobs are submitted', () => {
  it('the worker: its jobs are delivered again, and each ends once', async () => {
    const platform = await startPlatform();
    const load = startLoad(() => platform.api.url);
    await accepts(load, 20);
    expect(await platform.worker.end('SIGKILL')).toBe('SIGKILL');
    await accepts(load, 20);
    await platform.startWorker();
    const { accepted } = await finishAndCheck(platform, load);
    const states = await Promise.all(
      [...accepted].map(
        async (job_id) => (await platform.client.getJobStatus({ params: { path: { job_id } } })).data?.state,
      ),
    );
    expect(new Set(states)).toEqual(new Set(['completed']));
  });

  it('one of two workers: the other takes over what it held', async () => {
    const platform = await startPlatform();
    const second = await platform.startWorker();
    const load = startLoad(() => platform.api.url);
    await eventually(
      'both do jobs',
      () => [platform.worker, second].every(({ log }) => log.some(({ msg }) => msg === 'ended')),
      30_000,
    );
    expect(await platform.worker.end('SIGKILL')).toBe('SIGKILL');
    await finishAndCheck(platform, load);
  });

  it('the API: whoever got its 202 gets the job done, and another API knows it', async () => {
    const platform = await startPlatform();
    let url = platform.api.url;
    const load = startLoad(() => url);
    await accepts(load, 30);
    expect(await platform.api.end('SIGKILL')).toBe('SIGKILL');
    const next = await platform.startApi();
    url = next.url;
    await accepts(load, 20);
    const submitted = await load.stop();
    expect(submitted.wrong).toEqual([]);
    // What the killed one had sent without an answer may be done too; nobody knows its id.
    const client = createClient({ baseUrl: url });
    for (const job_id of submitted.accepted) {
      await eventually(
        `${job_id} is final`,
        async () => {
          const { data } = await client.getJob({ params: { path: { job_id } } });
          return data !== undefined && 'final_state' in data;
        },
        60_000,
      );
    }
  });

  it('a worker is stopped: it finishes what it does, hands back the rest, and another goes on', async () => {
    const platform = await startPlatform();
    const load = startLoad(() => platform.api.url);
    await accepts(load, 20);
    expect(await platform.worker.end('SIGTERM')).toBe(0);
    await platform.startWorker();
    await finishAndCheck(platform, load);
  });
});
