import type { Clock } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { RedisConfig } from './config.ts';
import { answerWithin } from './deadline.ts';
import { OpenTypes } from './open-jobs-index.ts';
import { RedisStatusStore } from './redis.ts';
import { RedisCancels } from './redis-cancels.ts';
import { RedisConnection } from './redis-client.ts';
import { RedisOpenJobs } from './redis-open-jobs.ts';
import { RedisStats } from './redis-stats.ts';
import { RedisSubmitKeys } from './redis-submit-keys.ts';
import { RedisWorkerRegistry } from './redis-workers.ts';
import { StatusWatch } from './status-watch.ts';

/** The ports over Redis, on one connection for commands and one for subscriptions. */
export class RedisStores {
  readonly connection: RedisConnection;
  readonly statuses: RedisStatusStore;
  readonly openJobs: RedisOpenJobs;
  readonly cancels: RedisCancels;
  readonly submitKeys: RedisSubmitKeys;
  readonly workers: RedisWorkerRegistry;
  readonly stats: RedisStats;
  readonly #watch: StatusWatch;

  constructor(config: RedisConfig, clientId: string, clock: Clock, log: Logger) {
    const redis = new RedisConnection(config, clientId, log);
    const watch = new StatusWatch(() => new RedisConnection(config, `${clientId}-watch`, log), log);
    const types = new OpenTypes();
    const statuses = new RedisStatusStore(redis, watch, config.statusTtlMs, types, log);
    this.connection = redis;
    this.statuses = statuses;
    this.openJobs = new RedisOpenJobs(redis, (jobId) => statuses.get(jobId), types);
    this.cancels = new RedisCancels(redis, watch, (jobId, at) => statuses.markCancelled(jobId, at), log);
    this.submitKeys = new RedisSubmitKeys(redis, log);
    this.workers = new RedisWorkerRegistry(redis, clock, log);
    this.stats = new RedisStats(redis);
    this.#watch = watch;
  }

  /** Resolves once a first connect was made, or has failed. */
  async tried(): Promise<void> {
    await this.connection.settled();
  }

  /** Resolves where the server answers now. */
  async check(ms: number): Promise<void> {
    await answerWithin('redis', ms, 'ping', this.connection.send(['PING']));
  }

  close(): void {
    this.#watch.close();
    this.connection.close();
  }
}
