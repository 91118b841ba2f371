import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { DeadLetter, Space } from '@dtq/backend-conformance/space.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import { jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import { tuneMongodb } from '@dtq/infra/control.ts';
import { Partitioners } from 'kafkajs';
import { MongoClient } from 'mongodb';
import { openDistributedBackend } from '../backend.ts';
import { createKafkaClient } from '../kafka-client.ts';
import { textHeaders } from '../message-headers.ts';
import { RedisConnection } from '../redis-client.ts';
import { deployTopology } from '../topology.ts';
import { freshSpace } from './stack.ts';

const log = silentLogger();
const SHORT_TTL_MS = 300;

/** What the conformance suite needs: names of its own on the shared servers, and bare clients beside the ports. */
export async function conformanceSpace(mongoUri?: string): Promise<Space> {
  const space = freshSpace(mongoUri);
  const config = space.config('worker');
  await deployTopology({ config, log });
  await tuneMongodb(config.mongodb.database);
  const client = createKafkaClient(config.kafka, 'dtq-test', log);
  const producer = client.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const redis = new RedisConnection(config.redis, 'dtq-test', log);
  await redis.settled();
  const mongo = new MongoClient(config.mongodb.uri);
  return {
    open: () => openDistributedBackend({ config, role: 'worker', log }),
    openShortLived: async () => ({
      backend: await openDistributedBackend({
        config: space.config('worker', { STATUS_TTL: `${SHORT_TTL_MS}ms` }),
        role: 'worker',
        log,
      }),
      pass: () => delay(SHORT_TTL_MS + 50),
    }),
    putMessage: async (jobType, { key, value, headers }) => {
      const message = { key, value: Buffer.from(value), headers: { ...headers } };
      await producer.send({ topic: config.kafka.topics[jobType], acks: -1, messages: [message] });
    },
    deadLetters,
    putStatus: async (jobId, hash) => {
      await redis.send(['DEL', jobStatusKey(jobId)]);
      await redis.send(['HSET', jobStatusKey(jobId), ...Object.entries(hash).flat()]);
    },
    putDocument: async (document) => {
      await mongo
        .db(config.mongodb.database)
        .collection(config.mongodb.collection)
        .insertOne({ ...document });
    },
    remove: async () => {
      await producer.disconnect();
      client.end();
      redis.close();
      await mongo.close();
      await space.remove();
    },
  };

  async function deadLetters(jobType: JobType): Promise<readonly DeadLetter[]> {
    const topic = config.kafka.deadLetterTopics[jobType];
    const admin = client.kafka.admin();
    await admin.connect();
    const [offsets] = await admin.fetchTopicOffsets(topic);
    await admin.disconnect();
    const total = Number(offsets?.high ?? 0);
    if (total === 0) return [];
    const letters: DeadLetter[] = [];
    const consumer = client.kafka.consumer({ groupId: `t-${randomUUID()}`, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const all = Promise.withResolvers<void>();
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => {
        const headers = textHeaders(message.headers);
        const header = (end: string): string => Object.entries(headers).find(([name]) => name.endsWith(end))?.[1] ?? '';
        letters.push({
          key: message.key?.toString() ?? null,
          value: message.value ?? new Uint8Array(),
          reason: header('-reason'),
          source: {
            topic: header('-source-topic'),
            partition: Number(header('-source-partition')),
            offset: header('-source-offset'),
          },
        });
        if (letters.length >= total) all.resolve();
      },
    });
    await all.promise;
    await consumer.disconnect();
    return letters;
  }
}
