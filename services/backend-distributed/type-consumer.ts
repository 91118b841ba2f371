import { type Clock, settlesWithin, sleep } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { ConsumeOptions, Delivery, DeliverySource } from '@dtq/core/ports.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import type { ConsumerGroupJoinEvent, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { KafkaConfig } from './config.ts';
import { ConsumerSession } from './consumer-session.ts';
import { DeliveryPool } from './delivery-pool.ts';
import { lookUpStandings, type Standing } from './group-offsets.ts';
import { ownCopy, type StoredMessage, textHeaders } from './message-headers.ts';
import { Shares } from './shares.ts';

// One type of job, one group, one member of it. kafkajs fetches; the pool delivers; the shares know what may be committed.
//
//   session joins -> partitions that another may have had meanwhile, or whose start is another group's, wait until it is
//   known where the group stands -> batches go into the pool, whole -> finished ones are committed up to the lowest
//   unfinished
//
// A session that ends, for whatever reason, is followed by a new one. What is being delivered goes on meanwhile, and keeps
// its place if the group has not moved by the time that it is joined again.

/** In memory at most, about; and how few there are when more is fetched again. */
const MOST_IN_MEMORY = 2000;
const FEW_IN_MEMORY = 1000;
const MOST_BYTES = 16_777_216;

const COMMIT_EVERY_MS = 500;
const COMMIT_AFTER = 100;

/** The wait before a new session, doubled with each that does not come to join. In milliseconds. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 2000;

/** A delivery may take its type's time and this; then it hangs. In milliseconds. */
const STUCK_AFTER_MS = 15_000;

/** A delivery that hangs although the result store answers: nothing but the end of the process frees it. */
export interface Stuck {
  readonly jobType: JobType;
  readonly source: DeliverySource;
  readonly ageMs: number;
}

export interface TypeConsumerOptions {
  readonly jobType: JobType;
  readonly limit: number;
  readonly deliver: ConsumeOptions['deliver'];
  readonly config: KafkaConfig;
  readonly clientId: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly bury: (message: StoredMessage, reason: string, source: DeliverySource, jobType: JobType) => Promise<void>;
  /** Resolves where the result store answers. */
  readonly checkResults: () => Promise<void>;
  readonly onStuck: (stuck: Stuck) => void;
}

export class TypeConsumer {
  readonly #options: TypeConsumerOptions;
  readonly #log: Logger;
  readonly #topic: string;
  readonly #groupId: string;
  readonly #pool: DeliveryPool;
  readonly #shares: Shares;
  readonly #stopping = new AbortController();
  readonly #reported = new Set<string>();
  readonly #timers: NodeJS.Timeout[];
  readonly #running: Promise<void>;
  #session: ConsumerSession | null = null;
  /** Where the group stood before the session joined it. */
  #standings: ReadonlyMap<number, Standing> = new Map();
  #memberId = '';
  /** Counts joins, so that what was begun before the last one is not taken for true after it. */
  #joins = 0;
  #isFull = false;
  #finishedSinceCommit = 0;
  #commitsFailed = 0;
  #committing: Promise<void> | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: TypeConsumerOptions) {
    const { jobType, config, log } = options;
    this.#options = options;
    this.#topic = config.topics[jobType];
    this.#groupId = `${config.groupId}-${jobType}`;
    this.#log = log.child({ job_type: jobType, group: this.#groupId });
    this.#pool = new DeliveryPool({
      limit: options.limit,
      deliver: options.deliver,
      log: this.#log,
      onLeave: () => this.#left(),
    });
    this.#shares = new Shares((partition, reason) => {
      this.#pool.take(({ source }) => source.partition === partition, reason);
    });
    this.#timers = [
      setInterval(() => this.#commitSoon(), COMMIT_EVERY_MS),
      setInterval(() => void this.#lookForStuck(), 5000),
    ];
    this.#running = this.#run();
  }

  /** As the port's stop; bounded by the drain time and some seconds. */
  stop(drainMs: number): Promise<void> {
    this.#stopped ??= this.#stop(drainMs);
    return this.#stopped;
  }

  async #stop(drainMs: number): Promise<void> {
    this.#stopping.abort(new Error('the consumer stops'));
    // Paused and still a member: the partitions stay ours while we drain.
    this.#session?.pause(this.#shares.partitions());
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
        topic: this.#topic,
        log: this.#log,
        formerMemberId: this.#memberId,
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
      if (failures === 0) this.#log.warn({ err: reason, topic: this.#topic }, words);
      else this.#log.debug({ err: reason, failures }, words);
      await sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 8)), signal).catch(() => undefined);
    }
  }

  #joined(session: ConsumerSession, { memberId, memberAssignment }: ConsumerGroupJoinEvent['payload']): void {
    const assigned = memberAssignment[this.#topic] ?? [];
    const isSameMember = memberId === this.#memberId;
    this.#memberId = memberId;
    this.#joins += 1;
    const uncertain = this.#shares.assign(assigned, isSameMember, this.#standings);
    this.#log.info({ partitions: assigned }, 'kafka: the consumer has joined its group');
    this.#steer(session);
    if (uncertain.length > 0) void this.#settle(session, uncertain, this.#joins);
  }

  /** Finds out where the group stands in some partitions, and lets them be fetched from there. Never rejects. */
  async #settle(session: ConsumerSession, partitions: readonly number[], join: number): Promise<void> {
    const isOver = (): boolean => session.isOver || join !== this.#joins || this.#stopping.signal.aborted;
    for (let call = 1; !isOver(); call += 1) {
      try {
        const standings = await this.#lookUp(session);
        if (isOver()) return;
        for (const partition of partitions) {
          const standing = standings.get(partition) ?? { own: null, shared: null };
          const start = this.#shares.settle(partition, standing);
          if (start !== null) session.seek(partition, start);
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

  #lookUp({ client }: ConsumerSession): Promise<ReadonlyMap<number, Standing>> {
    const shared = this.#options.config.groupId;
    return lookUpStandings(client, { topic: this.#topic, own: this.#groupId, shared });
  }

  #take(session: ConsumerSession, { batch }: EachBatchPayload): void {
    if (session !== this.#session || this.#stopping.signal.aborted) return;
    const { partition, messages, highWatermark } = batch;
    const tracker = this.#shares.trackerOf(partition, Number(highWatermark));
    const [first] = messages;
    if (first === undefined) return;
    // Not settled yet, though it was paused in time: these must come again.
    if (tracker === null) {
      session.seek(partition, Number(first.offset));
      return;
    }
    for (const message of messages) {
      const offset = Number(message.offset);
      if (tracker.deliver(offset)) this.#deliver(message, partition, () => tracker.finish(offset));
    }
    this.#steer(session);
  }

  #deliver(fetched: KafkaMessage, partition: number, finish: () => void): void {
    const { jobType, bury } = this.#options;
    const controller = new AbortController();
    const source = { topic: this.#topic, partition, offset: fetched.offset };
    const message = ownCopy(fetched);
    const delivery: Delivery = {
      jobType,
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
      bury: (reason) => bury(message, reason, source, jobType),
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
    const { size, bytes } = this.#pool;
    const isOverFew = size > FEW_IN_MEMORY || bytes > MOST_BYTES / 2;
    this.#isFull = size >= MOST_IN_MEMORY || bytes >= MOST_BYTES || (this.#isFull && isOverFew);
    if (session !== this.#session || session.isOver || this.#stopping.signal.aborted) return;
    const { pause, resume } = this.#shares.steer(this.#isFull, session);
    session.pause(pause);
    session.resume(resume);
  }

  #commitSoon(): void {
    this.#committing ??= this.#commit().finally(() => {
      this.#committing = null;
    });
  }

  /** Never rejects. */
  async #commit(): Promise<void> {
    const session = this.#session;
    const offsets = this.#shares.committable();
    if (session === null || offsets.size === 0) return;
    const join = this.#joins;
    this.#finishedSinceCommit = 0;
    try {
      await session.commit(offsets);
      if (join === this.#joins) this.#shares.committed(offsets);
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
    for (const { delivery, ageMs } of this.#pool.runningLongerThan(JOB_POLICIES[jobType].timeoutMs + STUCK_AFTER_MS)) {
      const place = `${delivery.source.partition}/${delivery.source.offset}`;
      if (this.#reported.has(place)) continue;
      const isAnswering = await checkResults().then(
        () => true,
        () => false,
      );
      // It waits for the result store, as it should.
      if (!isAnswering) return;
      this.#reported.add(place);
      this.#log.error({ source: delivery.source, key: delivery.key, age_ms: Math.round(ageMs) }, 'a delivery hangs');
      onStuck({ jobType, source: delivery.source, ageMs });
    }
  }
}
