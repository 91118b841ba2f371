import type { Clock } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { encodeJobMessage } from '@dtq/core/job-message.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { ConsumeOptions, Consumer, DeliverySource, JobQueue } from '@dtq/core/ports.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import type { JobMessage, JobType } from '@dtq/generated/schemas/types.ts';
import type { Message } from 'kafkajs';
import { Batcher } from './batcher.ts';
import type { KafkaConfig } from './config.ts';
import { KafkaProducer } from './kafka-producer.ts';
import { deadLetterHeaders, JOB_HEADERS, type StoredMessage } from './message-headers.ts';
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
  /** Resolves where the result store answers: a delivery that waits for it does not hang. */
  readonly checkResults: () => Promise<void>;
  readonly onStuck: (stuck: Stuck) => void;
}

/**
 * The job queue: one topic for each type of job, the job's id as the key, one consumer group for each type.
 *
 * Weak points. kafkajs has had no release since 2023 and heals badly by itself: connections and consumers are replaced as a
 * whole when in doubt (kafka-producer.ts, consumer-session.ts). A publish that timed out may have happened, even twice. When
 * a partition changes hands, the old owner's deliveries are told to stop, but may overlap with the new owner's until they do.
 * `again` waits in memory, so the message's offset holds back the commit of all later ones of its partition: a restart
 * delivers those again.
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

  async publish(job: JobMessage): Promise<void> {
    const value = Buffer.from(encodeJobMessage(job));
    await this.#put(this.#options.config.topics[job.job_type], {
      key: job.job_id,
      value,
      headers: { ...JOB_HEADERS },
    });
  }

  async consume({ jobTypes, concurrency, deliver }: ConsumeOptions): Promise<Consumer> {
    if (this.#isClosed) throw closed();
    const { config, clientId, log, clock, checkResults, onStuck } = this.#options;
    const consumers = [...new Set(jobTypes)].map(
      (jobType) =>
        new TypeConsumer({
          jobType,
          limit: Math.max(1, Math.trunc(concurrency[jobType] ?? JOB_POLICIES[jobType].concurrency)),
          deliver,
          config,
          clientId,
          log,
          clock,
          bury: (message, reason, source) => this.#bury(jobType, message, reason, source),
          checkResults,
          onStuck,
        }),
    );
    const consumer: Consumer = {
      stop: async (drainMs) => {
        await Promise.all(consumers.map((one) => one.stop(drainMs)));
        this.#consumers.delete(consumer);
      },
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

  async #bury(jobType: JobType, message: StoredMessage, reason: string, source: DeliverySource): Promise<void> {
    const headers = { ...message.headers, ...deadLetterHeaders(reason, source, this.#options.clock) };
    await this.#put(this.#options.config.deadLetterTopics[jobType], { ...message, headers });
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
