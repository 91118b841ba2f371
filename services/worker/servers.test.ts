import { aJobOf } from '@dtq/backend-conformance/samples.ts';
import { openDistributedBackend } from '@dtq/backend-distributed/backend.ts';
import { describeWithStack, type FreshSpace, freshSpace } from '@dtq/backend-distributed/test/stack.ts';
import { deployTopology } from '@dtq/backend-distributed/topology.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import { JobFailure } from '@dtq/core/errors.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import type { JobResult, JobType } from '@dtq/generated/schemas/types.ts';
import { handlers } from '@dtq/generated/wiring/handlers.ts';
import { responders } from '@dtq/generated/wiring/responders.ts';
import { AUSTIN_OUTPUT } from '@dtq/testkit/held-handler.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { expect, it, onTestFinished } from 'vitest';
import { readWorkerConfig } from './config.ts';
import { sandboxProviders } from './providers/providers.ts';
import { startWorker, type WorkerOptions } from './worker.ts';

// Workers over the real servers: Kafka gives each its share, MongoDB keeps what waits, Redis tells.

/** The first start of a group takes Kafka some seconds, more on a machine that does much else. */
const PATIENCE_MS = 60_000;

async function freshServers(): Promise<FreshSpace> {
  const space = freshSpace();
  onTestFinished(() => space.remove());
  await deployTopology({ config: space.config('worker'), log: silentLogger() });
  return space;
}

async function open(space: FreshSpace, role: 'api' | 'worker'): Promise<Backend> {
  const backend = await openDistributedBackend({
    config: space.config(role),
    role,
    log: silentLogger(),
    onStuck: () => undefined,
  });
  onTestFinished(() => backend.close());
  return backend;
}

async function start(
  space: FreshSpace,
  environment: Readonly<Record<string, string>>,
  changes: Partial<WorkerOptions> = {},
): Promise<void> {
  const worker = await startWorker({
    ...{ backend: await open(space, 'worker'), config: readWorkerConfig(new ConfigReader(environment)) },
    ...{ handlers, responders, providers: sandboxProviders(), log: silentLogger() },
    ...changes,
  });
  onTestFinished(() => worker.stop());
}

async function submit({ queue }: Backend, jobType: JobType): Promise<string> {
  const job = await aJobOf(jobType);
  await queue.publish(job);
  return job.job_id;
}

const ended = (backend: Backend, jobId: string): Promise<JobResult> =>
  eventually(`${jobId} has ended`, () => backend.results.get(jobId), PATIENCE_MS);

describeWithStack('workers over the real servers', () => {
  it(
    'do the job types that each has been given',
    async () => {
      const space = await freshServers();
      await start(space, { WORKER_JOB_TYPES: 'weather' });
      await start(space, { WORKER_JOB_TYPES: 'quote' });
      const api = await open(space, 'api');
      const weather = [await submit(api, 'weather'), await submit(api, 'weather')];
      const quote = [await submit(api, 'quote'), await submit(api, 'quote')];
      const makers = async (ids: readonly string[]): Promise<Set<string | undefined>> =>
        new Set((await Promise.all(ids.map((id) => ended(api, id)))).map(({ attempts }) => attempts?.[0]?.worker));
      const [first, second] = [await makers(weather), await makers(quote)];
      expect([first.size, second.size]).toEqual([1, 1]);
      expect([...first][0]).not.toBe([...second][0]);
    },
    2 * PATIENCE_MS,
  );

  it(
    'leave a long wait to the schedule, and any of them makes the next attempt',
    async () => {
      const space = await freshServers();
      let calls = 0;
      const policy = { ...JOB_POLICIES.weather, retry: { baseMs: 1, capMs: 6000 } };
      await start(
        space,
        { WORKER_JOB_TYPES: 'weather' },
        {
          policies: { ...JOB_POLICIES, weather: policy },
          handlers: {
            ...handlers,
            weather: () => {
              calls += 1;
              if (calls > 1) return Promise.resolve(AUSTIN_OUTPUT);
              const asks = { retryAfterMs: 3_600_000 };
              return Promise.reject(new JobFailure('provider_unavailable', 'no', asks));
            },
          },
        },
      );
      const api = await open(space, 'api');
      const jobId = await submit(api, 'weather');
      const waiting = await eventually(
        'it waits',
        async () => {
          const status = await api.statuses.get(jobId);
          return status?.next_attempt_at !== undefined && status;
        },
        PATIENCE_MS,
      );
      expect(await api.schedule.find(jobId)).toMatchObject([{ attempt: 2, due_at: waiting.next_attempt_at }]);
      expect(await ended(api, jobId)).toMatchObject({
        final_state: 'completed',
        attempts: [
          { number: 1, outcome: 'retried', error: { code: 'provider_unavailable' } },
          { number: 2, outcome: 'completed', waited_ms: 6000 },
        ],
      });
    },
    2 * PATIENCE_MS,
  );
});
