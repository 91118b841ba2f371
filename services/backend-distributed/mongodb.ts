import { settlesWithin, sleep } from '@dtq/core/clock.ts';
import { Defect, Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Capability, ResultStore } from '@dtq/core/ports.ts';
import { inOneLine, violations } from '@dtq/core/violations.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobResult } from '@dtq/generated/schemas/types.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import { type Collection, type Db, MongoBulkWriteError, MongoClient } from 'mongodb';
import { Batcher, type Entry } from './batcher.ts';
import type { MongodbConfig } from './config.ts';
import { answerWithin } from './deadline.ts';
import { ensureCollection, VALIDATION } from './mongo-collection.ts';

const PART = 'mongodb';

/** No answer takes longer, in milliseconds. A job waits for its insert and tries again; a reader waits in a request. */
const INSERT_MS = 5000;
const GET_MS = 2000;
const CLOSE_MS = 1000;

const BATCH_ITEMS = 100;
const BATCH_BYTES = 4_194_304;
const MOST_WAITING = 5000;

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 3000;

const DUPLICATE_KEY = 11_000;
const VALIDATION_FAILED = 121;

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
  readonly #client: MongoClient;
  readonly #database: Db;
  readonly #collection: Collection<JobResult>;
  readonly #log: Logger;
  readonly #batcher: Batcher<JobResult, Inserted>;
  readonly #closing = new AbortController();
  readonly #tried = Promise.withResolvers<void>();
  #isReady = false;
  #validation: Capability = { name: VALIDATION, supported: false, reason: 'the server has not answered yet' };
  #pinging: Promise<unknown> | null = null;
  #closed: Promise<void> | null = null;

  constructor({ uri, database, collection, caFile }: MongodbConfig, clientId: string, log: Logger) {
    this.#log = log;
    this.#client = new MongoClient(uri, {
      appName: clientId,
      serverSelectionTimeoutMS: 3000,
      connectTimeoutMS: 3000,
      socketTimeoutMS: 8000,
      waitQueueTimeoutMS: 2000,
      maxPoolSize: 20,
      writeConcern: { w: 'majority', wtimeoutMS: 4000 },
      ignoreUndefined: true,
      ...(caFile === undefined ? {} : { tlsCAFile: caFile }),
    });
    this.#database = this.#client.db(database);
    this.#collection = this.#database.collection<JobResult>(collection);
    this.#batcher = new Batcher({
      mostItems: BATCH_ITEMS,
      mostBytes: BATCH_BYTES,
      mostInFlight: 2,
      mostWaiting: MOST_WAITING,
      full: () => new Unavailable(PART, `${MOST_WAITING} documents wait to be stored already`),
      late: (ms) => new Unavailable(PART, `storing a document: no answer within ${ms} ms`),
      write: (entries) => answerWithin(PART, INSERT_MS, 'storing documents', this.#write(entries)),
    });
    void this.#prepare(collection);
  }

  /** Resolves once the collection is ready, or could not be made so at a first try. */
  get tried(): Promise<void> {
    return this.#tried.promise;
  }

  get validation(): Capability {
    return this.#validation;
  }

  async insert(result: JobResult): Promise<Inserted> {
    this.#mustBeOpen();
    if (!this.#isReady) throw new Unavailable(PART, 'the collection is not ready');
    return this.#batcher.add(result, JSON.stringify(result).length, null, INSERT_MS);
  }

  async get(jobId: string): Promise<JobResult | null> {
    this.#mustBeOpen();
    return answerWithin(PART, GET_MS, 'reading a document', this.#find(jobId));
  }

  /** Resolves where the server answers now. */
  async check(ms: number): Promise<void> {
    this.#mustBeOpen();
    // One at a time: a frozen server holds each connection that it is asked over for seconds.
    this.#pinging ??= this.#database.command({ ping: 1 }).finally(() => {
      this.#pinging = null;
    });
    await answerWithin(PART, ms, 'ping', this.#pinging);
  }

  /** May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const reason = new Unavailable(PART, 'the backend is closed');
    this.#closing.abort(reason);
    this.#tried.resolve();
    this.#batcher.rejectWaiting(reason);
    await settlesWithin(CLOSE_MS, this.#client.close());
  }

  #mustBeOpen(): void {
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
  }

  async #prepare(name: string): Promise<void> {
    const { signal } = this.#closing;
    for (let call = 1; !signal.aborted; call += 1) {
      try {
        // Said each time: after a first connect that failed the driver's operations would fail for ever.
        await this.#client.connect();
        this.#validation = await ensureCollection(this.#database, name, this.#log);
        this.#isReady = true;
        const { supported, reason } = this.#validation;
        this.#log.info({ capability: VALIDATION, supported, reason }, 'mongodb: the collection is ready');
        this.#tried.resolve();
        return;
      } catch (error) {
        if (signal.aborted) return;
        const words = 'mongodb: the collection cannot be made ready; tried again';
        if (call === 1) this.#log.warn({ err: error }, words);
        else this.#log.debug({ err: error }, words);
        this.#tried.resolve();
      }
      await sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (call - 1)), signal).catch(() => undefined);
    }
  }

  async #write(entries: readonly Entry<JobResult, Inserted>[]): Promise<void> {
    const failed = await this.#insertMany(entries.map(({ item }) => item));
    await Promise.all(
      entries.map(async ({ item, resolve, reject }, index) => {
        const code = failed.get(index);
        if (code === undefined) return resolve({ inserted: true, stored: item });
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
    const { job_type: named } = document as { job_type?: unknown };
    const jobType = JOB_TYPE_VALUES.find((one) => one === named);
    if (jobType === undefined) throw new Defect(`the stored document of job ${jobId} is of no known type`);
    const validate = tolerant.JobResult[jobType];
    if (validate(document)) return document;
    const reason = inOneLine(violations(validate.errors, document));
    throw new Defect(`the stored document of job ${jobId} cannot be read: ${reason}`);
  }
}
