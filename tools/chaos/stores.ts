import type { DistributedConfig } from '@dtq/backend-distributed/config.ts';
import { createKafkaClient } from '@dtq/backend-distributed/kafka-client.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { JobResult, JobState } from '@dtq/generated/schemas/types.ts';
import { DEAD_LETTERS } from '@dtq/generated/storage/dead-letters.ts';
import { JOB_RESULTS_FIELD } from '@dtq/generated/storage/job-results.ts';
import { JOB_SCHEDULE } from '@dtq/generated/storage/job-schedule.ts';
import { JOB_STATUS_FIELD, jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import { MongoClient } from 'mongodb';
import { createClient } from 'redis';
import type { FoundDocument, FoundStatus } from './judge.ts';

/** Statuses that are asked for in one go: below what the driver lets wait. */
const CHUNK = 500;

export interface StoredDocument extends FoundDocument {
  readonly submitted_at: string | undefined;
  readonly completed_at: string;
}

/** Reads what a space has in its stores and topics, past our own code. */
export class Stores {
  readonly #config: DistributedConfig;
  readonly #mongo: MongoClient;
  readonly #redis: ReturnType<typeof redisOf>;

  constructor(config: DistributedConfig) {
    this.#config = config;
    this.#mongo = new MongoClient(config.mongodb.uri);
    this.#redis = redisOf(config.redis);
  }

  async connect(): Promise<this> {
    await this.#redis.connect();
    return this;
  }

  async close(): Promise<void> {
    this.#redis.destroy();
    await this.#mongo.close();
  }

  /** Every document, without what went in and came out: on FerretDB some thousand a second. `onRead` hears how many so far. */
  async documents(onRead: (count: number) => void = () => undefined): Promise<StoredDocument[]> {
    const fields = ['job_id', 'job_type', 'trace_id', 'final_state', 'error', 'submitted_at', 'completed_at'] as const;
    const projection = Object.fromEntries(fields.map((field) => [JOB_RESULTS_FIELD[field], 1]));
    const { collection } = this.#config.mongodb;
    const found = this.#database.collection<Pick<JobResult, (typeof fields)[number]>>(collection).find({});
    const documents: StoredDocument[] = [];
    for await (const { error, ...rest } of found.project<Pick<JobResult, (typeof fields)[number]>>({
      ...projection,
      _id: 0,
    })) {
      const { submitted_at, trace_id } = rest;
      documents.push({ ...rest, submitted_at, trace_id: String(trace_id), error_code: error?.code ?? null });
      if (documents.length % CHUNK === 0) onRead(documents.length);
    }
    return documents;
  }

  /** The live statuses of jobs; of one whose status is gone there is none. */
  async statuses(ids: readonly string[]): Promise<Map<string, FoundStatus & { readonly progress_percent: number }>> {
    const { state, error_code, history, progress_percent } = JOB_STATUS_FIELD;
    const statuses = new Map<string, FoundStatus & { readonly progress_percent: number }>();
    for (let first = 0; first < ids.length; first += CHUNK) {
      const chunk = ids.slice(first, first + CHUNK);
      const hashes = await Promise.all(
        chunk.map((id) => this.#redis.hmGet(jobStatusKey(id), [state, error_code, history, progress_percent])),
      );
      for (const [index, [is, code, changes, progress]] of hashes.entries())
        if (typeof is === 'string')
          statuses.set(chunk[index] ?? '', {
            state: is as JobState,
            error_code: code ?? null,
            history: JSON.parse(changes ?? '[]') as FoundStatus['history'],
            progress_percent: Number(progress),
          });
    }
    return statuses;
  }

  /** Every key of the space's own Redis database with its time to live in milliseconds; -1 for none. */
  async keys(): Promise<Map<string, number>> {
    const keys = new Map<string, number>();
    for await (const found of this.#redis.scanIterator({ COUNT: CHUNK })) {
      const times = await Promise.all(found.map((key) => this.#redis.pTTL(key)));
      for (const [index, key] of found.entries()) keys.set(key, times[index] ?? -1);
    }
    return keys;
  }

  /** Rows that wait for a time. */
  async scheduleRows(): Promise<number> {
    return await this.#database.collection(JOB_SCHEDULE.collection).countDocuments({});
  }

  async deadLetters(): Promise<number> {
    return await this.#database.collection(DEAD_LETTERS.collection).countDocuments({});
  }

  /** Messages that no group has committed yet. */
  async lag(): Promise<number> {
    const { kafka } = this.#config;
    const client = createKafkaClient(kafka, 'dtq-test', silentLogger());
    const admin = client.kafka.admin();
    try {
      await admin.connect();
      let open = 0;
      for (const [jobType, topics] of Object.entries(kafka.priorityTopics)) {
        const groupId = `${kafka.groupId}-${jobType}`;
        for (const topic of Object.values(topics)) {
          const ends = await admin.fetchTopicOffsets(topic);
          const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
          for (const { partition, high, low } of ends) {
            const offset = Number(committed?.partitions.find((one) => one.partition === partition)?.offset ?? -1);
            open += Number(high) - Math.max(offset, Number(low));
          }
        }
      }
      return open;
    } finally {
      await admin.disconnect();
      client.end();
    }
  }

  get #database() {
    return this.#mongo.db(this.#config.mongodb.database);
  }
}

function redisOf({ address, username = '', password = '', database }: DistributedConfig['redis']) {
  const client = createClient({ socket: { host: address.host, port: address.port }, username, password, database });
  client.on('error', () => undefined);
  return client;
}
