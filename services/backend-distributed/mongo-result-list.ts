import type { Logger } from '@dtq/core/log.ts';
import type { ResultKey, ResultQuery } from '@dtq/core/ports.ts';
import type { JobResult } from '@dtq/generated/schemas/types.ts';
import { JOB_RESULTS_FIELD as FIELD } from '@dtq/generated/storage/job-results.ts';
import type { Collection, Document } from 'mongodb';
import { behind, type Ordered, readPage, within } from './mongo-page.ts';
import { readResult } from './read-result.ts';

// A list has two parts, one after the other: the documents that tell when their job was submitted, by that; and those that do
// not (another program's), by when they completed. Each part is a walk along an index of its own.
//
// Documents of given jobs are asked for one by one, a few at once, and put in order here: of one server of the family `$in`
// reads the whole collection for each.

/** Documents that are asked for at once. */
const AT_ONCE = 16;

/** A page of the documents of a collection, as the port's `list`. Rejects as the driver does. */
export async function listResults(
  collection: Collection<JobResult>,
  query: ResultQuery,
  log: Logger,
): Promise<readonly JobResult[]> {
  const documents = collection as unknown as Collection<Document>;
  if (query.jobIds !== undefined) return listOf(documents, query.jobIds, query, log);
  const listed: JobResult[] = [];
  for (const part of partsOf(query))
    if (listed.length < query.limit)
      listed.push(
        ...(await readPage(documents, part, { limit: query.limit - listed.length }, (one) => readable(one, log))),
      );
  return listed;
}

function partsOf(query: ResultQuery): Ordered<Document>[] {
  const { jobType, state, errorCode, traceId, since, until, after } = query;
  const same = {
    ...(jobType === undefined ? {} : { [FIELD.job_type]: jobType }),
    ...(state === undefined ? {} : { [FIELD.final_state]: state }),
    ...(errorCode === undefined ? {} : { [`${FIELD.error}.code`]: errorCode }),
    ...(traceId === undefined ? {} : { [FIELD.trace_id]: traceId }),
  };
  const span = within(since, until);
  const isSpan = since !== undefined || until !== undefined;
  const submitted: Ordered<Document> = {
    filter: {
      ...same,
      [FIELD.submitted_at]: { $exists: true, ...span },
      ...(after?.submitted_at ? behind([FIELD.submitted_at, after.submitted_at], [FIELD.job_id, after.job_id]) : {}),
    },
    sort: { [FIELD.submitted_at]: -1, [FIELD.job_id]: -1 },
  };
  const others: Ordered<Document> = {
    filter: {
      ...same,
      [FIELD.submitted_at]: { $exists: false },
      ...(isSpan ? { [FIELD.started_at]: span } : {}),
      ...(after?.submitted_at === null
        ? behind([FIELD.completed_at, after.completed_at], [FIELD.job_id, after.job_id])
        : {}),
    },
    sort: { [FIELD.completed_at]: -1, [FIELD.job_id]: -1 },
  };
  return after?.submitted_at === null ? [others] : [submitted, others];
}

async function listOf(
  documents: Collection<Document>,
  jobIds: readonly string[],
  query: ResultQuery,
  log: Logger,
): Promise<JobResult[]> {
  const wanted = [...new Set(jobIds)];
  const found: JobResult[] = [];
  const asker = async (): Promise<void> => {
    for (let jobId = wanted.pop(); jobId !== undefined; jobId = wanted.pop()) {
      const document = await documents.findOne({ [FIELD.job_id]: jobId }, { projection: { _id: 0 } });
      if (document !== null) found.push(...readable(document, log));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, asker));
  const { after, limit } = query;
  return found
    .filter((result) => isAsked(result, query) && (after === undefined || inOrder(keyOf(result), after) > 0))
    .sort((a, b) => inOrder(keyOf(a), keyOf(b)))
    .slice(0, limit);
}

function isAsked(result: JobResult, { jobType, state, errorCode, traceId, since, until }: ResultQuery): boolean {
  const time = result.submitted_at ?? result.started_at;
  return (
    (jobType === undefined || result.job_type === jobType) &&
    (state === undefined || result.final_state === state) &&
    (errorCode === undefined || result.error?.code === errorCode) &&
    (traceId === undefined || result.trace_id === traceId) &&
    (since === undefined || time >= since) &&
    (until === undefined || time < until)
  );
}

function keyOf({ submitted_at, completed_at, job_id }: JobResult): ResultKey {
  return { submitted_at: submitted_at ?? null, completed_at, job_id };
}

/** Negative where the first comes first. */
function inOrder(a: ResultKey, b: ResultKey): number {
  if ((a.submitted_at === null) !== (b.submitted_at === null)) return a.submitted_at === null ? 1 : -1;
  const backwards = (first: string, second: string): number => (first === second ? 0 : first > second ? -1 : 1);
  return (
    (a.submitted_at === null || b.submitted_at === null
      ? backwards(a.completed_at, b.completed_at)
      : backwards(a.submitted_at, b.submitted_at)) || backwards(a.job_id, b.job_id)
  );
}

function readable(document: Document, log: Logger): JobResult[] {
  const read = readResult(document);
  if (typeof read !== 'string') return [read];
  const [job_id, trace_id] = [FIELD.job_id, FIELD.trace_id].map((field) => String(document[field]));
  log.warn({ job_id, trace_id }, `a stored document ${read}; it is left out of a list`);
  return [];
}
