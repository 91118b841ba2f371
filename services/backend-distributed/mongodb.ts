import { Defect, Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { ResultQuery, ResultStore } from '@dtq/core/ports.ts';
import type { FinalState, JobResult } from '@dtq/generated/schemas/types.ts';
import { type Collection, MongoBulkWriteError } from 'mongodb';
import { Batcher, type Entry } from './batcher.ts';
import { answerWithin } from './deadline.ts';
import type { MongodbConnection } from './mongo-connection.ts';
import type { JobCounts } from './mongo-counts.ts';
import { DUPLICATE_KEY, VALIDATION_FAILED } from './mongo-errors.ts';
import { listResults } from './mongo-result-list.ts';
import { readResult } from './read-result.ts';

const PART = 'mongodb';

/** No answer takes longer, in milliseconds. A job waits for its insert and tries again; a reader waits in a request. */
const INSERT_MS = 5000;
const GET_MS = 2000;
const LIST_MS = 4000;

const BATCH_ITEMS = 100;
const BATCH_BYTES = 4_194_304;
const MOST_WAITING = 5000;

export interface Inserted {
  readonly inserted: boolean;
  readonly stored: JobResult;
}

/**
 * The result store: one MongoDB document for each job that ended. The unique index decides who was first; nothing is
 * inserted before it is known to be there.
 *
 * Weak points. An insert that timed out may have happened; the next try then meets its own document and takes it. A stored
 * document that breaks its schema (another program's, for ours are strict) is neither "no document", for then the job would
 * be done a second time, nor one to hand out, nor a fault that passes: reading it rejects with a Defect, not Unavailable.
 */
export class MongodbResultStore implements ResultStore {
  readonly #connection: MongodbConnection;
  readonly #collection: Collection<JobResult>;
  readonly #counts: JobCounts;
  readonly #log: Logger;
  readonly #batcher: Batcher<JobResult, Inserted>;

  constructor(connection: MongodbConnection, collection: string, counts: JobCounts, log: Logger) {
    this.#connection = connection;
    this.#collection = connection.collection<JobResult>(collection);
    this.#counts = counts;
    this.#log = log;
    this.#batcher = new Batcher({
      mostItems: BATCH_ITEMS,
      mostBytes: BATCH_BYTES,
      mostInFlight: 2,
      mostWaiting: MOST_WAITING,
      full: () => new Unavailable(PART, `${MOST_WAITING} documents wait to be stored already`),
      late: (ms) => new Unavailable(PART, `storing a document: no answer within ${ms} ms`),
      write: (entries) => answerWithin(PART, INSERT_MS, 'storing documents', this.#write(entries)),
    });
  }

  async insert(result: JobResult): Promise<Inserted> {
    this.#connection.mustBeOpen();
    if (!this.#connection.isReady) throw new Unavailable(PART, 'the collection is not ready');
    return this.#batcher.add(result, JSON.stringify(result).length, null, INSERT_MS);
  }

  get(jobId: string): Promise<JobResult | null> {
    return this.#connection.ask(GET_MS, 'reading a document', () => this.#find(jobId));
  }

  list(query: ResultQuery): Promise<readonly JobResult[]> {
    return this.#connection.ask(LIST_MS, 'listing documents', () => listResults(this.#collection, query, this.#log));
  }

  counts(jobType?: string): Promise<{ readonly [S in FinalState]: number }> {
    return this.#connection.ask(GET_MS, 'reading the counts', () => this.#counts.read(jobType));
  }

  rejectWaiting(reason: Error): void {
    this.#batcher.rejectWaiting(reason);
  }

  async #write(entries: readonly Entry<JobResult, Inserted>[]): Promise<void> {
    const failed = await this.#insertMany(entries.map(({ item }) => item));
    await Promise.all(
      entries.map(async ({ item, resolve, reject }, index) => {
        const code = failed.get(index);
        if (code === undefined) {
          this.#counts.add(item);
          return resolve({ inserted: true, stored: item });
        }
        if (code === VALIDATION_FAILED)
          return reject(new Defect(`the server refuses the document of job ${item.job_id}: it breaks its schema`));
        if (code !== DUPLICATE_KEY)
          return reject(new Unavailable(PART, `the server refuses a document (error ${code})`));
        try {
          const stored = await this.#find(item.job_id);
          if (stored === null) reject(new Unavailable(PART, 'the document that was first cannot be read yet'));
          else resolve({ inserted: false, stored });
        } catch (error) {
          reject(
            error instanceof Defect ? error : new Unavailable(PART, 'reading a document failed', { cause: error }),
          );
        }
      }),
    );
  }

  /** The codes of the errors of those that were not inserted, by their place. */
  async #insertMany(results: readonly JobResult[]): Promise<ReadonlyMap<number, number>> {
    try {
      // Copies, for the driver puts an _id into what it is given.
      await this.#collection.insertMany(
        results.map((result) => ({ ...result })),
        { ordered: false },
      );
      return new Map();
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError)) throw error;
      // Written, but not where a majority has it: nobody knows whether it stays.
      if (error.result.getWriteConcernError() !== undefined) throw error;
      const failures = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
      if (failures.length === 0) throw error;
      return new Map(failures.map(({ index, code }) => [index, code]));
    }
  }

  async #find(jobId: string): Promise<JobResult | null> {
    const document: unknown = await this.#collection.findOne({ job_id: jobId }, { projection: { _id: 0 } });
    if (document === null) return null;
    const read = readResult(document);
    if (typeof read !== 'string') return read;
    throw new Defect(`the stored document of job ${jobId} ${read}`);
  }
}
