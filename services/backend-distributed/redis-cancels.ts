import type { Logger } from '@dtq/core/log.ts';
import type { Cancels } from '@dtq/core/ports.ts';
import { CANCELS } from '@dtq/generated/storage/cancels.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import { answerWithin } from './deadline.ts';
import type { RedisConnection } from './redis-client.ts';
import type { StatusWatch } from './status-watch.ts';

/** No answer takes longer, in milliseconds. */
const ANSWER_MS = 1000;

/** Whose cancel is asked for: a mark in the job's status, and one channel that every worker listens to. */
export class RedisCancels implements Cancels {
  readonly #redis: RedisConnection;
  readonly #watch: StatusWatch;
  readonly #mark: (jobId: string, at: string) => Promise<void>;
  readonly #log: Logger;

  constructor(
    redis: RedisConnection,
    watch: StatusWatch,
    mark: (jobId: string, at: string) => Promise<void>,
    log: Logger,
  ) {
    this.#redis = redis;
    this.#watch = watch;
    this.#mark = mark;
    this.#log = log;
  }

  async request(jobId: string, at: string): Promise<void> {
    // The mark first: whoever is told, and asks, finds it.
    await this.#mark(jobId, at);
    await answerWithin('redis', ANSWER_MS, 'telling of a cancel', this.#redis.send(['PUBLISH', CANCELS, jobId]));
  }

  watch(onCancel: (jobId: string) => void): Promise<() => Promise<void>> {
    return this.#watch.watch(CANCELS, (text) => {
      const jobId: unknown = text;
      if (tolerant.JobId(jobId)) onCancel(jobId);
      else this.#log.warn({ length: text.length }, 'a notice of a cancel names no job, and is dropped');
    });
  }
}
