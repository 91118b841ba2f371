import { type Clock, settlesWithin } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { MongodbConfig } from './config.ts';
import { MongodbConnection } from './mongo-connection.ts';
import { JobCounts } from './mongo-counts.ts';
import { MongodbDeadLetters } from './mongo-dead-letters.ts';
import { MongodbReplays } from './mongo-replays.ts';
import { MongodbJobSchedule } from './mongo-schedule.ts';
import { MongodbResultStore } from './mongodb.ts';

/** How long a close waits for the last counts, in milliseconds. */
const FLUSH_MS = 1000;

export interface MongoStoresOptions {
  readonly config: MongodbConfig;
  readonly clientId: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether this process counts anew once a day. */
  readonly isRecounting: boolean;
}

/** The ports over MongoDB, on one client. */
export class MongoStores {
  readonly connection: MongodbConnection;
  readonly results: MongodbResultStore;
  readonly schedule: MongodbJobSchedule;
  readonly deadLetters: MongodbDeadLetters;
  readonly replays: MongodbReplays;
  readonly #counts: JobCounts;
  #closed: Promise<void> | null = null;

  constructor({ config, clientId, clock, log, isRecounting }: MongoStoresOptions) {
    this.connection = new MongodbConnection(config, clientId, log);
    this.#counts = new JobCounts(this.connection, config.collection, log, isRecounting);
    this.results = new MongodbResultStore(this.connection, config.collection, this.#counts, log);
    this.schedule = new MongodbJobSchedule(this.connection, clock, log);
    this.deadLetters = new MongodbDeadLetters(this.connection, log);
    this.replays = new MongodbReplays(this.connection, log);
  }

  /** May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const reason = new Unavailable('mongodb', 'the backend is closed');
    this.connection.refuse(reason);
    this.results.rejectWaiting(reason);
    await settlesWithin(FLUSH_MS, this.#counts.flush());
    await this.connection.end();
  }
}
