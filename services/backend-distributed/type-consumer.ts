import { type Clock, settlesWithin, sleep } from '@dtq/core/clock.ts';
import { idsOf } from '@dtq/core/job-message.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { ConsumeOptions, Delivery, DeliverySource } from '@dtq/core/ports.ts';
import { longestDeliveryMs } from '@dtq/core/retry.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import type { ConsumerGroupJoinEvent, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { KafkaConfig } from './config.ts';
import { ConsumerSession } from './consumer-session.ts';
import { DeliveryPool, type Verdict } from './delivery-pool.ts';
import { type ByPartition, lookUpStandings, type Standing } from './group-offsets.ts';
import { ownCopy, type StoredMessage, textHeaders } from './message-headers.ts';
import { type TopicShare, topicSharesOf } from './topic-share.ts';

// One type of job, one group, one member of it, the topics of all its priorities. kafkajs fetches; the pool delivers; the
// shares know what may be committed.
//
//   session joins -> partitions that another may have had meanwhile, or whose start is another group's, wait until it is
//   known where the group stands -> batches go into the pool, whole -> finished ones are committed up to the lowest
//   unfinished
//
// A session that ends, for whatever reason, is followed by a new one. What is being delivered goes on meanwhile, and keeps
// its place if the group has not moved by the time that it is joined again.

const COMMIT_EVERY_MS = 500;
const COMMIT_AFTER = 100;

/** Under load a job may come so much later, and fewer fetches bring more jobs each; in milliseconds. */
const LINGER_MS = 10;

/** The wait before a new session, doubled with each that does not come to join. In milliseconds. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 2000;

/** A delivery may take the time of all its attempts and this; then it hangs. In milliseconds. */
const STUCK_AFTER_MS = 15_000;

/** A delivery that hangs although the result store answers: nothing but the end of the process frees it. */
export interface Stuck {
  readonly jobType: JobType;
  readonly source: DeliverySource;
  readonly ageMs: number;
}

/** A partition of a topic. */
interface Spot {
  readonly topic: string;
  readonly partition: number;
}

export interface TypeConsumerOptions {
  readonly jobType: JobType;
  /** How many deliveries there may be at once at first. */
  readonly limit: number;
  readonly deliver: ConsumeOptions['deliver'];
  readonly config: KafkaConfig;
  readonly clientId: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly bury: (message: StoredMessage, verdict: Verdict, source: DeliverySource) => Promise<void>;
  /** Resolves where the result store answers. */
  readonly checkResults: () => Promise<void>;
  readonly onStuck: (stuck: Stuck) => void;
}

export class TypeConsumer {
  readonly #options: TypeConsumerOptions;
  readonly #log: Logger;
  readonly #groupId: string;
  readonly #pool: DeliveryPool;
  readonly #topics: ReadonlyMap<string, TopicShare>;
  readonly #stopping = new AbortController();
  readonly #reported = new Set<string>();
  readonly #timers: NodeJS.Timeout[];
  readonly #running: Promise<void>;
  #session: ConsumerSession | null = null;
  /** Where the group stood before the session joined it. */
  #standings: ByPartition<Standing> = new Map();
  #memberId = '';
  /** Counts joins, so that what was begun before the last one is not taken for true after it. */
  #joins = 0;
  #finishedSinceCommit = 0;
  #commitsFailed = 0;
  #committing: Promise<void> | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: TypeConsumerOptions) {
    const { jobType, config, log } = options;
    this.#options = options;
    this.#groupId = `${config.groupId}-${jobType}`;
    this.#log = log.child({ job_type: jobType, group: this.#groupId });
    this.#pool = new DeliveryPool({
      limit: options.limit,
      deliver: options.deliver,
      log: this.#log,
      onLeave: () => this.#left(),
    });
    this.#topics = topicSharesOf(config.priorityTopics[jobType], (topic, partition, reason) => {
      this.#pool.take(({ source }) => source.topic === topic && source.partition === partition, reason);
    });
    this.#timers = [
      setInterval(() => this.#commitSoon(), COMMIT_EVERY_MS),
      setInterval(() => void this.#lookForStuck(), 5000),
    ];
    this.#running = this.#run();
  }

  /** As the port's limit; more than is running already is not taken back. */
  limit(concurrency: number): void {
    this.#pool.limit = concurrency;
    if (this.#session !== null) this.#steer(this.#session);
  }

  /** As the port's stop; bounded by the drain time and some seconds. */
  stop(drainMs: number): Promise<void> {
    this.#stopped ??= this.#stop(drainMs);
    return this.#stopped;
  }

  async #stop(drainMs: number): Promise<void> {
    this.#stopping.abort(new Error('the consumer stops'));
    // Paused and still a member: the partitions stay ours while we drain.
    for (const { topic, shares } of this.#topics.values()) this.#session?.pause(topic, shares.partitions());
    await this.#pool.stop(drainMs);
    for (const timer of this.#timers) clearInterval(timer);
    await settlesWithin(2000, this.#commitLast());
    this.#session?.end(new Error('the consumer stops'));
    await settlesWithin(3000, this.#running);
    this.#session?.client.end();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; failures += 1) {
      const joinsBefore = this.#joins;
      const session = new ConsumerSession({
        config: this.#options.config,
        clientId: this.#options.clientId,
        groupId: this.#groupId,
        topics: [...this.#topics.keys()],
        log: this.#log,
        formerMemberId: this.#memberId,
        lingerMs: LINGER_MS,
        prepare: async () => {
          this.#standings = await this.#lookUp(session);
        },
        onJoin: (join) => this.#joined(session, join),
        onBatch: (batch) => this.#take(session, batch),
      });
      this.#session = session;
      const reason = await session.run();
      if (signal.aborted) return;
      if (this.#joins > joinsBefore) failures = 0;
      const words = 'kafka: the consumer cannot go on; it starts anew, again and again';
      if (failures === 0) this.#log.warn({ err: reason, topics: [...this.#topics.keys()] }, words);
      else this.#log.debug({ err: reason, failures }, words);
      await sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 8)), signal).catch(() => undefined);
    }
  }

  #joined(session: ConsumerSession, { memberId, memberAssignment }: ConsumerGroupJoinEvent['payload']): void {
    const isSameMember = memberId === this.#memberId;
    this.#memberId = memberId;
    this.#joins += 1;
    const uncertain = [...this.#topics.values()].flatMap(({ topic, shares }) => {
      const before = this.#standings.get(topic) ?? new Map<number, Standing>();
      return shares
        .assign(memberAssignment[topic] ?? [], isSameMember, before)
        .map((partition) => ({ topic, partition }));
    });
    this.#log.info({ partitions: memberAssignment }, 'kafka: the consumer has joined its group');
    this.#steer(session);
    if (uncertain.length > 0) void this.#settle(session, uncertain, this.#joins);
  }

  /** Finds out where the group stands in some partitions, and lets them be fetched from there. Never rejects. */
  async #settle(session: ConsumerSession, uncertain: readonly Spot[], join: number): Promise<void> {
    const isOver = (): boolean => session.isOver || join !== this.#joins || this.#stopping.signal.aborted;
    for (let call = 1; !isOver(); call += 1) {
      try {
        const standings = await this.#lookUp(session);
        if (isOver()) return;
        for (const { topic, partition } of uncertain) {
          const standing = standings.get(topic)?.get(partition) ?? { own: null, shared: null };
          const start = this.#topics.get(topic)?.shares.settle(partition, standing) ?? null;
          if (start !== null) session.seek(topic, partition, start);
        }
        this.#steer(session);
        return;
      } catch (error) {
        if (call === 1 && !isOver()) this.#log.warn({ err: error }, 'kafka: offsets cannot be looked up; tried again');
        await sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (call - 1)), this.#stopping.signal).catch(
          () => undefined,
        );
      }
    }
  }

  #lookUp({ client }: ConsumerSession): Promise<ByPartition<Standing>> {
    const shared = this.#options.config.groupId;
    return lookUpStandings(client, { topics: [...this.#topics.keys()], own: this.#groupId, shared });
  }

  #take(session: ConsumerSession, { batch }: EachBatchPayload): void {
    if (session !== this.#session || this.#stopping.signal.aborted) return;
    const { topic, partition, messages, highWatermark } = batch;
    const share = this.#topics.get(topic);
    const [first] = messages;
    if (share === undefined || first === undefined) return;
    const tracker = share.shares.trackerOf(partition, Number(highWatermark));
    // Not settled yet, though it was paused in time: these must come again.
    if (tracker === null) {
      session.seek(topic, partition, Number(first.offset));
      return;
    }
    for (const message of messages) {
      const offset = Number(message.offset);
      if (tracker.deliver(offset)) this.#deliver(message, share, partition, () => tracker.finish(offset));
    }
    this.#steer(session);
  }

  #deliver(fetched: KafkaMessage, { topic, priority }: TopicShare, partition: number, finish: () => void): void {
    const { jobType, bury } = this.#options;
    const controller = new AbortController();
    const source = { topic, partition, offset: fetched.offset };
    const message = ownCopy(fetched);
    const delivery: Delivery = {
      jobType,
      priority,
      key: message.key?.toString() ?? null,
      value: message.value ?? new Uint8Array(),
      headers: textHeaders(message.headers),
      source,
      signal: controller.signal,
    };
    this.#pool.add({
      delivery,
      controller,
      bytes: delivery.value.length + 200,
      bury: (verdict) => bury(message, verdict, source),
      finish,
    });
  }

  #left(): void {
    this.#finishedSinceCommit += 1;
    if (this.#finishedSinceCommit >= COMMIT_AFTER) this.#commitSoon();
    if (this.#session !== null) this.#steer(this.#session);
  }

  /** Pauses and resumes what must be. */
  #steer(session: ConsumerSession): void {
    for (const share of this.#topics.values()) share.weigh(this.#pool.load(share.priority));
    if (session !== this.#session || session.isOver || this.#stopping.signal.aborted) return;
    for (const share of this.#topics.values()) share.steer(session, this.#pool.limit === 0);
  }

  #commitSoon(): void {
    this.#committing ??= this.#commit().finally(() => {
      this.#committing = null;
    });
  }

  /** Never rejects. */
  async #commit(): Promise<void> {
    const session = this.#session;
    const offsets = new Map<string, ReadonlyMap<number, number>>();
    for (const { topic, shares } of this.#topics.values()) {
      const committable = shares.committable();
      if (committable.size > 0) offsets.set(topic, committable);
    }
    if (session === null || offsets.size === 0) return;
    const join = this.#joins;
    this.#finishedSinceCommit = 0;
    try {
      await session.commit(offsets);
      if (join === this.#joins)
        for (const [topic, committed] of offsets) this.#topics.get(topic)?.shares.committed(committed);
      this.#commitsFailed = 0;
    } catch (error) {
      // While a group is joined anew no commit is taken; later ones say the same and more.
      this.#commitsFailed += 1;
      const words = 'kafka: offsets could not be committed; tried again';
      if (this.#commitsFailed === 10) this.#log.warn({ err: error }, words);
      else this.#log.debug({ err: error }, words);
    }
  }

  async #commitLast(): Promise<void> {
    await this.#committing;
    await this.#commit();
  }

  async #lookForStuck(): Promise<void> {
    const { jobType, checkResults, onStuck } = this.#options;
    // Whoever paused the type waits for something that is not there; what runs may well wait for it too.
    if (this.#pool.limit === 0) return;
    for (const { delivery, ageMs } of this.#pool.runningLongerThan(
      longestDeliveryMs(JOB_POLICIES[jobType]) + STUCK_AFTER_MS,
    )) {
      const place = `${delivery.source.topic}/${delivery.source.partition}/${delivery.source.offset}`;
      if (this.#reported.has(place)) continue;
      const isAnswering = await checkResults().then(
        () => true,
        () => false,
      );
      // It waits for the result store, as it should.
      if (!isAnswering) return;
      this.#reported.add(place);
      const { source, key, value } = delivery;
      this.#log.error({ ...idsOf(jobType, value), source, key, age_ms: Math.round(ageMs) }, 'a delivery hangs');
      onStuck({ jobType, source: delivery.source, ageMs });
    }
  }
}
