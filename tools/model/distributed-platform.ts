import { openDistributedBackend } from '@dtq/backend-distributed/backend.ts';
import { createKafkaClient } from '@dtq/backend-distributed/kafka-client.ts';
import { freshSpace } from '@dtq/backend-distributed/test/stack.ts';
import { deployTopology } from '@dtq/backend-distributed/topology.ts';
import { sleep, systemClock } from '@dtq/core/clock.ts';
import { encodeJobMessage } from '@dtq/core/job-message.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { startScheduler } from '@dtq/core/scheduler.ts';
import { createClient } from '@dtq/generated/rest/client.ts';
import { tuneMongodb } from '@dtq/infra/control.ts';
import { appOver } from '@dtq/testkit/app-over.ts';
import { type RunningWorker, startWorker } from '@dtq/worker/worker.ts';
import { Partitioners } from 'kafkajs';
import { workerOptions } from './embedded-platform.ts';
import { HeldProvider, type Platform } from './platform.ts';

const log = silentLogger();

/** What a busy provider asks to wait, in milliseconds: a little more than waits within a worker. */
export const BUSY_MS = 5500;

/** Looks often, for a history waits for it, and leaves a row that a crash has kept to others soon; in milliseconds. */
const SCHEDULER = { everyMs: 100, leaseMs: 3000 } as const;

/**
 * The API and a worker over real servers, in this process, with names of their own there. A crash takes their connections
 * from under them and leaves what they did without an outcome; the deaths of whole processes are the chaos tests' matter.
 */
export async function distributedPlatform(): Promise<Platform> {
  const space = freshSpace();
  await deployTopology({ config: space.config('worker'), log });
  await tuneMongodb(space.config('worker').mongodb.database);
  const providers = new HeldProvider(BUSY_MS);
  const kafka = space.config('api').kafka;
  const foreign = createKafkaClient(kafka, 'dtq-model', log);
  const producer = foreign.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  let life = await begin();
  let working: { backend: Backend; worker: RunningWorker } | null = await work();

  async function begin() {
    const backend = await openDistributedBackend({ config: space.config('api'), role: 'api', log });
    const { app } = appOver(backend);
    const scheduler = startScheduler({ ...backend, clock: systemClock, log, owner: 'api' }, SCHEDULER);
    return { backend, app, scheduler };
  }

  async function work() {
    const backend = await openDistributedBackend({ config: space.config('worker'), role: 'worker', log });
    const worker = await startWorker({ ...workerOptions(providers), scheduler: SCHEDULER, backend });
    return { backend, worker };
  }

  async function stopWorker(): Promise<void> {
    await working?.worker.stop();
    await working?.backend.close();
    working = null;
  }

  async function put(key: string | null, value: Uint8Array): Promise<void> {
    const messages = [{ key, value: Buffer.from(value) }];
    await producer.send({ topic: kafka.topics.weather, acks: -1, messages });
  }

  return {
    providers,
    client: createClient({ baseUrl: 'http://dtq', fetch: async (request) => life.app.fetch(request) }),
    advance: (ms) => sleep(ms),
    stopWorker,
    startWorker: async () => {
      working = await work();
    },
    crash: async () => {
      const [gone, wasWorking] = [life, working];
      await Promise.all([gone.backend.close(), wasWorking?.backend.close()]);
      await Promise.all([wasWorking?.worker.stop(), gone.scheduler.stop()]);
      life = await begin();
      working = wasWorking === null ? null : await work();
    },
    publish: (job) => put(job.job_id, encodeJobMessage(job)),
    poison: (bytes) => put(null, bytes),
    close: async () => {
      await stopWorker();
      await life.scheduler.stop();
      await life.backend.close();
      await producer.disconnect();
      foreign.end();
      await space.remove();
    },
  };
}
