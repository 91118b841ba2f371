import { randomUUID } from 'node:crypto';
import type { startPlatform } from '@dtq/chaos/platform.ts';
import { type Consumer, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { type Db, MongoClient } from 'mongodb';
import { createClient as createRedis } from 'redis';
import { onTestFinished } from 'vitest';

// Bare clients for the servers of a platform, as another program has them; each ends with the running test.

export type Space = Awaited<ReturnType<typeof startPlatform>>['space'];

/** A message as it stood in a topic. */
export interface Seen {
  readonly topic: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

export function kafkaOf({ environment }: Space): { kafka: Kafka; topic: string } {
  const kafka = new Kafka({ brokers: String(environment['KAFKA_BROKERS']).split(','), logLevel: logLevel.NOTHING });
  return { kafka, topic: String(environment['KAFKA_TOPIC_TEMPLATE']).replace('%s', 'weather') };
}

export async function producerOf(space: Space): Promise<Producer> {
  const producer = kafkaOf(space).kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  return producer;
}

/** A consumer in a group of its own. */
export async function consumerOf(space: Space, group = 'reader'): Promise<Consumer> {
  const consumer = kafkaOf(space).kafka.consumer({ groupId: `${group}-${randomUUID()}` });
  await consumer.connect();
  onTestFinished(() => consumer.disconnect());
  return consumer;
}

/** What stands in topics, from their beginning on; the list grows until the test ends. */
export async function readTopics(space: Space, topics: string[]): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const consumer = await consumerOf(space);
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ topic, message: { key, headers, value } }) => {
      const text = Object.entries(headers ?? {}).map(([name, bytes]) => [name, String(bytes)]);
      seen.push({
        topic,
        key: String(key),
        headers: Object.fromEntries(text) as Record<string, string>,
        value: String(value),
      });
    },
  });
  return seen;
}

export async function redisOf({ environment }: Space) {
  const [host, port] = String(environment['REDIS_ADDR']).split(':');
  const redis = createRedis({
    socket: { host: String(host), port: Number(port) },
    username: String(environment['REDIS_USERNAME']),
    password: String(environment['REDIS_PASSWORD']),
    database: Number(environment['REDIS_DB']),
  });
  redis.on('error', () => undefined);
  await redis.connect();
  onTestFinished(() => redis.destroy());
  return redis;
}

export function databaseOf({ environment }: Space): Db {
  const mongo = new MongoClient(String(environment['MONGO_URI']));
  onTestFinished(() => mongo.close());
  return mongo.db(String(environment['MONGO_DB']));
}

export function resultsOf(space: Space) {
  return databaseOf(space).collection('job_results');
}
