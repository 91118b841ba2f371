import { randomUUID } from 'node:crypto';
import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { JobState } from '@dtq/generated/schemas/types.ts';
import { topicsOf } from '../kit.ts';
import type { Settings } from '../settings.ts';
import type { KafkaWire } from '../wires/kafka.ts';
import type { Mongo, Redis } from '../wires/stores.ts';
import type { DistributedServer } from './distributed-server.ts';
import { bodiesOf, type Mutate, type Mutation } from './mutation.ts';
import type { AmqpBreak, OtherResponder } from './other-responder.ts';
import type { Break, OtherWorker } from './other-worker.ts';

// For promises that a server keeps beside HTTP, a program that breaks them stands on the real servers: an API that publishes
// the wrong message, a worker and a responder by another hand, or one that spoils what ours have written before the kit hears
// that it is there.

/** What the mutations have to work with. */
export interface Ground {
  readonly server: DistributedServer;
  readonly worker: OtherWorker;
  readonly responder: OtherResponder;
  /** Where the other responder answers. */
  readonly queue: string;
  readonly kafka: KafkaWire;
  readonly redis: Redis;
  readonly mongo: Mongo;
}

export interface WireMutation extends Omit<Mutation, 'mutate' | 'settings'> {
  /** Whose jobs are looked at: those that our worker does, or those of the other worker. */
  readonly by: 'ours' | 'the other worker';
  readonly worker?: Break;
  readonly responder?: AmqpBreak;
  readonly mutate?: (ground: Ground) => Mutate;
  readonly settings?: (ground: Ground) => Promise<Partial<Settings>> | Partial<Settings>;
  /** Breaks something for as long as the check is asked; gives what mends it. */
  readonly around?: (ground: Ground) => Promise<() => Promise<unknown>>;
}

/** Where a fact never comes true, nobody waits for it as long as for one that does. */
const SOON = { patienceMs: 4000 };

interface Published {
  topic: string;
  key: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

/** An API that accepts a job and publishes something else. */
function impostor(change: (message: Published) => void): (ground: Ground) => Mutate {
  return ({ kafka, server }) =>
    async (request, next) => {
      if (request.method !== 'POST' || new URL(request.url).pathname !== '/v1/jobs') return next(request);
      const { job_type, payload } = (await request.json()) as { job_type: 'weather'; payload: object };
      const [job_id, trace_id, submitted_at] = [randomUUID(), randomUUID(), new Date().toISOString()];
      const message: Published = {
        topic: topicsOf(server.unread.settings, job_type).job,
        key: job_id,
        headers: { 'content-type': 'application/json', 'schema-version': '1.0' },
        body: { schema_version: '1.0', job_id, job_type, submitted_at, trace_id, payload },
      };
      change(message);
      const { topic, key, headers, body } = message;
      await kafka.publish(topic, { key, headers, value: JSON.stringify(body) });
      const answer = { job_id, trace_id, job_type, state: 'queued', submitted_at, message: 'waiting for a worker' };
      return Response.json(answer, { status: 202, headers: { location: `/v1/jobs/${job_id}/status` } });
    };
}

/** Spoils what stands in a store before the API says that the job has ended, which is when the kit looks. */
function spoiled(spoil: (jobId: string, ground: Ground) => Promise<unknown>): (ground: Ground) => Mutate {
  return (ground) =>
    bodiesOf(/^GET \/v1\/jobs\/[^/]+\/status$/, async (body) => {
      const { job_id, state } = body as { job_id: string; state?: JobState };
      if (state !== undefined && isFinal(state)) {
        // The hash is written last; what is spoiled before it would be mended by it.
        const key = `job:${job_id}:status`;
        while (!isFinal(((await ground.redis.hGet(key, 'state')) ?? 'completed') as JobState)) await Promise.resolve();
        await spoil(job_id, ground);
      }
      return body;
    });
}

const statusKey = (jobId: string): string => `job:${jobId}:status`;
const results = ({ mongo }: Ground) => mongo.database.collection('job_results');

export const WIRE_MUTATIONS: Readonly<Record<string, WireMutation>> = {
  'kafka.topics': {
    breaks: 'keeps its messages for an hour',
    says: /retention\.ms of .* must be "2592000000", and is "3600000"/,
    by: 'ours',
    settings: async ({ kafka, server }) => {
      const topicTemplate = `short.${server.unread.settings.topicTemplate}`;
      const configEntries = [
        { name: 'retention.ms', value: '3600000' },
        { name: 'cleanup.policy', value: 'delete' },
      ];
      const topics = ['weather', 'quote', 'exchange_rate', 'github_user'].map((jobType) => ({
        topic: topicTemplate.replace('%s', jobType),
        numPartitions: 1,
        configEntries,
      }));
      await kafka.admin.createTopics({ topics, waitForLeaders: true });
      return { topicTemplate };
    },
  },
  'kafka.message': {
    breaks: 'adds a field to the message',
    says: /the message breaks its schema: .*additional properties.*priority/,
    by: 'the other worker',
    mutate: impostor(({ body }) => {
      body['priority'] = 'normal';
    }),
  },
  'kafka.key': {
    breaks: 'has another key',
    says: /the key of the message must be .*, and is "weather"/,
    by: 'the other worker',
    mutate: impostor((message) => {
      message.key = 'weather';
    }),
  },
  'kafka.headers': {
    breaks: 'leaves the schema version out',
    says: /the header schema-version must be "1\.0", and is missing/,
    by: 'the other worker',
    mutate: impostor((message) => {
      message.headers = { 'content-type': 'application/json' };
    }),
  },
  'kafka.additions-as-headers': {
    breaks: 'has the time to expire in no header',
    says: /the header dtq-expires-at must be .*, and is missing/,
    by: 'the other worker',
    mutate: impostor(() => undefined),
  },
  'kafka.priority-topics': {
    breaks: 'has one topic for all priorities',
    says: /not within 4 s: the message of .* stands in .*\.high/,
    by: 'the other worker',
    settings: () => SOON,
    mutate: impostor(() => undefined),
  },
  'kafka.foreign-job': {
    breaks: 'wants a schema_version',
    says: /the state of .*, which another program published must be "completed", and is "failed"/,
    by: 'the other worker',
    worker: 'wants a schema_version',
  },
  'kafka.unknown-fields': {
    breaks: 'passes unknown fields on',
    says: /the input of its document must be .*, and is .*of_a_newer_producer/,
    by: 'the other worker',
    worker: 'passes unknown fields on',
  },
  'kafka.key-order': {
    breaks: 'keeps the last of two',
    says: /the input of its document must be .*Austin.*, and is .*Nowhere/,
    by: 'the other worker',
    worker: 'keeps the last of two',
  },
  'kafka.delivered-twice': {
    breaks: 'does a job again that has ended',
    says: /its document after a second delivery must be/,
    by: 'the other worker',
    worker: 'keeps the last of two',
  },
  'kafka.expired': {
    breaks: 'does not look at dtq-expires-at',
    says: /which came too late must be "failed", and is "completed"/,
    by: 'the other worker',
    worker: 'does not look at dtq-expires-at',
  },
  'kafka.poison-buried': {
    breaks: 'buries without headers',
    says: /the headers of the dead letter breaks its schema/,
    by: 'the other worker',
    worker: 'buries without headers',
  },
  'kafka.poison-fails-its-job': {
    breaks: 'tells nobody of a message that is no job',
    says: /not within 4 s: the job .* has ended/,
    by: 'the other worker',
    worker: 'tells nobody of a message that is no job',
    settings: () => SOON,
  },
  'kafka.poison-never-blocks': {
    breaks: 'stops at a message that is no job',
    says: /not within 4 s: the job .* has ended/,
    by: 'the other worker',
    worker: 'stops at a message that is no job',
    settings: () => SOON,
  },
  'kafka.prototype-keys': {
    breaks: 'takes __proto__ for a field',
    says: /a message with the key __proto__ must not be done as a job/,
    by: 'the other worker',
    worker: 'takes __proto__ for a field',
  },
  'kafka.committed-after-outcome': {
    breaks: 'commits on receipt',
    says: /must not have committed .* beyond/,
    by: 'the other worker',
    worker: 'commits on receipt',
  },
  'kafka.dead-letter-listed': {
    breaks: 'lists no violations',
    says: /its violations must name \/payload\/city/,
    by: 'the other worker',
    worker: 'lists no violations',
  },
  'kafka.dead-letter-replayed': {
    breaks: 'does not say what it repeats',
    says: /the answer to a replay breaks its schema: .*replay_of/,
    by: 'the other worker',
    mutate: () => bodiesOf(/^POST \/v1\/dead-letters\//, ({ replay_of: _, ...body }) => body),
  },
  'redis.hash': {
    breaks: 'leaves the message out',
    says: /the hash of .* breaks its schema: .*message/,
    by: 'ours',
    mutate: spoiled((jobId, { redis }) => redis.hDel(statusKey(jobId), 'message')),
  },
  'redis.failed-hash': {
    breaks: 'does not say why a job failed',
    says: /it must name the error_code/,
    by: 'ours',
    mutate: spoiled((jobId, { redis }) => redis.hDel(statusKey(jobId), 'error_code')),
  },
  'redis.ttl': {
    breaks: 'loses the time to live',
    says: /the hash of .* must have a time to live, and has none/,
    by: 'ours',
    mutate: spoiled((jobId, { redis }) => redis.persist(statusKey(jobId))),
  },
  'redis.never-backwards': {
    breaks: 'sets a status back after its end',
    says: /must never move backwards, and goes from completed 100 to running 20/,
    by: 'ours',
    mutate: (ground) => {
      const finals = new Map<string, number>();
      return spoiled(async (jobId) => {
        // Not before the kit has seen the end.
        finals.set(jobId, (finals.get(jobId) ?? 0) + 1);
        if (finals.get(jobId) !== 2) return;
        await ground.redis.hSet(statusKey(jobId), { state: 'running', progress_percent: '20' });
      })(ground);
    },
  },
  'redis.history': {
    breaks: 'keeps no history',
    says: /its history must have 1 to 64 entries, and has 0/,
    by: 'ours',
    mutate: spoiled((jobId, { redis }) => redis.hDel(statusKey(jobId), 'history')),
  },
  'redis.foreign-hash': {
    breaks: "does not read another program's progress",
    says: /the live status must be .*50.*, and is/,
    by: 'ours',
    mutate: () =>
      bodiesOf(/^GET \/v1\/jobs\/[^/]+$/, (body) =>
        body['message'] === 'at work' ? { ...body, progress_percent: 20 } : body,
      ),
  },
  'redis.open-jobs': {
    breaks: 'keeps no index of what runs',
    says: /not within 4 s: .* stands in jobs:open:weather:running/,
    by: 'the other worker',
    settings: () => SOON,
  },
  'mongo.document': {
    breaks: 'leaves the trace_id out',
    says: /its trace_id must be .*, and is missing/,
    by: 'ours',
    mutate: spoiled((job_id, ground) => results(ground).updateOne({ job_id }, { $unset: { trace_id: '' } })),
  },
  'mongo.failed-document': {
    breaks: 'gives a failed job an output',
    says: /the document of .* breaks its schema: .*output/,
    by: 'ours',
    mutate: spoiled((job_id, ground) => results(ground).updateOne({ job_id }, { $set: { output: {} } })),
  },
  'mongo.unique-index': {
    breaks: 'has no unique index',
    says: /the refusal of a second document must be 11000, and is null/,
    by: 'ours',
    around: async (ground) => {
      await results(ground).dropIndex('job_id_unique');
      return () => results(ground).createIndex({ job_id: 1 }, { name: 'job_id_unique', unique: true });
    },
  },
  'mongo.index-by-time': {
    breaks: 'has no index by completed_at',
    says: /there must be an index \{completed_at:-1\}/,
    by: 'ours',
    around: async (ground) => {
      await results(ground).dropIndex('completed_at_newest_first');
      return () => results(ground).createIndex({ completed_at: -1 }, { name: 'completed_at_newest_first' });
    },
  },
  'mongo.never-started': {
    breaks: 'has a start for what never started',
    says: /its started_at must be/,
    by: 'the other worker',
    worker: 'has a start for what never started',
  },
  'mongo.foreign-document': {
    breaks: 'passes unknown fields on',
    says: /the document of .* over HTTP must be .*, and is .*of_another_program/,
    by: 'ours',
    mutate: () => bodiesOf(/^GET \/v1\/jobs\/[^/]+$/, (body) => ({ ...body, of_another_program: true })),
  },
  'mongo.schedule': {
    breaks: 'keeps a waiting job in its memory alone',
    says: /a row of .* must stand in job_schedule once it is accepted/,
    by: 'ours',
    mutate: ({ mongo }) =>
      bodiesOf(/^POST \/v1\/jobs$/, async (body) => {
        await mongo.database.collection('job_schedule').deleteMany({ job_id: body['job_id'] });
        return body;
      }),
  },
  'mongo.dead-letters': {
    breaks: 'lists no dead letters',
    says: /not within 4 s: .* stands in dead_letters/,
    by: 'the other worker',
    worker: 'lists no dead letters',
    settings: () => SOON,
  },
  'amqp.queue': {
    breaks: 'declares its queue with an argument of its own',
    says: /must be declared alike by everybody, and the server says/,
    by: 'ours',
    settings: ({ queue }) => ({ queue: `${queue}.expiring` }),
  },
  'amqp.reply': {
    breaks: 'says no media type',
    says: /the content_type of the reply must be "application\/json", and is "text\/plain"/,
    by: 'ours',
    responder: 'says no media type',
  },
  'amqp.correlation': {
    breaks: 'answers with the id of the question before',
    says: /not within 4 s: a reply with the correlation id|the job_ids of the replies/,
    by: 'ours',
    responder: 'answers with the id of the question before',
    settings: () => SOON,
  },
  'amqp.not-found': {
    breaks: 'does not answer for a job that it does not know',
    says: /not within 4 s: a reply with the correlation id/,
    by: 'ours',
    responder: 'does not answer for a job that it does not know',
    settings: () => SOON,
  },
  'amqp.direct-reply-to': {
    breaks: 'answers into queues of one kind only',
    says: /not within 4 s: a reply with the correlation id/,
    by: 'ours',
    responder: 'answers into queues of its own choice only',
    settings: () => SOON,
  },
  'amqp.no-correlation-id': {
    breaks: 'answers without a correlation id',
    says: /the number of replies to a question without a correlation_id must be 0, and is 1/,
    by: 'ours',
    responder: 'answers without a correlation id',
  },
  'amqp.no-reply-to': {
    breaks: 'ends with a question without a reply_to',
    says: /not within 4 s: a reply with the correlation id/,
    by: 'ours',
    responder: 'ends with a question without a reply_to',
    settings: () => SOON,
  },
  'amqp.foreign-reply-to': {
    breaks: 'answers into any queue',
    says: /the number of messages in a foreign queue that reply_to named must be 0, and is 1/,
    by: 'ours',
    responder: 'answers into any queue',
  },
  'amqp.invalid-body': {
    breaks: 'does not validate',
    says: /the number of replies to a question that does not validate must be 0, and is 1/,
    by: 'ours',
    responder: 'does not validate',
  },
  'amqp.garbage-never-blocks': {
    breaks: 'ends with garbage',
    says: /not within 4 s: a reply with the correlation id/,
    by: 'ours',
    responder: 'ends with garbage',
    settings: () => SOON,
  },
};
