import { randomUUID } from 'node:crypto';
import { Connection } from 'rabbitmq-client';
import { withDeadline } from './deadline.ts';
import type { StackEnvironment } from './environment.ts';
import { InfraError, messageOf } from './errors.ts';
import { kafkaClient, mongoClient, redisClient } from './probe.ts';

/** How one conversation went. */
export interface SmokeRow {
  readonly server: string;
  readonly what: string;
  readonly passed: boolean;
  /** Milliseconds. */
  readonly took: number;
  /** Why not, where it did not pass. */
  readonly reason?: string;
}

/** The longest that one conversation may take, in milliseconds. */
const LIMIT_MS = 30_000;

/**
 * Speaks each server's protocol as the platform will, with names of its own that it removes afterwards: nothing need
 * exist before, and nothing is left.
 */
export async function smoke(environment: StackEnvironment): Promise<SmokeRow[]> {
  const mark = randomUUID();
  const talks: [string, string, () => Promise<void>][] = [
    ['kafka', 'create a topic, produce and consume with a group', () => smokeKafka(environment, mark)],
    ['rabbitmq', 'request and reply', () => smokeRabbitmq(environment, mark)],
    ['redis', 'hash with TTL in one script', () => smokeRedis(environment, mark)],
    [
      'mongodb',
      'unique index, unordered insert, read back',
      () => smokeMongo(environment.MONGO_URI, environment, mark),
    ],
  ];
  const second = environment.DTQ_SECANTUS_MONGO_URI;
  if (second !== undefined) {
    talks.push(['secantus', 'unique index, unordered insert, read back', () => smokeMongo(second, environment, mark)]);
  }
  return await Promise.all(
    talks.map(async ([server, what, talk]) => {
      const start = performance.now();
      try {
        await withDeadline(talk(), LIMIT_MS, server);
        return { server, what, passed: true, took: performance.now() - start };
      } catch (error) {
        return { server, what, passed: false, took: performance.now() - start, reason: messageOf(error) };
      }
    }),
  );
}

/** The rows as lines for people. */
export function formatSmoke(rows: readonly SmokeRow[]): string {
  return rows
    .map(({ server, what, passed, took, reason }) =>
      `${passed ? 'ok' : 'FAILED'} ${server.padEnd(10)}${what.padEnd(52)}${`${Math.round(took)} ms`.padEnd(10)}${reason ?? ''}`.trimEnd(),
    )
    .join('\n');
}

async function smokeKafka(environment: StackEnvironment, mark: string): Promise<void> {
  // Retries: a group that has just been made has no coordinator for a moment.
  const client = kafkaClient(environment.KAFKA_BROKERS, 8);
  const topic = `dtq.smoke.${mark}`;
  const admin = client.admin();
  const producer = client.producer();
  const consumer = client.consumer({ groupId: topic, maxWaitTimeInMs: 200, sessionTimeout: 10_000 });
  try {
    await admin.connect();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] });
    await producer.connect();
    await producer.send({ topic, acks: -1, messages: [{ key: mark, value: mark }] });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const received = new Promise<string>((done, fail) => {
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }): Promise<void> =>
        done(message.value?.toString() ?? '');
      consumer.run({ eachMessage }).catch(fail);
    });
    expectSame('the message consumed', await withDeadline(received, 20_000, 'kafka consume'), mark);
  } finally {
    await quietly(consumer.disconnect(), producer.disconnect());
    await quietly(admin.deleteGroups([topic]), admin.deleteTopics({ topics: [topic] }));
    await quietly(admin.disconnect());
  }
}

async function smokeRabbitmq(environment: StackEnvironment, mark: string): Promise<void> {
  const connection = new Connection({ url: environment.RABBITMQ_URL, acquireTimeout: 5000, noDelay: true });
  const failed = new Promise<never>((_, fail) => connection.once('error', fail));
  const queue = `dtq.smoke.${mark}`;
  const talk = async (): Promise<void> => {
    await connection.onConnect(5000);
    const responder = connection.createConsumer(
      { queue, queueOptions: { queue, autoDelete: true }, requeue: false },
      async (request, reply) => await reply(`reply to ${String(request.body)}`),
    );
    await new Promise<void>((done) => responder.once('ready', done));
    const client = connection.createRPCClient({ confirm: false, timeout: 5000 });
    const answer = await client.send(queue, mark);
    expectSame('the reply', String(answer.body), `reply to ${mark}`);
    await client.close();
    await responder.close();
  };
  try {
    await Promise.race([talk(), failed]);
  } finally {
    connection.on('error', () => undefined);
    await quietly(connection.queueDelete({ queue }));
    await quietly(connection.close());
  }
}

async function smokeRedis(environment: StackEnvironment, mark: string): Promise<void> {
  const client = redisClient(environment, 5000);
  const key = `dtq:smoke:${mark}`;
  const script = "redis.call('HSET', KEYS[1], 'state', ARGV[1]) return redis.call('EXPIRE', KEYS[1], ARGV[2])";
  try {
    await client.connect();
    await client.eval(script, { keys: [key], arguments: ['queued', '60'] });
    expectSame('the field', String(await client.hGet(key, 'state')), 'queued');
    const ttl = Number(await client.ttl(key));
    if (ttl < 1 || ttl > 60) throw new InfraError(`the TTL is ${ttl} s, not 1 to 60`);
    await client.del(key);
  } finally {
    client.destroy();
  }
}

async function smokeMongo(uri: string, environment: StackEnvironment, mark: string): Promise<void> {
  const client = mongoClient(uri, 5000);
  try {
    const collection = client.db(environment.MONGO_DB).collection(`smoke_${mark.replaceAll('-', '')}`);
    try {
      await collection.createIndex({ job_id: 1 }, { unique: true });
      const documents = [
        { job_id: mark, n: 1 },
        { job_id: mark, n: 2 },
        { job_id: `${mark}-other`, n: 3 },
      ];
      const outcome = await collection.insertMany(documents, { ordered: false }).then(
        () => 'no error',
        (error: unknown) => String(error instanceof Error && 'code' in error ? error.code : messageOf(error)),
      );
      expectSame('the error of a second document with the same key', outcome, '11000');
      expectSame('the document that stands', String((await collection.findOne({ job_id: mark }))?.['n']), '1');
      expectSame('the documents', String(await collection.countDocuments()), '2');
    } finally {
      await quietly(collection.drop());
    }
  } finally {
    await client.close();
  }
}

function expectSame(what: string, found: string, wanted: string): void {
  if (found !== wanted) throw new InfraError(`${what} is "${found}", not "${wanted}"`);
}

/** Waits for clean-up that may fail: the reason to report is the one that came before. */
async function quietly(...work: Promise<unknown>[]): Promise<void> {
  await withDeadline(Promise.allSettled(work), 5000, 'clean-up').catch(() => undefined);
}
