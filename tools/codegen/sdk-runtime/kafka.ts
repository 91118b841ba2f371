import { JOB_MESSAGE_HEADERS, JOB_MESSAGE_HEADERS_FIXED } from '@dtq/generated/messaging/headers.ts';
import type { JobMessageByJobType, JobMessageHeaders, JobPriority } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import type { ConsumerConfig, EachMessagePayload, IHeaders, Kafka, ProducerConfig } from 'kafkajs';
import { InvalidMessageError } from './errors.ts';
import { timestamp } from './jobs.ts';
import { checkMessage, readMessage } from './read-message.ts';
import { ALL_TYPES, topicOf, topicsOf } from './topics.ts';
import type { JobType, Payload } from './types.ts';

export { InvalidMessageError } from './errors.ts';
export { topicOf } from './topics.ts';
export type { JobMessageByJobType, JobMessageHeaders, JobPriority, JobType, Payload };

/** A job on its way to a worker. */
export type JobMessage<T extends JobType = JobType> = JobMessageByJobType[T];

interface TopicOptions {
  /** A client of kafkajs, with the brokers and the credentials of the deployment. */
  readonly kafka: Kafka;
  /** Where the deployment names its topics otherwise, such as `staging.jobs.%s.v1`. */
  readonly topicTemplate?: string | undefined;
}

export interface PublisherOptions extends TopicOptions {
  /** For kafkajs. */
  readonly producer?: ProducerConfig | undefined;
}

export interface PublishOptions {
  /** `normal` unless said otherwise; others need a deployment that reads their topics. */
  readonly priority?: JobPriority | undefined;
  /** A UUID; a new one unless said otherwise. The same id again is the same job, and is done once. */
  readonly jobId?: string | undefined;
  /** A UUID of version 4; a new one unless said otherwise. */
  readonly traceId?: string | undefined;
  /** W3C trace context. */
  readonly traceparent?: string | undefined;
  /** The job fails with the code `expired` where nobody has started it by then. */
  readonly expiresAt?: Date | string | undefined;
  readonly submittedAt?: Date | undefined;
}

export interface Publisher {
  connect(): Promise<void>;
  /**
   * Puts a job on its topic, and resolves to its message once all in-sync replicas have it: the job will then end. Throws
   * InvalidMessageError, before anything is sent, for what breaks the contract. After any other rejection the job may have
   * been accepted: publish it again with the same `jobId`.
   */
  publish<T extends JobType>(type: T, payload: Payload<T>, options?: PublishOptions): Promise<JobMessage<T>>;
  disconnect(): Promise<void>;
}

/** Publishes jobs past the API, for a team that lives on Kafka. Every message is held to the contract first. */
export function createPublisher({ kafka, topicTemplate, producer: config }: PublisherOptions): Publisher {
  const producer = kafka.producer({ allowAutoTopicCreation: false, ...config });
  return {
    connect: () => producer.connect(),
    disconnect: () => producer.disconnect(),
    publish: async (type, payload, options = {}) => {
      const { priority = 'normal', jobId, traceId, traceparent, expiresAt, submittedAt = new Date() } = options;
      const message = checkMessage<JobMessage<typeof type>>(
        `a ${type} job`,
        {
          schema_version: JOB_MESSAGE_HEADERS_FIXED['schema-version'],
          job_id: jobId ?? crypto.randomUUID(),
          job_type: type,
          submitted_at: submittedAt.toISOString(),
          trace_id: traceId ?? crypto.randomUUID(),
          payload,
        },
        strict.JobMessage[type],
      );
      const headers: JobMessageHeaders = {
        ...JOB_MESSAGE_HEADERS_FIXED,
        ...(traceparent === undefined ? {} : { [JOB_MESSAGE_HEADERS.traceparent]: traceparent }),
        ...(expiresAt === undefined ? {} : { [JOB_MESSAGE_HEADERS.dtqExpiresAt]: timestamp(expiresAt) }),
      };
      checkMessage('the headers', headers, strict.JobMessageHeaders);
      await producer.send({
        topic: topicOf(type, priority, topicTemplate),
        acks: ALL_IN_SYNC,
        messages: [{ key: message.job_id, value: JSON.stringify(message), headers: { ...headers } }],
      });
      return message;
    },
  };
}

/** The contract's acceptance: every in-sync replica has the message. */
const ALL_IN_SYNC = -1;

/** Where a message stood, and what came with it. */
export interface MessageContext {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly priority: JobPriority;
  readonly headers: JobMessageHeaders;
  /** Tells the broker that a long handler is alive. */
  heartbeat(): Promise<void>;
}

export interface ConsumerOptions extends TopicOptions {
  /** Of your own: a worker's group would lose the messages that you take. */
  readonly groupId: string;
  /** Called for each job of the types that are named here. The offset is committed once it resolves; a rejection brings the message again. */
  readonly onJob: { readonly [T in JobType]?: (job: JobMessage<T>, context: MessageContext) => Promise<void> | void };
  /** Called for a message that is no job of its type, which is then passed over. */
  readonly onInvalid: (error: InvalidMessageError, message: EachMessagePayload) => Promise<void> | void;
  /** Whether to read what the topics hold already; false unless said otherwise. */
  readonly fromBeginning?: boolean | undefined;
  /** For kafkajs. */
  readonly consumer?: Omit<ConsumerConfig, 'groupId'> | undefined;
}

export interface Consumer {
  /** Connects and begins; resolves when kafkajs has. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Reads jobs as they pass, each held to the contract by its tolerant form, of every priority. For teams that want to know of
 * jobs, not for doing them: what a job's end takes is more than its message.
 */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { kafka, groupId, onJob, onInvalid, topicTemplate, fromBeginning = false } = options;
  const topics = topicsOf(
    ALL_TYPES.filter((type) => onJob[type] !== undefined),
    topicTemplate,
  );
  if (topics.size === 0) throw new TypeError('onJob names no type of job');
  const consumer = kafka.consumer({ allowAutoTopicCreation: false, ...options.consumer, groupId });
  const eachMessage = async (delivery: EachMessagePayload): Promise<void> => {
    const { topic, partition, message } = delivery;
    const of = topics.get(topic);
    if (of === undefined) return;
    let job: JobMessage;
    try {
      job = readMessage(
        `a message of ${topic}`,
        message.value,
        tolerant.JobMessage[of.type] as typeof tolerant.JobMessage.weather,
      );
    } catch (error) {
      if (!(error instanceof InvalidMessageError)) throw error;
      return onInvalid(error, delivery);
    }
    const handle = onJob[of.type] as ((job: JobMessage, context: MessageContext) => Promise<void> | void) | undefined;
    await handle?.(job, {
      topic,
      partition,
      offset: message.offset,
      priority: of.priority,
      headers: textHeaders(message.headers),
      heartbeat: () => delivery.heartbeat(),
    });
  };
  return {
    start: async () => {
      await consumer.connect();
      await consumer.subscribe({ topics: await present(kafka, [...topics.keys()]), fromBeginning });
      await consumer.run({ eachMessage });
    },
    stop: () => consumer.disconnect(),
  };
}

/** Deployments without priorities lack their topics, and kafkajs refuses to subscribe to what is missing. */
async function present(kafka: Kafka, wanted: readonly string[]): Promise<string[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const there = new Set(await admin.listTopics());
    const found = wanted.filter((topic) => there.has(topic));
    if (found.length === 0) throw new Error(`none of these topics is there: ${wanted.join(', ')}`);
    return found;
  } finally {
    await admin.disconnect();
  }
}

/** Headers as text; of one that is given several times the last counts. */
function textHeaders(headers: IHeaders | undefined): JobMessageHeaders {
  return Object.fromEntries(
    Object.entries(headers ?? {}).flatMap(([name, value]) => {
      const last = Array.isArray(value) ? value.at(-1) : value;
      return last === undefined ? [] : [[name, last.toString()]];
    }),
  );
}
