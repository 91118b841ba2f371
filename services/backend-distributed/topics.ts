import { sleep } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import { CHANNELS, JOB_CHANNELS } from '@dtq/generated/messaging/channels.ts';
import { JOB_PRIORITY_VALUES, JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { Admin, ITopicConfig } from 'kafkajs';
import type { KafkaConfig } from './config.ts';
import type { KafkaAdmin } from './kafka-admin.ts';
import { protocolError } from './protocol-error.ts';

const MAKE_MS = 10_000;
const LOOK_AGAIN_MS = 50;

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

/**
 * Makes the topics that are missing, as the contract has them. One that is there stays as it is: with fewer partitions than
 * the contract says it is only warned of, since more would give keys other partitions. Rejects with Unavailable.
 */
export async function ensureTopics(admin: KafkaAdmin, config: KafkaConfig, log: Logger): Promise<void> {
  await admin.ask(MAKE_MS, 'making the topics', (asked) => ensure(asked, config, log));
}

/**
 * Does so in the background until it is done: the brokers may come later than we do. Resolves with the first try, either
 * way. Nothing waits for it: a publish to a missing topic says so, and consumers wait for theirs.
 */
export async function keepEnsuringTopics(
  admin: KafkaAdmin,
  config: KafkaConfig,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const tryOnce = (): Promise<unknown> =>
    ensureTopics(admin, config, log).then(
      () => undefined,
      (error: unknown) => error,
    );
  const tryOn = async (): Promise<void> => {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
      await sleep(waitMs, signal);
      const error = await tryOnce();
      if (error === undefined) return;
      log.debug({ err: error }, 'kafka: the topics could not be made sure of; tried again');
    }
  };
  const error = await tryOnce();
  if (error === undefined || signal.aborted) return;
  log.warn({ err: error }, 'kafka: the topics could not be made sure of; tried again');
  tryOn().catch(() => undefined);
}

async function ensure(admin: Admin, config: KafkaConfig, log: Logger): Promise<void> {
  const wanted = topicsOf(config);
  const there = new Set(await admin.listTopics());
  const missing = wanted.filter(({ topic }) => !there.has(topic));
  if (missing.length > 0) {
    const names = missing.map(({ topic }) => topic);
    // False where another process was quicker.
    const isMade = await admin.createTopics({ topics: missing, waitForLeaders: false, timeout: MAKE_MS });
    await untilLed(admin, names);
    if (isMade) log.info({ topics: names }, 'kafka: topics made');
  }
  const old = wanted.filter(({ topic }) => there.has(topic));
  if (old.length === 0) return;
  const { topics } = await admin.fetchTopicMetadata({ topics: old.map(({ topic }) => topic) });
  for (const { name, partitions } of topics) {
    const { numPartitions } = old.find(({ topic }) => topic === name) ?? {};
    if (partitions.length < (numPartitions ?? 0))
      log.warn(
        { topic: name, partitions: partitions.length, wanted: numPartitions },
        'kafka: a topic has fewer partitions than its contract says; it is left as it is',
      );
  }
}

/**
 * Resolves once every partition has a leader that answers as one: what is published before would be refused, or go in twice.
 * kafkajs's own wait gives up where the brokers do not know a new topic yet.
 */
async function untilLed(admin: Admin, names: readonly string[]): Promise<void> {
  const isLed = async (): Promise<boolean> => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [...names] });
    if (!topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return false;
    await Promise.all(names.map((name) => admin.fetchTopicOffsets(name)));
    return true;
  };
  const mayBeLater = (error: unknown): boolean => {
    if (NOT_YET.has(protocolError(error))) return false;
    throw error;
  };
  while (!(await isLed().catch(mayBeLater))) await sleep(LOOK_AGAIN_MS);
}

/** What brokers say of a topic that is being made. */
const NOT_YET: ReadonlySet<string | undefined> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
]);

function topicsOf(config: KafkaConfig): (ITopicConfig & { topic: string })[] {
  return JOB_TYPE_VALUES.flatMap((jobType) => {
    const { jobs, deadLetters } = JOB_CHANNELS[jobType];
    return [
      ...JOB_PRIORITY_VALUES.map((priority) => ({
        topic: config.priorityTopics[jobType][priority],
        kafka: CHANNELS[jobs[priority]].kafka,
      })),
      { topic: config.deadLetterTopics[jobType], kafka: CHANNELS[deadLetters].kafka },
    ].flatMap(({ topic, kafka }) =>
      topic === undefined
        ? []
        : {
            topic,
            numPartitions: kafka.partitions,
            replicationFactor: config.replicationFactor,
            configEntries: Object.entries(kafka.configuration).map(([name, value]) => ({ name, value })),
          },
    );
  });
}
