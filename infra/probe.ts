import { Kafka } from 'kafkajs';
import { MongoClient } from 'mongodb';
import { Connection } from 'rabbitmq-client';
import { createClient } from 'redis';
import { withDeadline } from './deadline.ts';
import type { StackEnvironment } from './environment.ts';
import { InfraError } from './errors.ts';
import type { PlatformServer, ServerName } from './stack.ts';

/**
 * One question in the server's own protocol, with the platform's own user. An answer is what "ready" means here: an
 * open port is not enough (a frozen or a still recovering server has one too).
 *
 * @param ms how long the whole question may take, in milliseconds
 * @throws Error when the server does not answer, refuses, or answers that it is not ready
 */
export async function probe(
  server: PlatformServer | 'secantus',
  environment: StackEnvironment,
  ms = 3000,
): Promise<void> {
  switch (server) {
    case 'kafka':
      return await probeKafka(environment.KAFKA_BROKERS, ms);
    case 'rabbitmq':
      return await probeRabbitmq(environment.RABBITMQ_URL, ms);
    case 'redis':
      return await probeRedis(environment, ms);
    case 'mongodb':
      return await probeMongo(environment.MONGO_URI, ms);
    case 'secantus':
      return await probeMongo(environment.DTQ_SECANTUS_MONGO_URI ?? '', ms);
  }
}

/** True for the servers that `probe` knows; PostgreSQL is not the platform's and is asked by its own client. */
export function isProbed(server: ServerName): server is PlatformServer | 'secantus' {
  return server !== 'postgres';
}

/** A Kafka client that fails at once rather than trying again, and says nothing on its own. */
export function kafkaClient(brokers: string, retries = 0): Kafka {
  return new Kafka({
    clientId: 'dtq-infra',
    brokers: brokers.split(','),
    connectionTimeout: 1000,
    requestTimeout: 3000,
    retry: { retries, initialRetryTime: 100, maxRetryTime: 1000 },
    logCreator: () => () => undefined,
  });
}

async function probeKafka(brokers: string, ms: number): Promise<void> {
  const admin = kafkaClient(brokers).admin();
  try {
    await withDeadline(admin.connect(), ms, 'kafka');
    const cluster = await withDeadline(admin.describeCluster(), ms, 'kafka');
    if (cluster.brokers.length === 0) throw new InfraError('kafka: no broker is registered yet');
  } finally {
    // A frozen broker never answers the goodbye either: it is not waited for.
    void admin.disconnect().catch(() => undefined);
  }
}

async function probeRabbitmq(url: string, ms: number): Promise<void> {
  // `retryLow` is beyond the deadline: one attempt and its own error, not a loop.
  const connection = new Connection({ url, connectionTimeout: ms, retryLow: 60_000, retryHigh: 60_000 });
  try {
    await withDeadline(
      new Promise<void>((done, fail) => {
        connection.once('connection', done);
        connection.once('error', fail);
      }),
      ms,
      'rabbitmq',
    );
  } finally {
    connection.on('error', () => undefined);
    connection.unsafeDestroy();
  }
}

/** A Redis client for one conversation: no reconnecting, and a listener so that a lost socket ends no process. */
export function redisClient(environment: StackEnvironment, ms: number) {
  const client = createClient({
    url: `redis://${environment.REDIS_ADDR}/${environment.REDIS_DB}`,
    username: environment.REDIS_USERNAME,
    password: environment.REDIS_PASSWORD,
    disableOfflineQueue: true,
    socket: { connectTimeout: ms, reconnectStrategy: false },
  });
  client.on('error', () => undefined);
  return client;
}

async function probeRedis(environment: StackEnvironment, ms: number): Promise<void> {
  const client = redisClient(environment, ms);
  try {
    await withDeadline(client.connect(), ms, 'redis');
    await withDeadline(client.ping(), ms, 'redis');
  } finally {
    client.destroy();
  }
}

/** A MongoDB client whose every wait is bounded by `ms`. */
export function mongoClient(uri: string, ms: number): MongoClient {
  return new MongoClient(uri, {
    serverSelectionTimeoutMS: ms,
    connectTimeoutMS: ms,
    socketTimeoutMS: ms,
    waitQueueTimeoutMS: ms,
  });
}

async function probeMongo(uri: string, ms: number): Promise<void> {
  const client = mongoClient(uri, ms);
  try {
    await withDeadline(client.db('admin').command({ ping: 1 }), ms, 'mongodb');
  } finally {
    await withDeadline(client.close(), 1000, 'mongodb').catch(() => undefined);
  }
}
