import type { Clock } from '@dtq/core/clock.ts';
import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { WorkerRegistry } from '@dtq/core/ports.ts';
import type { WorkerReport } from '@dtq/generated/schemas/types.ts';
import { WORKER_REPORTS_TTL_MS, workerReportsKey } from '@dtq/generated/storage/worker-reports.ts';
import { WORKERS } from '@dtq/generated/storage/workers.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import { answerWithin } from './deadline.ts';
import type { RedisConnection } from './redis-client.ts';

const PART = 'redis';

/** No answer takes longer, in milliseconds. */
const ANSWER_MS = 1000;

/** The bound of a report of the system (specs/schemas/SystemReport.json). */
const MOST_WORKERS = 1000;

/** The workers that are alive: a sorted set of their names by when they were last heard of, and what each said then. */
export class RedisWorkerRegistry implements WorkerRegistry {
  readonly #redis: RedisConnection;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(redis: RedisConnection, clock: Clock, log: Logger) {
    this.#redis = redis;
    this.#clock = clock;
    this.#log = log;
  }

  async beat(report: WorkerReport): Promise<void> {
    const { worker, seen_at } = report;
    const told = Promise.all([
      this.#redis.send(['SET', workerReportsKey(worker), JSON.stringify(report), 'PX', String(WORKER_REPORTS_TTL_MS)]),
      this.#redis.send(['ZADD', WORKERS, String(Date.parse(seen_at)), worker]),
      this.#redis.send(['ZREMRANGEBYSCORE', WORKERS, '-inf', `(${this.#oldest()}`]),
    ]);
    await answerWithin(PART, ANSWER_MS, 'telling of a worker', told);
  }

  async leave(worker: string): Promise<void> {
    const gone = Promise.all([
      this.#redis.send(['ZREM', WORKERS, worker]),
      this.#redis.send(['DEL', workerReportsKey(worker)]),
    ]);
    await answerWithin(PART, ANSWER_MS, 'taking a worker away', gone);
  }

  list(): Promise<readonly WorkerReport[]> {
    return answerWithin(PART, ANSWER_MS, 'listing workers', this.#list());
  }

  async #list(): Promise<WorkerReport[]> {
    const range = ['ZRANGEBYSCORE', WORKERS, String(this.#oldest()), '+inf', 'LIMIT', '0', String(MOST_WORKERS)];
    const names = (await this.#redis.send(range)) as string[];
    if (names.length === 0) return [];
    const texts = (await this.#redis.send(['MGET', ...names.map(workerReportsKey)])) as (string | null)[];
    return texts.flatMap((text) => this.#decode(text) ?? []).sort((a, b) => (a.worker < b.worker ? -1 : 1));
  }

  /** What no reader can understand is left out. */
  #decode(text: string | null): WorkerReport | null {
    if (text === null) return null;
    try {
      const report = parseJson(text);
      if (tolerant.WorkerReport(report)) return report;
    } catch (error) {
      if (!(error instanceof JsonRefused)) throw error;
    }
    this.#log.warn('what a worker told of itself cannot be read, and is left out');
    return null;
  }

  #oldest(): number {
    return this.#clock.now() - WORKER_REPORTS_TTL_MS;
  }
}
