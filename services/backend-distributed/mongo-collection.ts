import type { Logger } from '@dtq/core/log.ts';
import type { Capability } from '@dtq/core/ports.ts';
import type { JobResult } from '@dtq/generated/schemas/types.ts';
import { JOB_RESULTS, JOB_RESULTS_VALIDATOR } from '@dtq/generated/storage/job-results.ts';
import type { Db } from 'mongodb';

// Servers of the MongoDB family differ. What one cannot do is found when the collection is made, and said as a capability.

const ALREADY_THERE = 48;
const NOT_IMPLEMENTED = 238;
const UNKNOWN_COMMAND = 59;
const NOT_ALLOWED = 13;

export const VALIDATION = 'document-validation';

/**
 * Makes the collection with its indexes, and holds it to its schema where the server can. What is there already stays, but
 * for the schema, which becomes the contract's. Rejects as the driver does.
 */
export async function ensureCollection(database: Db, name: string, log: Logger): Promise<Capability> {
  const capability = await ensureValidated(database, name, log);
  const collection = database.collection<JobResult>(name);
  // Asked first, though making an index again should do nothing: FerretDB drops the connection over it.
  const there = new Set((await collection.listIndexes().toArray()).map((index) => String(index['name'])));
  const missing = JOB_RESULTS.indexes.filter((index) => !there.has(index.name));
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

async function ensureValidated(database: Db, name: string, log: Logger): Promise<Capability> {
  const validator = structuredClone(JOB_RESULTS_VALIDATOR);
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
    if (code === ALREADY_THERE) return ensureValidated(database, name, log);
    if (code === NOT_ALLOWED) {
      log.warn({ err: error }, 'mongodb: this user may not change collections; the schema stays as it is');
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
