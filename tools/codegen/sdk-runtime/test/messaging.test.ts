import { EventEmitter } from 'node:events';
import type { EachMessagePayload, Kafka } from 'kafkajs';
import type { Connection } from 'rabbitmq-client';
import { describe, expect, it } from 'vitest';
import { createProgressClient } from '../amqp.ts';
import { DeadlineError, InvalidMessageError, UnreachableError } from '../errors.ts';
import { createConsumer, createPublisher, type JobMessage, type MessageContext, topicOf } from '../kafka.ts';
import { JOB_ID } from './fake-api.ts';

const PAYLOAD = { city: 'Austin', units: 'metric' } as const;
const TRACE_ID = '5be4d82b-9c6f-4372-81d2-c0dc5a95a7a3';

interface FakeKafka {
  readonly kafka: Kafka;
  readonly sent: Record<string, unknown>[];
  readonly subscribed: unknown[];
  deliver(topic: string, value: string | null, headers?: Record<string, Buffer>): Promise<void>;
}

/** What the SDK needs of kafkajs; the real one is met in tools/sdk-tests. */
function fakeKafka(topics: readonly string[]): FakeKafka {
  const sent: Record<string, unknown>[] = [];
  const subscribed: unknown[] = [];
  let eachMessage: (delivery: EachMessagePayload) => Promise<void> = async () => undefined;
  const nothing = async (): Promise<void> => undefined;
  const kafka = {
    producer: () => ({
      connect: nothing,
      disconnect: nothing,
      send: async (record: Record<string, unknown>) => sent.push(record),
    }),
    admin: () => ({ connect: nothing, disconnect: nothing, listTopics: async () => topics }),
    consumer: () => ({
      connect: nothing,
      disconnect: nothing,
      subscribe: async (options: unknown) => subscribed.push(options),
      run: async (options: { eachMessage: typeof eachMessage }) => {
        eachMessage = options.eachMessage;
      },
    }),
  } as unknown as Kafka;
  return {
    kafka,
    sent,
    subscribed,
    deliver: (topic, value, headers = {}) =>
      eachMessage({
        topic,
        partition: 2,
        message: { value: value === null ? null : Buffer.from(value), headers, offset: '7' },
      } as unknown as EachMessagePayload),
  };
}

describe('topics', () => {
  it('are those of the contract, or of a template', () => {
    expect(topicOf('weather', 'normal')).toBe('jobs.weather.v1');
    expect(topicOf('weather', 'high')).toBe('jobs.weather.v1.high');
    expect(topicOf('quote', 'low', 'staging.%s')).toBe('staging.quote.low');
    expect(() => topicOf('quote', 'low', 'staging')).toThrow(
      'a topic template has %s once, in place of the job type, not as in "staging"',
    );
  });
});

describe('a publisher', () => {
  it('puts a job on its topic as the contract has it', async () => {
    const { kafka, sent } = fakeKafka([]);
    const publisher = createPublisher({ kafka });
    const expiresAt = new Date('2026-02-15T00:00:00Z');
    const submittedAt = new Date('2026-02-14T15:12:04Z');
    const job = await publisher.publish('weather', PAYLOAD, {
      jobId: JOB_ID,
      traceId: TRACE_ID,
      priority: 'high',
      expiresAt,
      submittedAt,
    });
    const message = {
      schema_version: '1.0',
      job_id: JOB_ID,
      job_type: 'weather',
      submitted_at: '2026-02-14T15:12:04.000Z',
      trace_id: TRACE_ID,
      payload: PAYLOAD,
    };
    expect(job).toEqual(message);
    const headers = {
      'content-type': 'application/json',
      'schema-version': '1.0',
      'dtq-expires-at': '2026-02-15T00:00:00.000Z',
    };
    expect(sent).toEqual([
      { topic: 'jobs.weather.v1.high', acks: -1, messages: [{ key: JOB_ID, value: JSON.stringify(message), headers }] },
    ]);
  });

  it('sends nothing that breaks the contract, and names every place', async () => {
    const { kafka, sent } = fakeKafka([]);
    const publish = createPublisher({ kafka }).publish('weather', { city: '', units: 'kelvin', town: 'x' } as never);
    const error = await publish.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidMessageError);
    expect((error as InvalidMessageError).violations.map(({ pointer }) => pointer).sort()).toEqual([
      '/payload/city',
      '/payload/city',
      '/payload/town',
      '/payload/units',
    ]);
    expect((error as Error).message).toContain('/payload/units must be one of "metric", "imperial"');
    expect(sent).toEqual([]);
  });
});

describe('a consumer', () => {
  const MESSAGE = {
    job_id: JOB_ID,
    job_type: 'quote',
    submitted_at: '2026-02-14T15:12:04Z',
    trace_id: TRACE_ID,
    payload: {},
  };

  it('hands on each job of its types, of every priority whose topic is there', async () => {
    const { kafka, deliver, subscribed } = fakeKafka(['jobs.quote.v1', 'jobs.quote.v1.high', 'jobs.weather.v1']);
    const got: [JobMessage<'quote'>, MessageContext][] = [];
    const consumer = createConsumer({
      kafka,
      groupId: 'reports',
      onJob: { quote: (job, context) => void got.push([job, context]) },
      onInvalid: (error) => expect.fail(String(error)),
    });
    await consumer.start();
    expect(subscribed).toEqual([{ topics: ['jobs.quote.v1.high', 'jobs.quote.v1'], fromBeginning: false }]);
    await deliver('jobs.quote.v1.high', JSON.stringify({ ...MESSAGE, newer: true }), {
      'dtq-attempt': Buffer.from('2'),
    });
    expect(got[0]?.[0]).toEqual(MESSAGE);
    expect(got[0]?.[1]).toMatchObject({ priority: 'high', partition: 2, offset: '7', headers: { 'dtq-attempt': '2' } });
  });

  it('tells of messages that are no jobs, and passes over them', async () => {
    const { kafka, deliver } = fakeKafka(['jobs.quote.v1']);
    const refused: string[] = [];
    const consumer = createConsumer({
      kafka,
      groupId: 'reports',
      onJob: { quote: () => expect.fail('none of them is a job') },
      onInvalid: ({ message }) => void refused.push(message),
    });
    await consumer.start();
    const polluting = JSON.stringify(MESSAGE).replace('"payload":{}', '"payload":{"__proto__":{"x":1}}');
    for (const value of [null, '{', polluting, JSON.stringify({ ...MESSAGE, payload: { limit: 0 } })])
      await deliver('jobs.quote.v1', value);
    expect(refused).toEqual([
      'a message of jobs.quote.v1: / is empty, not JSON',
      'a message of jobs.quote.v1: / is not JSON in UTF-8',
      'a message of jobs.quote.v1: / has the key __proto__, which is refused',
      'a message of jobs.quote.v1: /payload/limit must be >= 1',
    ]);
  });

  it('does not hide what its handler throws, so that the message comes again', async () => {
    const { kafka, deliver } = fakeKafka(['jobs.quote.v1']);
    const onJob = { quote: () => Promise.reject(new Error('no disk')) };
    const consumer = createConsumer({ kafka, groupId: 'reports', onJob, onInvalid: () => undefined });
    await consumer.start();
    await expect(deliver('jobs.quote.v1', JSON.stringify(MESSAGE))).rejects.toThrow('no disk');
  });

  it('needs a topic that is there, and a type', async () => {
    const { kafka } = fakeKafka(['other']);
    const options = { kafka, groupId: 'reports', onInvalid: () => undefined };
    await expect(createConsumer({ ...options, onJob: { quote: () => undefined } }).start()).rejects.toThrow(
      'none of these topics is there: jobs.quote.v1.high, jobs.quote.v1, jobs.quote.v1.low',
    );
    expect(() => createConsumer({ ...options, onJob: {} })).toThrow('onJob names no type of job');
  });
});

interface Envelope {
  readonly correlationId: string;
  readonly routingKey: string;
  readonly replyTo: string;
}

/** A channel of RabbitMQ, and what a worker does with each question. */
function fakeRabbit(
  work: (envelope: Envelope, request: Record<string, unknown>, reply: (body: unknown) => void) => void,
) {
  const channels: (EventEmitter & { active: boolean })[] = [];
  const acquire = async () => {
    let deliver: (message: object) => void = () => undefined;
    const channel = Object.assign(new EventEmitter(), {
      active: true,
      basicConsume: async (_options: object, callback: typeof deliver) => {
        deliver = callback;
      },
      basicPublish: async (envelope: Envelope, body: Buffer) => {
        work(envelope, JSON.parse(body.toString()) as Record<string, unknown>, (reply) =>
          deliver({ correlationId: envelope.correlationId, body: reply }),
        );
      },
      close: async () => {
        channel.active = false;
      },
    });
    channels.push(channel);
    return channel;
  };
  return { connection: { acquire } as unknown as Connection, channels };
}

describe('a progress question', () => {
  const REPLY = {
    job_id: JOB_ID,
    state: 'running',
    progress_percent: 50,
    message: 'x',
    timestamp: '2026-02-14T15:12:06Z',
  };

  it('is the contract on the wire, and gets its own reply', async () => {
    const asked: [Envelope, Record<string, unknown>][] = [];
    const { connection } = fakeRabbit((envelope, request, reply) => {
      asked.push([envelope, request]);
      reply({ ...REPLY, newer: true });
    });
    expect(await createProgressClient({ connection }).ask({ job_id: JOB_ID })).toEqual(REPLY);
    const [envelope, request] = asked[0] ?? [];
    expect(envelope).toMatchObject({
      routingKey: 'progress.check.request.v1',
      replyTo: 'amq.rabbitmq.reply-to',
      contentType: 'application/json',
      correlationId: request?.['request_id'],
    });
    expect(Object.keys(request ?? {}).sort()).toEqual(['job_id', 'request_id', 'requested_at']);
  });

  it('ends in time where nobody replies, and at once where there is no queue or no connection any more', async () => {
    const silent = fakeRabbit(() => undefined);
    const client = createProgressClient({ connection: silent.connection });
    await expect(client.ask(JOB_ID, { timeoutMs: 30 })).rejects.toBeInstanceOf(DeadlineError);
    const lost = client.ask(JOB_ID);
    await new Promise(setImmediate);
    silent.channels[0]?.emit('close');
    await expect(lost).rejects.toThrow(new UnreachableError('the connection was lost'));
    const missing = fakeRabbit(({ correlationId }) => missing.channels[0]?.emit('basic.return', { correlationId }));
    await expect(createProgressClient({ connection: missing.connection }).ask(JOB_ID)).rejects.toThrow(
      'there is no queue progress.check.request.v1: no worker has run yet',
    );
  });

  it('makes a new channel after the old one was lost', async () => {
    const { connection, channels } = fakeRabbit((_envelope, _request, reply) => reply(REPLY));
    const client = createProgressClient({ connection });
    await client.ask(JOB_ID);
    for (const channel of channels) {
      channel.active = false;
      channel.emit('close');
    }
    expect(await client.ask(JOB_ID)).toEqual(REPLY);
    expect(channels).toHaveLength(2);
  });

  it('does not believe a reply that breaks the contract, or speaks of another job', async () => {
    for (const wrong of [
      { ...REPLY, progress_percent: 101 },
      { ...REPLY, job_id: TRACE_ID },
    ]) {
      const { connection } = fakeRabbit((_envelope, _request, reply) => reply(wrong));
      await expect(createProgressClient({ connection }).ask(JOB_ID)).rejects.toBeInstanceOf(InvalidMessageError);
    }
  });
});
