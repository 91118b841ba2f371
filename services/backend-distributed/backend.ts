import { type Clock, settlesWithin, systemClock } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Backend, Capability } from '@dtq/core/ports.ts';
import type { DistributedConfig, Role } from './config.ts';
import { KafkaJobQueue } from './kafka.ts';
import { KafkaAdmin } from './kafka-admin.ts';
import { MongodbResultStore } from './mongodb.ts';
import { RabbitmqProgressChannel } from './rabbitmq.ts';
import { RedisStatusStore } from './redis.ts';
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
  const results = new MongodbResultStore(config.mongodb, clientId, log);
  const statuses = new RedisStatusStore(config.redis, clientId, log);
  const progress = new RabbitmqProgressChannel(config.rabbitmq, clientId, log);
  const admin = new KafkaAdmin(config.kafka, clientId, log);
  const queue = new KafkaJobQueue({
    config: config.kafka,
    clientId,
    log,
    clock,
    checkResults: () => results.check(CHECK_MS),
    onStuck,
  });
  if (role === 'api') progress.prepareToAsk();
  const closing = new AbortController();
  const topicsTried = keepEnsuringTopics(admin, config.kafka, log, closing.signal);
  const first = [topicsTried, queue.tried, statuses.tried(), progress.tried, results.tried];
  await settlesWithin(OPEN_MS, Promise.all(first));

  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    closing.abort(new Error('the backend is closed'));
    await Promise.all([queue.close(), progress.close()]);
    admin.close();
    statuses.close();
    await results.close();
  };
  return {
    name: 'distributed',
    queue,
    statuses,
    progress,
    results,
    checks: {
      kafka: () => admin.check(CHECK_MS),
      redis: () => statuses.check(CHECK_MS),
      rabbitmq: () => progress.check(CHECK_MS),
      mongodb: () => results.check(CHECK_MS),
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
            'Kafka cannot be asked for one message: a job that waits longer than its status lives is unknown until it starts',
        },
        {
          name: 'power-loss',
          supported: true,
          reason: 'a job and its result are acknowledged by a majority of the servers that hold them',
        },
        results.validation,
      ];
    },
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}
