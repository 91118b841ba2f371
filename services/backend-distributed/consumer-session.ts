import { settlesWithin, sleep } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import {
  type Cluster,
  type Consumer,
  type ConsumerGroupJoinEvent,
  type EachBatchPayload,
  PartitionAssigners,
} from 'kafkajs';
import type { KafkaConfig } from './config.ts';
import { answerWithin } from './deadline.ts';
import type { ByPartition } from './group-offsets.ts';
import { createKafkaClient, type KafkaClient } from './kafka-client.ts';

/** How long each step may take; a join waits for the other members. In milliseconds. */
const STEP_MS = 5000;
const JOIN_MS = 30_000;
const COMMIT_MS = 5000;
const GOODBYE_MS = 2000;

/** A member of a group is given up by the brokers after this, and so are its partitions; in milliseconds. */
const SESSION_TIMEOUT_MS = 8000;

/**
 * Without any sign of life from kafkajs for so long (it fetches twice a second), a connection is dead and it has not noticed:
 * it asks again and again over the same one. In milliseconds; longer than a join may take.
 */
const STALLED_MS = 25_000;

/** What kafkajs's types leave out of a broker. */
interface Coordinator {
  leaveGroup(member: { readonly groupId: string; readonly memberId: string }): Promise<void>;
}

export interface SessionOptions {
  readonly config: KafkaConfig;
  readonly clientId: string;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly log: Logger;
  /** Who we were in the group, if we may still count as a member of it under that name; else empty. */
  readonly formerMemberId: string;
  /** Done before the group is joined. */
  readonly prepare: () => Promise<void>;
  /** The group was joined, for the first time or again. Called before anything is fetched. */
  readonly onJoin: (join: ConsumerGroupJoinEvent['payload']) => void;
  /** Takes a batch, whole; the next one comes once it has. */
  readonly onBatch: (batch: EachBatchPayload) => void | Promise<void>;
  /** Whether a batch counts as taken only where `onBatch` has resolved its offsets; else it does once `onBatch` has ended. */
  readonly isResolving?: boolean;
  /**
   * So long after a fetch that brought something comes the next one, in milliseconds: what arrives meanwhile comes together,
   * instead of a fetch for every few messages. Default: it comes at once.
   */
  readonly lingerMs?: number;
}

/** One batch of a fetch waits for the next fetch, and holds it up; the others are taken meanwhile. */
const BATCHES_AT_ONCE = 2;

/**
 * One life of a kafkajs consumer, from its first connect until something ends it. It never restarts by itself: whoever owns
 * it makes a new one, so that there is one way to heal and no half-dead state to know.
 */
export class ConsumerSession {
  readonly client: KafkaClient;
  readonly #consumer: Consumer;
  readonly #options: SessionOptions;
  readonly #ended = Promise.withResolvers<Error>();
  #cluster: Cluster | undefined;
  #isOver = false;
  #lastSign = performance.now();
  #commit: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  #isLingering = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.client = createKafkaClient(options.config, options.clientId, options.log);
    this.#consumer = this.client.kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: 1000,
      maxWaitTimeInMs: 500,
      maxBytesPerPartition: 262_144,
      maxBytes: 2_097_152,
      allowAutoTopicCreation: false,
      partitionAssigners: [
        (config) => {
          this.#cluster = config.cluster;
          return PartitionAssigners.roundRobin(config);
        },
      ],
      // Long enough to outlive a broker's restart as the same member, whose deliveries then go on.
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 25, restartOnFailure: async () => false },
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Runs until it ends; resolves to why. Never rejects. */
  async run(): Promise<Error> {
    const { topics, onJoin, onBatch, isResolving } = this.#options;
    const consumer = this.#consumer;
    const { GROUP_JOIN, FETCH, HEARTBEAT, CRASH } = consumer.events;
    const sign = (): void => {
      this.#lastSign = performance.now();
    };
    consumer.on(FETCH, sign);
    consumer.on(HEARTBEAT, sign);
    consumer.on(GROUP_JOIN, ({ payload }) => {
      sign();
      if (!this.#isOver) void this.#guard(() => onJoin(payload));
    });
    consumer.on(CRASH, ({ payload }) => this.end(payload.error));
    const watchdog = setInterval(() => {
      if (performance.now() - this.#lastSign > STALLED_MS) this.end(new Error('the consumer has stalled'));
    }, 5000);
    this.#start([...topics], async (batch) => {
      this.#commit = batch.commitOffsetsIfNecessary;
      if (!this.#isOver) await this.#guard(() => onBatch(batch));
      // Before anything else can happen: behind a rebalance it would say this of a partition that has another start by then.
      if (isResolving !== true) batch.resolveOffset(batch.batch.lastOffset());
      await this.#linger();
    }).catch((error: unknown) => this.end(error as Error));
    const reason = await this.#ended.promise;
    clearInterval(watchdog);
    await settlesWithin(GOODBYE_MS, consumer.disconnect());
    this.client.end();
    return reason;
  }

  /** Ends it; of no effect the second time. */
  end(reason: Error): void {
    this.#isOver = true;
    this.#ended.resolve(reason);
  }

  pause(topic: string, partitions: readonly number[]): void {
    if (partitions.length > 0) this.#tell(() => this.#consumer.pause([{ topic, partitions: [...partitions] }]));
  }

  resume(topic: string, partitions: readonly number[]): void {
    if (partitions.length > 0) this.#tell(() => this.#consumer.resume([{ topic, partitions: [...partitions] }]));
  }

  /** The next fetch of a partition begins at an offset. */
  seek(topic: string, partition: number, offset: number): void {
    this.#tell(() => this.#consumer.seek({ topic, partition, offset: String(offset) }));
  }

  /**
   * Commits once, without kafkajs's tries: a commit that is tried again after the group was joined anew would set back a
   * partition that is another's by then. `metadata` goes along with each offset. Rejects with Unavailable.
   */
  async commit(offsets: ByPartition<number>, metadata?: string): Promise<void> {
    if (this.#commit === undefined || this.#isOver) return;
    const topics = [...offsets].map(([topic, partitions]) => ({
      topic,
      partitions: [...partitions].map(([partition, offset]) => ({
        partition,
        offset: String(offset),
        ...(metadata === undefined ? {} : { metadata }),
      })),
    }));
    await answerWithin('kafka', COMMIT_MS, 'commit', this.#commit({ topics }));
  }

  async #start(topics: string[], eachBatch: (batch: EachBatchPayload) => Promise<void>): Promise<void> {
    const prepared = Promise.all([this.#options.prepare(), this.#consumer.connect()]);
    await answerWithin('kafka', STEP_MS, 'connect', prepared);
    await answerWithin('kafka', STEP_MS, 'subscribe', this.#consumer.subscribe({ topics, fromBeginning: true }));
    await settlesWithin(STEP_MS, this.#leaveAsFormer());
    const partitionsConsumedConcurrently = this.#options.lingerMs === undefined ? 1 : BATCHES_AT_ONCE;
    const run = { autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently, eachBatch };
    await answerWithin('kafka', JOIN_MS, 'join', this.#consumer.run(run));
  }

  async #linger(): Promise<void> {
    const { lingerMs } = this.#options;
    if (lingerMs === undefined || this.#isLingering || this.#isOver) return;
    this.#isLingering = true;
    await sleep(lingerMs);
    this.#isLingering = false;
  }

  /**
   * A session that crashed with its broker could not say goodbye; the group would wait for that member until its time-out.
   * kafkajs has no call for this, but gives its cluster to whoever assigns partitions.
   */
  async #leaveAsFormer(): Promise<void> {
    const { groupId, formerMemberId: memberId } = this.#options;
    if (memberId === '' || this.#cluster === undefined) return;
    const coordinator = (await this.#cluster.findGroupCoordinator({ groupId })) as unknown as Coordinator;
    await coordinator.leaveGroup({ groupId, memberId });
  }

  /** kafkajs takes no orders before it has joined, or once it has crashed; the next join brings them again. */
  #tell(order: () => void): void {
    try {
      order();
    } catch (error) {
      this.#options.log.debug({ err: error }, 'kafka: the consumer takes no orders now');
    }
  }

  /** kafkajs must not see an error of ours: some kinds end it for good and leave the process alive. */
  async #guard(work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.log.error({ err: error }, 'kafka: the consumer failed in a way it should not; it starts anew');
      this.end(error as Error);
    }
  }
}
