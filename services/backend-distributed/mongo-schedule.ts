import type { Clock } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { JobSchedule } from '@dtq/core/ports.ts';
import { violations, wrongPlaces } from '@dtq/core/violations.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { ScheduledJob } from '@dtq/generated/schemas/types.ts';
import { JOB_SCHEDULE_FIELD as FIELD, JOB_SCHEDULE } from '@dtq/generated/storage/job-schedule.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import type { Collection, Document, Filter } from 'mongodb';
import type { MongodbConnection } from './mongo-connection.ts';
import { isDuplicate } from './mongo-errors.ts';

const PART = 'mongodb';

/** No answer takes longer, in milliseconds. A job waits for its row; a claim is tried again soon in any case. */
const PUT_MS = 5000;
const READ_MS = 2000;
const CLAIM_MS = 5000;

/** A row that comes and goes is put again so often at most; each time somebody must remove one just then. */
const MOST_PUTS = 5;

/** A row that no reader can understand is not looked at again for so long, in milliseconds: it must not hold up the others. */
const UNREADABLE_MS = 3_600_000;

/** A document has the row's id as its own. */
interface Row extends Document {
  readonly _id: string;
}

/**
 * What waits for a time: one MongoDB document for each row.
 *
 * A claim looks for rows that are due and free, and takes each by an update that holds only where its lease is still the one
 * that was seen: all servers of the family can do that. Claims of one process come one after another.
 *
 * Weak points. FerretDB looks for a document, and then changes or removes it by its id alone, in two steps: of two processes at
 * once both may come to have a row, which is harmless, for doing what it says twice is; and a removal may take the row of a
 * later attempt that was put just then, which loses that attempt. A MongoDB does each in one step.
 */
export class MongodbJobSchedule implements JobSchedule {
  readonly #connection: MongodbConnection;
  readonly #collection: Collection<Row>;
  readonly #clock: Clock;
  readonly #log: Logger;
  #claiming: Promise<unknown> = Promise.resolve();

  constructor(connection: MongodbConnection, clock: Clock, log: Logger) {
    this.#connection = connection;
    this.#collection = connection.collection<Row>(JOB_SCHEDULE.collection);
    this.#clock = clock;
    this.#log = log;
  }

  async put(row: ScheduledJob): Promise<void> {
    await this.#connection.ask(PUT_MS, 'putting a row', async () => {
      for (let call = 1; call <= MOST_PUTS; call += 1) if (await this.#tryPut(row)) return;
      throw new Unavailable(PART, `the row ${row.schedule_id} came and went while it was put`);
    });
  }

  claim(lease: {
    readonly owner: string;
    readonly leaseMs: number;
    readonly limit: number;
  }): Promise<readonly ScheduledJob[]> {
    return this.#connection.ask(CLAIM_MS, 'claiming rows', () => {
      const claiming = this.#claiming.then(() => this.#claim(lease));
      this.#claiming = claiming.catch(() => undefined);
      return claiming;
    });
  }

  async remove(scheduleId: string, attempt?: number): Promise<void> {
    const upTo = attempt === undefined ? {} : { [FIELD.attempt]: { $lte: attempt } };
    await this.#connection.ask(READ_MS, 'removing a row', () =>
      this.#collection.deleteOne({ _id: scheduleId, ...upTo }),
    );
  }

  find(jobId: string): Promise<readonly ScheduledJob[]> {
    return this.#connection.ask(READ_MS, 'looking for rows', async () => {
      const documents = await this.#collection.find({ [FIELD.job_id]: jobId }).toArray();
      return documents.flatMap((document) => this.#read(document) ?? []);
    });
  }

  async backlog(): Promise<{ readonly rows: number; readonly longestDueAt: number | null }> {
    return await this.#connection.ask(READ_MS, 'counting rows', async () => {
      const due: Filter<Row> = { [FIELD.due_at]: { $lte: new Date(this.#clock.now()).toISOString() } };
      const [rows, [first]] = await Promise.all([
        this.#collection.estimatedDocumentCount(),
        this.#collection
          .find(due)
          .sort({ [FIELD.due_at]: 1 })
          .limit(1)
          .toArray(),
      ]);
      const dueAt = Date.parse(String(first?.[FIELD.due_at]));
      return { rows, longestDueAt: Number.isNaN(dueAt) ? null : dueAt };
    });
  }

  /** The next rows by their ids, due or not, up to `limit`; `last` is behind which id the others stand, null at the end. */
  walk(
    after: string | null,
    limit: number,
  ): Promise<{ readonly rows: readonly ScheduledJob[]; readonly last: string | null }> {
    return this.#connection.ask(READ_MS, 'walking through rows', async () => {
      const behind: Filter<Row> = after === null ? {} : { _id: { $gt: after } };
      const documents = await this.#collection.find(behind).sort({ _id: 1 }).limit(limit).toArray();
      const last = documents.length < limit ? null : (documents.at(-1)?._id ?? null);
      const rows = documents.map(readRow).filter((row) => typeof row !== 'string');
      return { rows, last };
    });
  }

  /** Whether it stands now, or one of the same or a later attempt does. */
  async #tryPut(row: ScheduledJob): Promise<boolean> {
    try {
      await this.#collection.insertOne({ _id: row.schedule_id, ...row });
      return true;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
    const earlier = { _id: row.schedule_id, [FIELD.attempt]: { $lt: row.attempt } };
    const { matchedCount } = await this.#collection.replaceOne(earlier, { ...row });
    // Whoever had the earlier one may have removed it between the two steps: then nothing stands there.
    return matchedCount > 0 || (await this.#collection.findOne({ _id: row.schedule_id })) !== null;
  }

  async #claim({ owner, leaseMs, limit }: { owner: string; leaseMs: number; limit: number }): Promise<ScheduledJob[]> {
    const now = this.#clock.now();
    const at = new Date(now).toISOString();
    const due: Filter<Row> = {
      [FIELD.due_at]: { $lte: at },
      // Those of other types are for newer programs, which must not find them taken.
      [FIELD.job_type]: { $in: [...JOB_TYPE_VALUES] },
      $or: [{ [FIELD.leased_until]: { $exists: false } }, { [FIELD.leased_until]: { $lte: at } }],
    };
    const documents = await this.#collection
      .find(due)
      .sort({ [FIELD.due_at]: 1 })
      .limit(limit)
      .toArray();
    const claimed = await Promise.all(
      documents.map(async (document) => {
        const { _id, [FIELD.leased_until]: seen = null } = document;
        const row = this.#read(document);
        const until = new Date(now + (row === null ? UNREADABLE_MS : leaseMs)).toISOString();
        const { modifiedCount } = await this.#collection.updateOne(
          { _id, [FIELD.leased_until]: seen === null ? { $exists: false } : seen },
          { $set: { [FIELD.leased_until]: until, [FIELD.lease]: owner } },
        );
        return row === null || modifiedCount === 0 ? [] : [{ ...row, leased_until: until, lease: owner }];
      }),
    );
    return claimed.flat();
  }

  /** A document as a row; null, and logged, where no reader can understand it. */
  #read(document: Row): ScheduledJob | null {
    const row = readRow(document);
    if (typeof row !== 'string') return row;
    this.#log.warn({ schedule_id: document._id }, `a row of the schedule ${row}; it is left where it is`);
    return null;
  }
}

/** A document as a row, or the words that say why it is none. */
function readRow({ _id, ...document }: Row): ScheduledJob | string {
  const named: unknown = document[FIELD.job_type];
  const jobType = JOB_TYPE_VALUES.find((one) => one === named);
  if (jobType === undefined) return 'is of no known type';
  const row: unknown = document;
  const validate = tolerant.ScheduledJob[jobType];
  if (validate(row)) return row;
  return `cannot be read: ${wrongPlaces(violations(validate.errors, row))}`;
}
