import { settlesWithin, sleep } from '@dtq/core/clock.ts';
import { StartError } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Capability } from '@dtq/core/ports.ts';
import { CHANNELS } from '@dtq/generated/messaging/channels.ts';
import { MongoClient } from 'mongodb';
import { Connection } from 'rabbitmq-client';
import type { DistributedConfig } from './config.ts';
import { answerWithin } from './deadline.ts';
import { KafkaAdmin } from './kafka-admin.ts';
import { ensureCollections } from './mongo-collection.ts';
import { ensureTopics } from './topics.ts';

const CLIENT_ID = 'dtq-deploy';
const STEP_MS = 12_000;
const RETRY_MS = 500;

export interface TopologyOptions {
  readonly config: DistributedConfig;
  readonly log: Logger;
  /** How long servers that are still starting are waited for, in milliseconds; 30 s where it is not given. */
  readonly timeoutMs?: number;
}

/**
 * Makes everything that the contracts name and that is missing: topics with those of the dead letters, the request queue,
 * the collections with their indexes and, where the server can, their schemas. May be run at any time, and again. Resolves to what
 * was found of the server of the collections; throws StartError, one line for people, where something could not be made.
 */
export async function deployTopology({ config, log, timeoutMs = 30_000 }: TopologyOptions): Promise<Capability> {
  const end = performance.now() + timeoutMs;
  const steps = [
    until(end, 'the topics', () => makeTopics(config, log)),
    until(end, 'the request queue', () => makeQueue(config)),
    until(end, 'the collections', () => makeCollections(config, log)),
  ] as const;
  await Promise.allSettled(steps);
  const [, , capability] = await Promise.all(steps);
  return capability;
}

async function until<T>(end: number, what: string, make: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await make();
    } catch (error) {
      if (performance.now() + RETRY_MS > end) {
        const { message, cause } = error as Error;
        const why = cause instanceof Error ? `${message} (${cause.message})` : message;
        throw new StartError(`${what} could not be made: ${why}`, { cause: error });
      }
      await sleep(RETRY_MS);
    }
  }
}

async function makeTopics({ kafka }: DistributedConfig, log: Logger): Promise<void> {
  const admin = new KafkaAdmin(kafka, CLIENT_ID, log);
  try {
    await ensureTopics(admin, kafka, log);
  } finally {
    admin.close();
  }
}

async function makeQueue({ rabbitmq }: DistributedConfig): Promise<void> {
  const { url, tls, requestQueue } = rabbitmq;
  const connection = new Connection({
    url,
    acquireTimeout: 3000,
    connectionTimeout: 3000,
    ...(tls === null ? {} : { tls: { ...tls } }),
  });
  let lost: unknown;
  connection.on('error', (error: unknown) => {
    lost = error;
  });
  try {
    const channel = await connection.acquire();
    await channel.queueDeclare({ queue: requestQueue, ...CHANNELS.progressRequests.queue });
    await channel.close();
    await settlesWithin(1000, connection.close());
  } catch (error) {
    throw lost ?? error;
  } finally {
    connection.unsafeDestroy();
  }
}

async function makeCollections({ mongodb }: DistributedConfig, log: Logger): Promise<Capability> {
  const { uri, database, collection, caFile } = mongodb;
  const client = new MongoClient(uri, {
    serverSelectionTimeoutMS: 3000,
    connectTimeoutMS: 3000,
    socketTimeoutMS: STEP_MS,
    ...(caFile === undefined ? {} : { tlsCAFile: caFile }),
  });
  try {
    const making = ensureCollections(client.db(database), collection, log);
    return await answerWithin('mongodb', STEP_MS, 'making the collections', making);
  } finally {
    await settlesWithin(1000, client.close());
  }
}
