import { sleep } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import { FINAL_STATES } from '@dtq/generated/lifecycle.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { FinalState, JobCount, JobResult } from '@dtq/generated/schemas/types.ts';
import { JOB_COUNTS_FIELD as FIELD, JOB_COUNTS } from '@dtq/generated/storage/job-counts.ts';
import { JOB_RESULTS_FIELD } from '@dtq/generated/storage/job-results.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import type { Collection, Db, Document, Filter } from 'mongodb';
import type { MongodbConnection } from './mongo-connection.ts';
import { isDuplicate } from './mongo-errors.ts';

// How many documents there are of each type and end, in a document each, so that nobody has to count.
//
//   insert -> noted here (one number for each type and end, so it is bounded) -> added with $inc a moment later, and at close
//
// A document of a count that is missing is made before anything is inserted where there is nothing to count, else by counting:
// after the start, and whenever an addition finds none. Counts may drift: by what is inserted while one is made by counting,
// by an addition whose answer was lost, by what is lost with a process, or by a server of the family that loses one of two
// additions at once (FerretDB); and another program's inserts are never added. So each worker counts anew once a day.

const ADD_AFTER_MS = 200;
const RECOUNT_EVERY_MS = 24 * 3_600_000;

/** A count of a large collection takes its time; in milliseconds. */
const COUNT_MS = 60_000;
const TRY_AGAIN_MS = 5000;

interface CountDocument extends JobCount {
  readonly _id: string;
}

type Counted = Pick<JobCount, 'count_id' | 'job_type' | 'final_state'>;

const COUNTED: readonly Counted[] = JOB_TYPE_VALUES.flatMap((job_type) =>
  FINAL_STATES.map((final_state) => ({ count_id: countId(job_type, final_state), job_type, final_state })),
);

/** Makes the documents of counts that are missing, where there is nothing to count. Rejects as the driver does. */
export async function ensureCounts(database: Db, results: string): Promise<void> {
  const counts = database.collection<CountDocument>(JOB_COUNTS.collection);
  const there = new Set((await counts.find({}, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id));
  for (const counted of COUNTED) {
    if (there.has(counted.count_id)) continue;
    if ((await database.collection(results).findOne(ofCount(counted))) === null) await insertCount(counts, counted, 0);
  }
}

function ofCount({ job_type, final_state }: Counted): Filter<Document> {
  return { [JOB_RESULTS_FIELD.job_type]: job_type, [JOB_RESULTS_FIELD.final_state]: final_state };
}

/** Of no effect where it is there. */
async function insertCount(counts: Collection<CountDocument>, counted: Counted, count: number): Promise<void> {
  await counts.insertOne({ _id: counted.count_id, ...counted, count }).catch((error: unknown) => {
    if (!isDuplicate(error)) throw error;
  });
}

export class JobCounts {
  readonly #connection: MongodbConnection;
  readonly #counts: Collection<CountDocument>;
  readonly #results: Collection<Document>;
  readonly #log: Logger;
  /** What is to be added, by the id of its document. */
  readonly #noted = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #adding: Promise<void> | null = null;
  #making: Promise<void> | null = null;

  /** `isRecounting`: whether this process mends drifts once a day. */
  constructor(connection: MongodbConnection, results: string, log: Logger, isRecounting: boolean) {
    this.#connection = connection;
    this.#counts = connection.collection<CountDocument>(JOB_COUNTS.collection);
    this.#results = connection.collection<Document>(results);
    this.#log = log;
    void this.#keep(isRecounting);
  }

  /** Notes a document that was inserted. */
  add({ job_type, final_state }: JobResult): void {
    const id = countId(job_type, final_state);
    this.#noted.set(id, (this.#noted.get(id) ?? 0) + 1);
    this.#addSoon();
  }

  /** Rejects as the driver does. */
  async read(jobType?: string): Promise<{ [S in FinalState]: number }> {
    const counts = { completed: 0, failed: 0 };
    const filter = jobType === undefined ? {} : { [FIELD.job_type]: jobType };
    for (const document of await this.#counts.find(filter, { projection: { _id: 0 } }).toArray()) {
      const count: unknown = document;
      if (tolerant.JobCount(count)) counts[count.final_state] += count.count;
      else this.#log.warn({ count_id: document.count_id }, 'a count cannot be read, and is left out');
    }
    return counts;
  }

  /** Adds what is noted, for the last time. Never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#adding;
    await this.#add();
  }

  #addSoon(): void {
    if (this.#timer !== undefined || this.#connection.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#adding = this.#add().finally(() => {
        this.#adding = null;
        this.#timer = undefined;
        if (this.#noted.size > 0) this.#addSoon();
      });
    }, ADD_AFTER_MS);
  }

  /** Never rejects. */
  async #add(): Promise<void> {
    await this.#making;
    const noted = [...this.#noted];
    this.#noted.clear();
    let missing = false;
    await Promise.all(
      noted.map(async ([id, more]) => {
        try {
          const { matchedCount } = await this.#counts.updateOne({ _id: id }, { $inc: { [FIELD.count]: more } });
          // Counting will find what was noted.
          if (matchedCount === 0) missing = true;
        } catch (error) {
          this.#noted.set(id, (this.#noted.get(id) ?? 0) + more);
          this.#log.debug({ err: error }, 'mongodb: counts could not be added to; tried again');
        }
      }),
    );
    if (missing) await this.#make(false);
  }

  async #keep(isRecounting: boolean): Promise<void> {
    const { signal } = this.#connection;
    await this.#connection.ready;
    await this.#make(false);
    while (isRecounting && !signal.aborted) {
      await sleep(RECOUNT_EVERY_MS, signal).catch(() => undefined);
      if (!signal.aborted) await this.#make(true);
    }
  }

  /** One at a time. Never rejects. */
  #make(isAnew: boolean): Promise<void> {
    this.#making ??= this.#tryMaking(isAnew).finally(() => {
      this.#making = null;
    });
    return this.#making;
  }

  async #tryMaking(isAnew: boolean): Promise<void> {
    const { signal } = this.#connection;
    for (let call = 1; !signal.aborted; call += 1) {
      try {
        for (const counted of COUNTED) await this.#count(counted, isAnew);
        return;
      } catch (error) {
        if (!signal.aborted && call === 1)
          this.#log.warn({ err: error }, 'mongodb: documents cannot be counted; tried again');
        await sleep(TRY_AGAIN_MS, signal).catch(() => undefined);
      }
    }
  }

  /** Makes the document of a count where it is missing, or mends it. */
  async #count(counted: Counted, isAnew: boolean): Promise<void> {
    const { count_id } = counted;
    const there = await this.#counts.findOne({ _id: count_id });
    if (there !== null && !isAnew) return;
    const count = await this.#results.countDocuments(ofCount(counted), { maxTimeMS: COUNT_MS });
    if (there === null) await insertCount(this.#counts, counted, count);
    // Only where nobody has added to it meanwhile; what comes later is added as always.
    else await this.#counts.updateOne({ _id: count_id, count: there.count }, { $set: { count } });
  }
}

function countId(jobType: string, state: FinalState): string {
  return `${jobType}:${state}`;
}
