import type { Logger } from '@dtq/core/log.ts';
import type { Capability } from '@dtq/core/ports.ts';
import { DEAD_LETTERS, DEAD_LETTERS_VALIDATOR } from '@dtq/generated/storage/dead-letters.ts';
import { JOB_COUNTS, JOB_COUNTS_VALIDATOR } from '@dtq/generated/storage/job-counts.ts';
import { JOB_REPLAYS, JOB_REPLAYS_VALIDATOR } from '@dtq/generated/storage/job-replays.ts';
import { JOB_RESULTS, JOB_RESULTS_VALIDATOR } from '@dtq/generated/storage/job-results.ts';
import { JOB_SCHEDULE, JOB_SCHEDULE_VALIDATOR } from '@dtq/generated/storage/job-schedule.ts';
import type { Db } from 'mongodb';
import { ensureCounts } from './mongo-counts.ts';

// Servers of the MongoDB family differ. What one cannot do is found when the collections are made, and said as a capability.

const ALREADY_THERE = 48;
const NOT_IMPLEMENTED = 238;
const UNKNOWN_COMMAND = 59;
const NOT_ALLOWED = 13;

export const VALIDATION = 'document-validation';

interface CollectionPlan {
  readonly name: string;
  readonly indexes: readonly {
    readonly name: string;
    readonly keys: Readonly<Record<string, 1 | -1>>;
    readonly unique: boolean;
  }[];
  readonly validator: object;
}

/** All collections of the contract; that of the results, which is first, may have another name. */
function plansOf(results: string): readonly [CollectionPlan, ...CollectionPlan[]] {
  return [
    { name: results, indexes: JOB_RESULTS.indexes, validator: JOB_RESULTS_VALIDATOR },
    { name: JOB_COUNTS.collection, indexes: JOB_COUNTS.indexes, validator: JOB_COUNTS_VALIDATOR },
    { name: JOB_SCHEDULE.collection, indexes: JOB_SCHEDULE.indexes, validator: JOB_SCHEDULE_VALIDATOR },
    { name: DEAD_LETTERS.collection, indexes: DEAD_LETTERS.indexes, validator: DEAD_LETTERS_VALIDATOR },
    { name: JOB_REPLAYS.collection, indexes: JOB_REPLAYS.indexes, validator: JOB_REPLAYS_VALIDATOR },
  ];
}

/**
 * Makes the collections with their indexes, and holds them to their schemas where the server can. What is there already stays,
 * but for the schemas, which become the contract's; counts begin where there is nothing to count. Gives what was found of the collection of the results. Rejects as the
 * driver does.
 */
export async function ensureCollections(database: Db, results: string, log: Logger): Promise<Capability> {
  const [first, ...others] = plansOf(results);
  const capability = await ensureCollection(database, first, log);
  await Promise.all(others.map((plan) => ensureCollection(database, plan, log)));
  await ensureCounts(database, results);
  return capability;
}

async function ensureCollection(database: Db, plan: CollectionPlan, log: Logger): Promise<Capability> {
  const capability = await ensureValidated(database, plan, log);
  const collection = database.collection(plan.name);
  // Asked first, though making an index again should do nothing: FerretDB drops the connection over it.
  const there = new Set((await collection.listIndexes().toArray()).map((index) => String(index['name'])));
  const missing = plan.indexes.filter((index) => !there.has(index.name));
  if (missing.length > 0)
    await collection.createIndexes(
      missing.map(({ name: index, keys, unique }) => ({
        name: index,
        key: { ...keys },
        ...(unique ? { unique } : {}),
      })),
    );
  return capability;
}

async function ensureValidated(database: Db, plan: CollectionPlan, log: Logger): Promise<Capability> {
  const { name } = plan;
  const validator = structuredClone(plan.validator);
  try {
    const [there] = await database.listCollections({ name }).toArray();
    const current = there !== undefined && 'options' in there ? there.options?.['validator'] : undefined;
    if (there === undefined) await database.createCollection(name, { validator });
    else if (JSON.stringify(current) !== JSON.stringify(validator))
      await database.command({ collMod: name, validator });
    return {
      name: VALIDATION,
      supported: true,
      reason: 'the server holds each document to the schema of the contract',
    };
  } catch (error) {
    const { code } = error as { code?: unknown };
    // Another process was quicker, with the same schema.
    if (code === ALREADY_THERE) return ensureValidated(database, plan, log);
    if (code === NOT_ALLOWED) {
      log.warn({ err: error }, `mongodb: this user may not change the collection ${name}; its schema stays as it is`);
      return { name: VALIDATION, supported: false, reason: 'this user may not change the collection' };
    }
    if (code !== NOT_IMPLEMENTED && code !== UNKNOWN_COMMAND) throw error;
    await database.createCollection(name).catch((failure: unknown) => {
      if ((failure as { code?: unknown }).code !== ALREADY_THERE) throw failure;
    });
    return {
      name: VALIDATION,
      supported: false,
      reason: 'the server has no collection validators; documents are validated by those who write and read them',
    };
  }
}
