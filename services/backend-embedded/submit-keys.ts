import type { StatementSync } from 'node:sqlite';
import type { Clock } from '@dtq/core/clock.ts';
import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { SubmitKeys } from '@dtq/core/ports.ts';
import { mayClaim } from '@dtq/core/submit-keys.ts';
import type { SubmitRecord } from '@dtq/generated/schemas/types.ts';
import { SUBMIT_KEYS_TTL_MS } from '@dtq/generated/storage/submit-keys.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import type { Database } from './database.ts';
import { STATUS_PART as PART } from './status-row.ts';
import { SWEEP_ROWS, Sweeper } from './sweeper.ts';

export interface SubmitKeysOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Idempotency keys, as a table. A record whose time is over is not there; a sweep takes it away later. */
export class EmbeddedSubmitKeys implements SubmitKeys {
  readonly #options: SubmitKeysOptions;
  readonly #select: StatementSync;
  readonly #upsert: StatementSync;
  readonly #expire: StatementSync;
  readonly #sweeper: Sweeper;

  constructor(options: SubmitKeysOptions) {
    const { connection } = options.database;
    this.#options = options;
    this.#select = connection.prepare('SELECT record FROM submit_keys WHERE key = ? AND expires_at > ?');
    this.#upsert = connection.prepare(
      `INSERT INTO submit_keys (key, record, expires_at) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET record = excluded.record, expires_at = excluded.expires_at`,
    );
    this.#expire = connection.prepare(
      `DELETE FROM submit_keys WHERE key IN (
         SELECT key FROM submit_keys WHERE expires_at <= ? ORDER BY expires_at LIMIT ${SWEEP_ROWS})`,
    );
    this.#sweeper = new Sweeper(() => this.sweep(), options.log);
  }

  async claim(key: string, record: SubmitRecord): Promise<SubmitRecord | null> {
    return this.#options.database.commits.write(PART, () => {
      const row = this.#select.get(key, this.#options.clock.now()) as { record: string } | undefined;
      const there = row === undefined ? null : decode(row.record);
      if (!mayClaim(there, record)) return there;
      this.#write(key, record);
      return null;
    });
  }

  async settle(key: string, record: SubmitRecord): Promise<void> {
    await this.#options.database.commits.write(PART, () => this.#write(key, record));
  }

  /** Takes away some of the rows whose time is over; resolves to how many. */
  async sweep(): Promise<number> {
    const { database, clock } = this.#options;
    return database.commits.write(PART, () => Number(this.#expire.run(clock.now()).changes));
  }

  close(): void {
    this.#sweeper.close();
  }

  #write(key: string, record: SubmitRecord): void {
    this.#upsert.run(key, JSON.stringify(record), this.#options.clock.now() + SUBMIT_KEYS_TTL_MS);
  }
}

/** A stored record; null where no reader could understand it, and then the key is free. */
function decode(text: string): SubmitRecord | null {
  try {
    const record = parseJson(text);
    return tolerant.SubmitRecord(record) ? record : null;
  } catch (error) {
    if (error instanceof JsonRefused) return null;
    throw error;
  }
}
