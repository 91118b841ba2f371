import type { Logger } from '@dtq/core/log.ts';
import type { Replays } from '@dtq/core/ports.ts';
import type { Replay } from '@dtq/generated/schemas/types.ts';
import { JOB_REPLAYS_FIELD as FIELD, JOB_REPLAYS } from '@dtq/generated/storage/job-replays.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import type { Collection, Document } from 'mongodb';
import type { MongodbConnection } from './mongo-connection.ts';
import { isDuplicate } from './mongo-errors.ts';

/** No answer takes longer, in milliseconds. */
const RECORD_MS = 5000;
const READ_MS = 2000;

interface ReplayDocument extends Document {
  readonly _id: string;
}

/** Which job repeats what: one MongoDB document for each job that does, under its id. */
export class MongodbReplays implements Replays {
  readonly #connection: MongodbConnection;
  readonly #collection: Collection<ReplayDocument>;
  readonly #log: Logger;

  constructor(connection: MongodbConnection, log: Logger) {
    this.#connection = connection;
    this.#collection = connection.collection<ReplayDocument>(JOB_REPLAYS.collection);
    this.#log = log;
  }

  async record(replay: Replay): Promise<void> {
    await this.#connection.ask(RECORD_MS, 'recording a replay', async () => {
      await this.#collection.insertOne({ _id: replay.job_id, ...replay }).catch((error: unknown) => {
        if (!isDuplicate(error)) throw error;
      });
    });
  }

  of(sources: readonly string[]): Promise<readonly Replay[]> {
    // One by one: of one server of the family `$in` reads the whole collection for each.
    return this.#connection.ask(READ_MS, 'reading replays', async () => {
      const found = await Promise.all(
        [...new Set(sources)].map((source) =>
          this.#collection.find({ [FIELD.replay_of]: source }, { projection: { _id: 0 } }).toArray(),
        ),
      );
      return found
        .flat()
        .flatMap((document) => this.#read(document))
        .sort((a, b) => (a.replayed_at < b.replayed_at ? 1 : a.replayed_at > b.replayed_at ? -1 : 0));
    });
  }

  #read(document: Document): Replay[] {
    const replay: unknown = document;
    if (tolerant.Replay(replay)) return [replay];
    this.#log.warn({ job_id: String(document[FIELD.job_id]) }, 'a replay cannot be read, and is left out');
    return [];
  }
}
