import { type Clock, settlesWithin, systemClock } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Backend, Capability, OpenJob } from '@dtq/core/ports.ts';
import type { DistributedConfig, Role } from './config.ts';
import { IndexKeeper } from './index-keeper.ts';
import { walkSchedule } from './index-schedule.ts';
import { sweep } from './index-sweep.ts';
import { keepWalking } from './index-walk.ts';
import { KafkaJobQueue } from './kafka.ts';
import { KafkaAdmin } from './kafka-admin.ts';
import { KafkaLag } from './kafka-lag.ts';
import { MongoStores } from './mongo-stores.ts';
import { RabbitmqProgressChannel } from './rabbitmq.ts';
import { RedisStores } from './redis-stores.ts';
import { keepEnsuringTopics } from './topics.ts';
import type { Stuck } from './type-consumer.ts';

/** An open waits for the servers so long at most; a check for one of them. In milliseconds. */
const OPEN_MS = 3000;
const CHECK_MS = 1000;

export interface DistributedOptions {
  readonly config: DistributedConfig;
  readonly role: Role;
  readonly log: Logger;
  readonly clock?: Clock;
  /**
   * A delivery hangs: it has long had its time, although the result store answers, and holds back its partition. Nothing
   * frees it but the end of the process, which is the caller's to decide. It is logged in any case.
   */
  readonly onStuck?: (stuck: Stuck) => void;
}

/**
 * Opens all ports over Kafka, Redis, RabbitMQ and MongoDB. Resolves within some seconds whether or not they answer: a port
 * whose server does not rejects with Unavailable, and is made good in the background.
 */
export async function openDistributedBackend(options: DistributedOptions): Promise<Backend> {
  const { config, role, log, clock = systemClock, onStuck = () => undefined } = options;
  const clientId = `dtq-${role}`;
  const mongo = new MongoStores({ config: config.mongodb, clientId, clock, log, isRecounting: role === 'worker' });
  const redis = new RedisStores(config.redis, clientId, clock, log);
  const progress = new RabbitmqProgressChannel(config.rabbitmq, clientId, log);
  const admin = new KafkaAdmin(config.kafka, clientId, log);
  const lag = new KafkaLag(config.kafka, clientId, clock, log);
  const queue = new KafkaJobQueue({
    config: config.kafka,
    clientId,
    log,
    clock,
    keepDeadLetter: (letter) => mongo.deadLetters.keep(letter),
    checkResults: () => mongo.connection.check(CHECK_MS),
    onStuck,
  });
  if (role === 'api') progress.prepareToAsk();
  const closing = new AbortController();
  const topicsTried = keepEnsuringTopics(admin, config.kafka, log, closing.signal);
  const parts = { redis: redis.connection, statuses: redis.statuses, results: mongo.results, clock };
  // It works for all: whoever lists open jobs does not have to run it.
  const keeper = role === 'worker' ? new IndexKeeper({ config: config.kafka, clientId, log, ...parts }) : null;
  if (role === 'worker') {
    const sweepParts = { ...parts, openJobs: redis.openJobs, log };
    const sweepOn = (after: OpenJob | undefined) => sweep(sweepParts, after);
    void keepWalking({ what: 'the index of open jobs', start: undefined, step: sweepOn, log }, closing.signal);
    const scheduleParts = { ...parts, schedule: mongo.schedule, log };
    const walkOn = (after: string | null) => walkSchedule(scheduleParts, after);
    void keepWalking({ what: 'the schedule', start: null, step: walkOn, log }, closing.signal);
  }
  const first = [topicsTried, queue.tried, redis.tried(), progress.tried, mongo.connection.tried];
  await settlesWithin(OPEN_MS, Promise.all(first));

  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    closing.abort(new Error('the backend is closed'));
    await Promise.all([queue.close(), progress.close(), keeper?.stop()]);
    admin.close();
    lag.close();
    redis.close();
    await mongo.close();
  };
  return {
    name: 'distributed',
    queue,
    statuses: redis.statuses,
    openJobs: redis.openJobs,
    cancels: redis.cancels,
    submitKeys: redis.submitKeys,
    workers: redis.workers,
    stats: redis.stats,
    progress,
    results: mongo.results,
    schedule: mongo.schedule,
    deadLetters: mongo.deadLetters,
    replays: mongo.replays,
    checks: {
      kafka: () => admin.check(CHECK_MS),
      redis: () => redis.check(CHECK_MS),
      rabbitmq: () => progress.check(CHECK_MS),
      mongodb: () => mongo.connection.check(CHECK_MS),
    },
    get capabilities(): readonly Capability[] {
      return [
        {
          name: 'several-processes',
          supported: true,
          reason: 'the ports stand on servers that any number of APIs and workers share',
        },
        {
          name: 'queue-look-up',
          supported: false,
          reason:
            'Kafka cannot be asked for one message; the index of open jobs, which a consumer group of its own keeps ahead of the workers, knows what waits',
        },
        {
          name: 'power-loss',
          supported: true,
          reason: 'a job and its result are acknowledged by a majority of the servers that hold them',
        },
        priorityTopics(config.kafka),
        mongo.connection.validation,
      ];
    },
    pools: () => [queue.pool, redis.connection.pool, ...progress.pools, mongo.connection.pool],
    lag: () => lag.ask(),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

function priorityTopics({ priorityTopics: topics }: DistributedConfig['kafka']): Capability {
  const supported = Object.values(topics).every(({ high, low }) => high !== undefined && low !== undefined);
  const reason = supported
    ? 'each type of job has a topic for each priority, of which a worker takes in turn'
    : 'PRIORITY_TOPICS is off: there is no topic but that of normal jobs';
  return { name: 'priority-topics', supported, reason };
}
