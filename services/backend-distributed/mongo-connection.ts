import { settlesWithin, sleep } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Capability, PoolUse } from '@dtq/core/ports.ts';
import { type Collection, type Db, type Document, MongoClient } from 'mongodb';
import type { MongodbConfig } from './config.ts';
import { answerWithin } from './deadline.ts';
import { ensureCollections, VALIDATION } from './mongo-collection.ts';

const PART = 'mongodb';

const CLOSE_MS = 1000;

/** Connections to each server at most. */
const MOST_CONNECTIONS = 20;

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 3000;

/** One driver's client for all ports over MongoDB; makes the collections ready in the background, until they are. */
export class MongodbConnection {
  readonly #config: MongodbConfig;
  readonly #log: Logger;
  readonly #client: MongoClient;
  readonly #database: Db;
  readonly #closing = new AbortController();
  readonly #tried = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<void>();
  #isReady = false;
  #validation: Capability = { name: VALIDATION, supported: false, reason: 'the server has not answered yet' };
  #pinging: Promise<unknown> | null = null;
  #checkedOut = 0;

  constructor(config: MongodbConfig, clientId: string, log: Logger) {
    this.#config = config;
    this.#log = log;
    this.#client = new MongoClient(config.uri, {
      appName: clientId,
      serverSelectionTimeoutMS: 3000,
      connectTimeoutMS: 3000,
      socketTimeoutMS: 8000,
      waitQueueTimeoutMS: 2000,
      maxPoolSize: MOST_CONNECTIONS,
      writeConcern: { w: 'majority', wtimeoutMS: 4000 },
      ignoreUndefined: true,
      ...(config.caFile === undefined ? {} : { tlsCAFile: config.caFile }),
    });
    this.#client.on('connectionCheckedOut', () => {
      this.#checkedOut += 1;
    });
    this.#client.on('connectionCheckedIn', () => {
      this.#checkedOut -= 1;
    });
    this.#database = this.#client.db(config.database);
    void this.#prepare();
  }

  /** Resolves once the collections are ready, or could not be made so at a first try. */
  get tried(): Promise<void> {
    return this.#tried.promise;
  }

  /** Resolves once the collections are ready; never where they cannot be made so. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get validation(): Capability {
    return this.#validation;
  }

  /** Connections over which an operation is under way. */
  get pool(): PoolUse {
    return { pool: 'mongodb_connections', used: this.#checkedOut, limit: MOST_CONNECTIONS };
  }

  /** Aborted by close. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  collection<T extends Document>(name: string): Collection<T> {
    return this.#database.collection<T>(name);
  }

  /** An answer in bounded time; Unavailable otherwise, and once it is closed. */
  async ask<T>(ms: number, what: string, question: () => Promise<T>): Promise<T> {
    this.mustBeOpen();
    return answerWithin(PART, ms, what, question());
  }

  mustBeOpen(): void {
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
  }

  /** Resolves where the server answers now. */
  async check(ms: number): Promise<void> {
    this.mustBeOpen();
    // One at a time: a frozen server holds each connection that it is asked over for seconds.
    this.#pinging ??= this.#database.command({ ping: 1 }).finally(() => {
      this.#pinging = null;
    });
    await answerWithin(PART, ms, 'ping', this.#pinging);
  }

  /** Refuses everything from now on. */
  refuse(reason: Error): void {
    this.#closing.abort(reason);
    this.#tried.resolve();
  }

  async end(): Promise<void> {
    await settlesWithin(CLOSE_MS, this.#client.close());
  }

  async #prepare(): Promise<void> {
    const { signal } = this.#closing;
    for (let call = 1; !signal.aborted; call += 1) {
      try {
        // Said each time: after a first connect that failed the driver's operations would fail for ever.
        await this.#client.connect();
        this.#validation = await ensureCollections(this.#database, this.#config.collection, this.#log);
        this.#isReady = true;
        const { supported, reason } = this.#validation;
        this.#log.info({ capability: VALIDATION, supported, reason }, 'mongodb: the collections are ready');
        this.#ready.resolve();
        this.#tried.resolve();
        return;
      } catch (error) {
        if (signal.aborted) return;
        const words = 'mongodb: the collections cannot be made ready; tried again';
        if (call === 1) this.#log.warn({ err: error }, words);
        else this.#log.debug({ err: error }, words);
        this.#tried.resolve();
      }
      await sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (call - 1)), signal).catch(() => undefined);
    }
  }
}
