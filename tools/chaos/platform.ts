import { type FreshSpace, freshSpace } from '@dtq/backend-distributed/test/stack.ts';
import { deployTopology } from '@dtq/backend-distributed/topology.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { type Client, createClient } from '@dtq/generated/rest/client.ts';
import { tuneMongodb } from '@dtq/infra/control.ts';
import { type Program, startProgram } from '@dtq/testkit/program.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { onTestFinished } from 'vitest';

export interface Platform {
  readonly space: FreshSpace;
  readonly client: Client;
  readonly api: Program;
  readonly worker: Program;
  /** Starts a further process of one kind, or one in place of one that was killed. */
  startApi(): Promise<Program>;
  startWorker(): Promise<Program>;
}

/** A whole platform of real processes with names of its own on the shared servers, ended with the running test. */
export async function startPlatform(environment: Readonly<Record<string, string>> = {}): Promise<Platform> {
  const space = freshSpace();
  onTestFinished(() => space.remove());
  const config = space.config('worker');
  await deployTopology({ config, log: silentLogger() });
  await tuneMongodb(config.mongodb.database);
  const settings = { ...space.environment, ...environment };
  const startApi = (): Promise<Program> => startProgram('services/api/main.ts', settings);
  const startWorker = (): Promise<Program> =>
    startProgram('services/worker/main.ts', { ...settings, WORKER_HEALTH_ADDR: '127.0.0.1:0' });
  const [api, worker] = await Promise.all([startApi(), startWorker()]);
  await eventually(
    'the worker has its share of the jobs',
    () => worker.log.some(({ msg }) => String(msg).includes('joined its group')),
    30_000,
  );
  const client = createClient({ baseUrl: api.url });
  await eventually('every part answers', async () => (await client.getHealth()).response.ok, 30_000);
  return { space, client, api, worker, startApi, startWorker };
}
