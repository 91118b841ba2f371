import { openDistributedBackend } from '@dtq/backend-distributed/backend.ts';
import { freshSpace } from '@dtq/backend-distributed/test/stack.ts';
import { deployTopology } from '@dtq/backend-distributed/topology.ts';
import { systemClock } from '@dtq/core/clock.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { startScheduler } from '@dtq/core/scheduler.ts';
import { tuneMongodb } from '@dtq/infra/control.ts';
import { appOver } from '@dtq/testkit/app-over.ts';
import { workerOver } from '@dtq/testkit/worker-over.ts';
import type { Fetch } from '../http.ts';
import { DEFAULTS, type Settings } from '../settings.ts';
import { openKafka } from '../wires/kafka.ts';

const log = silentLogger();

export interface DistributedServer {
  /** Asks the API whose jobs our worker does. */
  readonly fetch: Fetch;
  readonly settings: Settings;
  /** An API on the same stores and queue, whose job topics nobody of ours reads. */
  readonly unread: { readonly fetch: Fetch; readonly settings: Settings };
  close(): Promise<void>;
}

/** How the kit is pointed at names of their own on the shared servers. */
export function settingsOf(environment: Readonly<Record<string, string | undefined>>): Omit<Settings, 'api'> {
  const of = (name: string): string => String(environment[name]);
  const login = `${encodeURIComponent(of('REDIS_USERNAME'))}:${encodeURIComponent(of('REDIS_PASSWORD'))}`;
  return {
    ...DEFAULTS,
    kafka: of('KAFKA_BROKERS'),
    amqp: of('RABBITMQ_URL'),
    redis: `redis://${login}@${of('REDIS_ADDR')}/${of('REDIS_DB')}`,
    mongo: of('MONGO_URI'),
    topicTemplate: of('KAFKA_TOPIC_TEMPLATE'),
    group: of('WORKER_KAFKA_GROUP_ID'),
    queue: of('RABBITMQ_PROGRESS_REQUEST_QUEUE'),
    database: of('MONGO_DB'),
  };
}

/** API and worker in this process over the real servers, outside of any test: they live until they are closed. */
export async function distributedServer(): Promise<DistributedServer> {
  const space = freshSpace();
  const unread = { KAFKA_TOPIC_TEMPLATE: `unread.${space.environment['KAFKA_TOPIC_TEMPLATE']}` };
  await deployTopology({ config: space.config('worker'), log });
  await deployTopology({ config: space.config('worker', unread), log });
  await tuneMongodb(space.config('worker').mongodb.database);
  const workerBackend = await openDistributedBackend({ config: space.config('worker'), role: 'worker', log });
  const worker = await workerOver(workerBackend);

  async function api(changes: Readonly<Record<string, string>>) {
    const backend = await openDistributedBackend({ config: space.config('api', changes), role: 'api', log });
    const { app } = appOver(backend);
    const fetch: Fetch = async (request) => app.fetch(request);
    return { backend, fetch };
  }

  const [read, other] = await Promise.all([api({}), api(unread)]);
  const scheduler = startScheduler({ ...read.backend, clock: systemClock, log, owner: 'api' });
  const settings = { ...settingsOf(space.environment), api: 'http://dtq.test' };
  const unreadSettings = {
    ...settings,
    topicTemplate: unread.KAFKA_TOPIC_TEMPLATE,
    group: `unread-${settings.group}`,
  };
  return {
    fetch: read.fetch,
    settings,
    unread: { fetch: other.fetch, settings: unreadSettings },
    close: async () => {
      await scheduler.stop();
      await worker.stop();
      await Promise.all([read.backend.close(), other.backend.close(), workerBackend.close()]);
      await removeTopics(unreadSettings);
      await space.remove();
    },
  };
}

async function removeTopics(settings: Settings): Promise<void> {
  const wire = await openKafka(String(settings.kafka), []);
  const [beginning = ''] = settings.topicTemplate.split('%s');
  const topics = (await wire.admin.listTopics()).filter((topic) => topic.startsWith(beginning));
  await wire.admin.deleteTopics({ topics });
  await wire.close();
}
