import { type Clock, timestamp } from '@dtq/core/clock.ts';
import { type Envelope, headersOf, PLAIN } from '@dtq/core/envelope.ts';
import { Defect, Unavailable } from '@dtq/core/errors.ts';
import { encodeJobMessage } from '@dtq/core/job-message.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { ConsumeOptions, Consumer, DeliverySource, JobQueue, PoolUse } from '@dtq/core/ports.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import type { DeadLetter, JobMessage, JobType } from '@dtq/generated/schemas/types.ts';
import type { Message } from 'kafkajs';
import { Batcher } from './batcher.ts';
import type { KafkaConfig } from './config.ts';
import { deadLetterOf } from './dead-letter.ts';
import type { Verdict } from './delivery-pool.ts';
import { KafkaProducer } from './kafka-producer.ts';
import { deadLetterHeaders, type StoredMessage } from './message-headers.ts';
import { type Stuck, TypeConsumer } from './type-consumer.ts';

const PART = 'kafka';

/** What one batch carries at most: six partitions of it stay far below the megabyte that a broker takes for each. */
const BATCH_ITEMS = 500;
const BATCH_BYTES = 524_288;

/** Jobs of one type that may wait for their confirmation at once; memory, and the broker, are spared beyond it. */
const MOST_WAITING = 5000;

export interface JobQueueOptions {
  readonly config: KafkaConfig;
  readonly clientId: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** Resolves once a dead letter stands in the collection, or never can; rejects with Unavailable. */
  readonly keepDeadLetter: (letter: DeadLetter) => Promise<void>;
  /** Resolves where the result store answers: a delivery that waits for it does not hang. */
  readonly checkResults: () => Promise<void>;
  readonly onStuck: (stuck: Stuck) => void;
}

/**
 * The job queue: a topic for each type of job and priority, the job's id as the key, one consumer group for each type.
 *
 * Weak points. kafkajs has had no release since 2023 and heals badly by itself: connections and consumers are replaced as a
 * whole when in doubt (kafka-producer.ts, consumer-session.ts). A publish that timed out may have happened, even twice. When
 * a partition changes hands, the old owner's deliveries are told to stop, but may overlap with the new owner's until they do.
 * `again` waits in memory, so the message's offset holds back the commit of all later ones of its partition: a restart
 * delivers those again. Partitions are dealt out without regard to priority: of more workers than partitions of a topic some
 * get none of high jobs, and give all their seats to what they have. A group whose members do not all know the topics of the
 * priorities (a roll-out) reads those once the last old one has gone.
 */
export class KafkaJobQueue implements JobQueue {
  readonly #options: JobQueueOptions;
  readonly #producer: KafkaProducer;
  readonly #batchers = new Map<string, Batcher<Message, void>>();
  readonly #consumers = new Set<Consumer>();
  #isClosed = false;

  constructor(options: JobQueueOptions) {
    this.#options = options;
    this.#producer = new KafkaProducer(options.config, options.clientId, options.log);
  }

  /** Resolves once the producer has connected, or has failed to a first time. */
  get tried(): Promise<void> {
    return this.#producer.tried;
  }

  /** Jobs that wait for their confirmation; of the topic that has most. */
  get pool(): PoolUse {
    const used = Math.max(0, ...[...this.#batchers.values()].map(({ size }) => size));
    return { pool: 'kafka_unconfirmed', used, limit: MOST_WAITING };
  }

  async publish(job: JobMessage, envelope: Partial<Envelope> = {}): Promise<void> {
    const { priority } = { ...PLAIN, ...envelope };
    const topic = this.#options.config.priorityTopics[job.job_type][priority];
    if (topic === undefined)
      throw new Defect(`a ${job.job_type} job of ${priority} priority has no topic: PRIORITY_TOPICS is off`);
    const { buffer, byteOffset, byteLength } = encodeJobMessage(job);
    const value = Buffer.from(buffer, byteOffset, byteLength);
    await this.#put(topic, { key: job.job_id, value, headers: headersOf(envelope) });
  }

  async consume({ jobTypes, concurrency, deliver }: ConsumeOptions): Promise<Consumer> {
    if (this.#isClosed) throw closed();
    const { config, clientId, log, clock, checkResults, onStuck } = this.#options;
    const consumers = new Map(
      [...new Set(jobTypes)].map((jobType) => [
        jobType,
        new TypeConsumer({
          jobType,
          limit: Math.max(1, Math.trunc(concurrency[jobType] ?? JOB_POLICIES[jobType].concurrency)),
          deliver,
          config,
          clientId,
          log,
          clock,
          bury: (message, verdict, source) => this.#bury(jobType, message, verdict, source),
          checkResults,
          onStuck,
        }),
      ]),
    );
    const consumer: Consumer = {
      stop: async (drainMs) => {
        await Promise.all([...consumers.values()].map((one) => one.stop(drainMs)));
        this.#consumers.delete(consumer);
      },
      limit: (jobType, most) => consumers.get(jobType)?.limit(Math.max(0, Math.trunc(most))),
    };
    this.#consumers.add(consumer);
    return consumer;
  }

  /** Stops what nobody stopped, without waiting for what it does. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const batcher of this.#batchers.values()) batcher.rejectWaiting(closed());
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop(0)));
    await this.#producer.close();
  }

  /** To the collection first, where a second time is of no effect; the topic may then have it twice. */
  async #bury(jobType: JobType, message: StoredMessage, verdict: Verdict, source: DeliverySource): Promise<void> {
    const { config, clock, keepDeadLetter } = this.#options;
    const buriedAt = timestamp(clock);
    await keepDeadLetter(deadLetterOf(jobType, message, verdict, source, buriedAt));
    const headers = { ...message.headers, ...deadLetterHeaders(verdict.reason, source, buriedAt) };
    await this.#put(config.deadLetterTopics[jobType], { ...message, headers });
  }

  #put(topic: string, message: Message): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed());
    let batcher = this.#batchers.get(topic);
    if (batcher === undefined) {
      batcher = this.#batcherOf(topic);
      this.#batchers.set(topic, batcher);
    }
    const { value, key } = message;
    const bytes = (value?.length ?? 0) + 300;
    return batcher.add(message, bytes, key?.toString() ?? null, this.#options.config.publishTimeoutMs);
  }

  /** One for each topic, so that a topic that is missing, or slow, holds up no other. */
  #batcherOf(topic: string): Batcher<Message, void> {
    return new Batcher({
      mostItems: BATCH_ITEMS,
      mostBytes: BATCH_BYTES,
      mostInFlight: 2,
      mostWaiting: MOST_WAITING,
      full: () => new Unavailable(PART, `${MOST_WAITING} jobs wait for their confirmation already`),
      late: (ms) => new Unavailable(PART, `publish: no confirmation within ${ms} ms`),
      write: async (entries) => {
        await this.#producer.send(
          topic,
          entries.map(({ item }) => item),
        );
        for (const { resolve } of entries) resolve();
      },
    });
  }
}

function closed(): Unavailable {
  return new Unavailable(PART, 'the backend is closed');
}
