import { randomUUID } from 'node:crypto';
import { ConfigReader } from '@dtq/core/config.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { CHANNELS } from '@dtq/generated/messaging/channels.ts';
import { readEnvironment, type StackEnvironment } from '@dtq/infra/environment.ts';
import { probe } from '@dtq/infra/probe.ts';
import { readSettings } from '@dtq/infra/settings.ts';
import { MongoClient } from 'mongodb';
import { Connection } from 'rabbitmq-client';
import { describe, it } from 'vitest';
import { type DistributedConfig, type Role, readDistributedConfig } from '../config.ts';
import { createKafkaClient } from '../kafka-client.ts';
import { RedisConnection } from '../redis-client.ts';
import { takeRedisDatabase } from './redis-database.ts';

/** Where the stack's servers are; undefined where `infra:up` has not run, or where they do not answer. */
const environment = await answering();

async function answering(): Promise<StackEnvironment | undefined> {
  const found = readEnvironment(readSettings().dir);
  if (found === undefined) return undefined;
  try {
    await Promise.all((['kafka', 'redis', 'rabbitmq', 'mongodb'] as const).map((server) => probe(server, found, 5000)));
    return found;
  } catch {
    return undefined;
  }
}

/** Declares tests that need the servers; where they are not up it is skipped, with one line that says how to run it. */
export function describeWithStack(name: string, tests: () => void): void {
  if (environment !== undefined) {
    describe(name, tests);
    return;
  }
  const cure = 'the servers are not up: npm run infra:up -- --with-secantus';
  describe(`${name} (${process.env['CI'] === undefined ? 'skipped: ' : ''}${cure})`, () => {
    // A machine that is there to run them must not pass without.
    it.skipIf(process.env['CI'] === undefined)('needs servers', () => {
      throw new Error(cure);
    });
  });
}

export function stack(): StackEnvironment {
  if (environment === undefined) throw new Error('the servers are not up');
  return environment;
}

/** Names of its own on the shared servers. */
export interface FreshSpace {
  readonly environment: Readonly<Record<string, string>>;
  config(role: Role, changes?: Readonly<Record<string, string>>): DistributedConfig;
  /** Takes topics, queue and databases away. */
  remove(): Promise<void>;
}

export function freshSpace(mongoUri: string = stack().MONGO_URI): FreshSpace {
  const mark = randomUUID().slice(0, 8);
  const { database, giveBack } = takeRedisDatabase(stack().REDIS_ADDR);
  const own = {
    ...stack(),
    MONGO_URI: mongoUri,
    KAFKA_TOPIC_TEMPLATE: `t${mark}.${CHANNELS.weatherJobs.address.replace('weather', '%s')}`,
    WORKER_KAFKA_GROUP_ID: `t${mark}`,
    RABBITMQ_PROGRESS_REQUEST_QUEUE: `t${mark}.progress`,
    MONGO_DB: `t${mark}`,
    REDIS_DB: String(database),
  };
  const config = (role: Role, changes: Readonly<Record<string, string>> = {}): DistributedConfig => {
    const reader = new ConfigReader({ ...own, ...changes });
    const read = readDistributedConfig(reader, role);
    reader.finish();
    return read;
  };
  return {
    environment: own,
    config,
    remove: async () => {
      const { kafka, rabbitmq, mongodb, redis } = config('api');
      const emptied = emptyRedis(redis).then(giveBack);
      await Promise.allSettled([removeTopics(kafka), removeQueue(rabbitmq), removeDatabase(mongodb), emptied]);
    },
  };
}

async function removeTopics(kafka: DistributedConfig['kafka']): Promise<void> {
  const client = createKafkaClient(kafka, 'dtq-test', silentLogger());
  const admin = client.kafka.admin();
  try {
    await admin.connect();
    const jobs = Object.values(kafka.priorityTopics).flatMap((topics) => Object.values(topics));
    const topics = [...jobs, ...Object.values(kafka.deadLetterTopics)];
    await admin.deleteTopics({ topics });
  } finally {
    await admin.disconnect();
    client.end();
  }
}

async function removeQueue({ url, requestQueue }: DistributedConfig['rabbitmq']): Promise<void> {
  const connection = new Connection({ url, acquireTimeout: 2000 });
  connection.on('error', () => undefined);
  try {
    await connection.queueDelete({ queue: requestQueue });
    await connection.close();
  } finally {
    connection.unsafeDestroy();
  }
}

async function emptyRedis(config: DistributedConfig['redis']): Promise<void> {
  const redis = new RedisConnection(config, 'dtq-test', silentLogger());
  try {
    await redis.settled();
    await redis.send(['FLUSHDB']);
  } finally {
    redis.close();
  }
}

async function removeDatabase({ uri, database }: DistributedConfig['mongodb']): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2000 });
  try {
    await client.db(database).dropDatabase();
  } finally {
    await client.close();
  }
}
