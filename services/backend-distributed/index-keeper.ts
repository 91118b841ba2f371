import { randomUUID } from 'node:crypto';
import { settlesWithin, sleep } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobPriority, JobType } from '@dtq/generated/schemas/types.ts';
import { OPEN_JOBS_EPOCH } from '@dtq/generated/storage/open-jobs-epoch.ts';
import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { KafkaConfig } from './config.ts';
import { ConsumerSession } from './consumer-session.ts';
import { answerWithin } from './deadline.ts';
import { type FillerParts, fillIndex, type SeenMessage } from './index-filler.ts';
import { indexStarts } from './index-starts.ts';
import { textHeaders } from './message-headers.ts';

// A consumer group of its own reads every topic of jobs ahead of the workers, and adds what the index of open jobs lacks
// (index-filler.ts): another program's jobs, what was submitted while Redis was away, everything after Redis was emptied.
//
//   joins -> partitions wait until it is known where they start (index-starts.ts) -> a batch, once it is old enough for whoever
//   submitted it to have written its status -> filled in; while a store does not answer it waits -> committed
//
// Redis names its life by an epoch, a text that is gone once Redis was emptied; whoever misses it sets a new one. Each commit
// says under which epoch it was made. So whoever has a partition, now or later, knows whether what was read of it is still in
// the index; where it is not, it starts again from where the workers stand: what they have done needs no index.

/** A message is not looked at before it is so old: its submit writes its status just after it. In milliseconds. */
const OLD_ENOUGH_MS = 1000;

const AT_ONCE = 100;
const COMMIT_EVERY_MS = 500;
const LOOK_EVERY_MS = 1000;
const HEARTBEAT_EVERY_MS = 1000;
const ANSWER_MS = 1000;

/** The waits of what is tried again, in milliseconds. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 2000;

interface Topic {
  readonly jobType: JobType;
  readonly priority: JobPriority;
}

interface Share {
  readonly topic: string;
  readonly partition: number;
  /** The offset after the last message that is in the index; null for nothing to commit. */
  position: number | null;
  isSettled: boolean;
}

export interface IndexKeeperOptions extends FillerParts {
  readonly config: KafkaConfig;
  readonly clientId: string;
}

export class IndexKeeper {
  readonly #options: IndexKeeperOptions;
  readonly #log: Logger;
  readonly #groupId: string;
  readonly #topics: ReadonlyMap<string, Topic>;
  readonly #stopping = new AbortController();
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #running: Promise<void>;
  #session: ConsumerSession | null = null;
  #shares = new Map<string, Share>();
  #epoch: string | null = null;
  /** Counts the times that all partitions had to find their start; what was begun before the last one counts for nothing. */
  #round = 0;
  #committing: Promise<void> | null = null;
  #looking: Promise<void> | null = null;

  constructor(options: IndexKeeperOptions) {
    this.#options = options;
    const { config, log } = options;
    this.#groupId = `${config.groupId}-index`;
    this.#log = log.child({ group: this.#groupId });
    this.#topics = new Map(
      JOB_TYPE_VALUES.flatMap((jobType) =>
        Object.entries(config.priorityTopics[jobType]).map(([priority, topic]) => [
          topic,
          { jobType, priority: priority as JobPriority },
        ]),
      ),
    );
    this.#timers = [
      setInterval(() => this.#commitSoon(), COMMIT_EVERY_MS),
      setInterval(() => this.#lookSoon(), LOOK_EVERY_MS),
    ];
    this.#running = this.#run();
  }

  /** Ends within some seconds. May be called twice. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stopping.abort(new Error('the index is no longer kept here'));
    await settlesWithin(1000, this.#commitLast());
    this.#session?.end(new Error('the index is no longer kept here'));
    await settlesWithin(3000, this.#running);
    this.#session?.client.end();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { config, clientId } = this.#options;
    for (let failures = 0; !signal.aborted; failures += 1) {
      const roundBefore = this.#round;
      const session: ConsumerSession = new ConsumerSession({
        config,
        clientId: `${clientId}-index`,
        groupId: this.#groupId,
        topics: [...this.#topics.keys()],
        log: this.#log,
        formerMemberId: '',
        isResolving: true,
        prepare: () => Promise.resolve(),
        onJoin: ({ memberAssignment }) => this.#joined(session, memberAssignment),
        onBatch: (batch) => this.#take(session, batch),
      });
      this.#session = session;
      const reason = await session.run();
      if (signal.aborted) return;
      if (this.#round > roundBefore) failures = 0;
      const words = 'kafka: the index of open jobs cannot be kept; it is tried again and again';
      if (failures === 0) this.#log.warn({ err: reason }, words);
      else this.#log.debug({ err: reason, failures }, words);
      await this.#rest(failures);
    }
  }

  #joined(session: ConsumerSession, assignment: Readonly<Record<string, readonly number[]>>): void {
    const shares = Object.entries(assignment).flatMap(([topic, partitions]) =>
      partitions.map((partition): Share => ({ topic, partition, position: null, isSettled: false })),
    );
    this.#shares = new Map(shares.map((share) => [placeOf(share.topic, share.partition), share]));
    void this.#settle(session);
  }

  /** Lets every partition start where it must. Never rejects. */
  async #settle(session: ConsumerSession): Promise<void> {
    this.#round += 1;
    const isOver = this.#isOverOf(session);
    for (const share of this.#shares.values()) {
      Object.assign(share, { position: null, isSettled: false });
      session.pause(share.topic, [share.partition]);
    }
    const { config } = this.#options;
    for (let call = 0; !isOver(); call += 1) {
      try {
        const epoch = await this.#readEpoch();
        const starts = await indexStarts(session.client, config, this.#groupId, epoch);
        if (isOver()) return;
        this.#epoch = epoch;
        for (const share of this.#shares.values()) {
          session.seek(share.topic, share.partition, starts.get(share.topic)?.get(share.partition) ?? 0);
          share.isSettled = true;
          session.resume(share.topic, [share.partition]);
        }
        return;
      } catch (error) {
        this.#log.debug({ err: error }, 'it cannot be found out where the index of open jobs stands; tried again');
        await this.#rest(call);
      }
    }
  }

  async #take(session: ConsumerSession, payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = payload.batch;
    const share = this.#shares.get(placeOf(topic, partition));
    const last = messages.at(-1);
    if (share?.isSettled !== true || last === undefined || session !== this.#session) return;
    let isLost = false;
    const isOverOf = this.#isOverOf(session);
    const isOver = (): boolean => isLost || isOverOf();
    // While it waits here, kafkajs does not tell the brokers that we live.
    const beat = setInterval(() => {
      payload.heartbeat().catch(() => {
        isLost = true;
      });
    }, HEARTBEAT_EVERY_MS);
    try {
      await this.#untilOld(last);
      for (let start = 0; start < messages.length && !isOver(); start += AT_ONCE)
        await this.#fill(topic, messages.slice(start, start + AT_ONCE), isOver);
      if (isOver()) return;
      payload.resolveOffset(last.offset);
      share.position = Number(last.offset) + 1;
    } finally {
      clearInterval(beat);
    }
  }

  /** Fills in, however long the stores need to answer. */
  async #fill(topic: string, messages: readonly KafkaMessage[], isOver: () => boolean): Promise<void> {
    const kind = this.#topics.get(topic);
    if (kind === undefined) return;
    const seen = messages.map(
      ({ key, value, headers }): SeenMessage => ({
        ...kind,
        key: key?.toString() ?? null,
        value: value ?? new Uint8Array(),
        headers: textHeaders(headers),
      }),
    );
    for (let call = 0; !isOver(); call += 1) {
      try {
        await fillIndex(seen, this.#options);
        return;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        this.#log.debug({ err: error }, 'the index of open jobs waits for a store');
        await this.#rest(call);
      }
    }
  }

  async #untilOld({ timestamp }: KafkaMessage): Promise<void> {
    const age = this.#options.clock.now() - Number(timestamp);
    const waitMs = Math.min(OLD_ENOUGH_MS, OLD_ENOUGH_MS - age);
    if (waitMs > 0) await sleep(waitMs, this.#stopping.signal).catch(() => undefined);
  }

  #commitSoon(): void {
    this.#committing ??= this.#commit().finally(() => {
      this.#committing = null;
    });
  }

  /** Never rejects. */
  async #commit(): Promise<void> {
    const epoch = this.#epoch;
    const settled = [...this.#shares.values()].filter(({ position }) => position !== null);
    if (this.#session === null || epoch === null || settled.length === 0) return;
    const offsets = new Map<string, Map<number, number>>();
    for (const { topic, partition, position } of settled)
      offsets.set(topic, (offsets.get(topic) ?? new Map<number, number>()).set(partition, position ?? 0));
    try {
      await this.#session.commit(offsets, epoch);
      for (const share of settled)
        if (share.position === offsets.get(share.topic)?.get(share.partition)) share.position = null;
    } catch (error) {
      this.#log.debug({ err: error }, 'kafka: offsets of the index could not be committed; tried again');
    }
  }

  async #commitLast(): Promise<void> {
    await this.#committing;
    await this.#commit();
  }

  /** Looks whether Redis is still the one that has the index. */
  #lookSoon(): void {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { signal } = this.#stopping;
    const session = this.#session;
    const known = this.#epoch;
    if (session === null || known === null) return;
    const epoch = await this.#readEpoch().catch(() => known);
    if (epoch === known || session !== this.#session || known !== this.#epoch || signal.aborted) return;
    this.#log.warn('redis: the index of open jobs is gone; it is read again from where the workers stand');
    await this.#settle(session);
  }

  /** The epoch of Redis; a new one where there is none. */
  async #readEpoch(): Promise<string> {
    const { redis } = this.#options;
    const read = async (): Promise<unknown> => {
      const there = await redis.send(['GET', OPEN_JOBS_EPOCH]);
      if (there !== null) return there;
      await redis.send(['SET', OPEN_JOBS_EPOCH, randomUUID(), 'NX']);
      return redis.send(['GET', OPEN_JOBS_EPOCH]);
    };
    const epoch = await answerWithin('redis', ANSWER_MS, 'reading the epoch of the index', read());
    if (typeof epoch !== 'string') throw new Unavailable('redis', 'the epoch of the index is gone again');
    return epoch;
  }

  /** Tells whether what is begun now counts for nothing any more. */
  #isOverOf(session: ConsumerSession): () => boolean {
    const round = this.#round;
    return () => session.isOver || round !== this.#round || this.#stopping.signal.aborted;
  }

  async #rest(call: number): Promise<void> {
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(call, 8));
    await sleep(waitMs, this.#stopping.signal).catch(() => undefined);
  }
}

function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
