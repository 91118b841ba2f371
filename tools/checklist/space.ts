import type { FreshSpace } from '@dtq/backend-distributed/test/stack.ts';
import { type Mongo, openMongo, openRedis, type Redis } from '@dtq/conformance/wires/stores.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import { kafkaClient } from '@dtq/infra/probe.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import type { Admin } from 'kafkajs';
import { type BareAmqp, openBareAmqp } from './bare-amqp.ts';

/** Names that nobody else has on the servers, and bare clients that look at what stands under them. */
export interface Space {
  readonly fresh: FreshSpace;
  /** What an API and a worker must be told. */
  readonly environment: Readonly<Record<string, string>>;
  /** The job topics of all priorities, and those of the dead letters. */
  readonly topics: readonly string[];
  topicOf(jobType: JobType): string;
  readonly brokers: string;
  readonly group: string;
  readonly queue: string;
  readonly collection: string;
  readonly admin: Admin;
  readonly amqp: BareAmqp;
  readonly redis: Redis;
  readonly mongo: Mongo;
  /** What stands under these names now. */
  look(): Promise<Standing>;
  /** Takes everything away. */
  remove(): Promise<void>;
  /** Leaves the servers. */
  leave(): Promise<void>;
}

export interface Standing {
  readonly topics: readonly string[];
  readonly groups: readonly string[];
  readonly queue: string | null;
  readonly redis_keys: number;
  readonly collections: readonly string[];
}

/** Takes names of its own on the servers that `infra:up` left word of; they must answer. `patienceMs` bounds a removal. */
export async function openSpace(patienceMs: number): Promise<Space> {
  // It asks the servers as it is loaded, and they may have come up only now.
  const { freshSpace } = await import('@dtq/backend-distributed/test/stack.ts');
  const fresh = freshSpace();
  const { kafka, rabbitmq, mongodb, redis: redisConfig } = fresh.config('worker');
  const brokers = kafka.brokers.join(',');
  const priorities = Object.values(kafka.priorityTopics).flatMap((topics) => Object.values(topics));
  const topics = [...priorities, ...Object.values(kafka.deadLetterTopics)];
  const admin = kafkaClient(brokers, 5).admin();
  const amqp = openBareAmqp(rabbitmq.url);
  const [redis, mongo] = await Promise.all([
    openRedis(redisUrl(fresh.environment)),
    openMongo(mongodb.uri, mongodb.database),
    admin.connect(),
  ]);
  const groups = async (): Promise<string[]> => {
    const { groups: all } = await admin.listGroups();
    return all.map(({ groupId }) => groupId).filter((group) => group.startsWith(kafka.groupId));
  };
  return {
    fresh,
    environment: fresh.environment,
    topics,
    topicOf: (jobType) => kafka.topics[jobType],
    brokers,
    group: kafka.groupId,
    queue: rabbitmq.requestQueue,
    collection: mongodb.collection,
    admin,
    amqp,
    redis,
    mongo,
    look: async () => {
      const there = new Set(await admin.listTopics());
      const found = await mongo.database.listCollections().toArray();
      return {
        topics: topics.filter((topic) => there.has(topic)),
        groups: await groups(),
        queue: (await amqp.look(rabbitmq.requestQueue)) === null ? null : rabbitmq.requestQueue,
        redis_keys: await redis.dbSize(),
        collections: found.map(({ name }) => name).filter((name) => !name.startsWith('system.')),
      };
    },
    remove: async () => {
      await fresh.remove();
      const removed = async (): Promise<boolean> => {
        const left = await groups();
        if (left.length > 0) await admin.deleteGroups(left);
        return left.length === 0;
      };
      // Kafka keeps a group until the members that were killed are given up.
      await eventually(`the groups ${kafka.groupId}-… are gone`, removed, patienceMs);
    },
    leave: async () => {
      redis.destroy();
      await Promise.allSettled([mongo.close(), amqp.close(), admin.disconnect()]);
    },
  };

  function redisUrl(environment: Readonly<Record<string, string>>): string {
    const url = new URL(`redis://${environment['REDIS_ADDR']}/${redisConfig.database}`);
    url.username = redisConfig.username ?? '';
    url.password = redisConfig.password ?? '';
    return url.href;
  }
}
