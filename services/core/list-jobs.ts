import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { JobCounts, JobResult, JobState, JobSummary } from '@dtq/generated/schemas/types.ts';
import { type Clock, timestamp } from './clock.ts';
import { Unavailable } from './errors.ts';
import { finalStatus } from './job-document.ts';
import { summaryOfOpenJob, summaryOfResult } from './job-summary.ts';
import type { Logger } from './log.ts';
import { isDoubtful } from './look-up.ts';
import type { Backend, OpenJob, OpenJobsQuery, ResultKey, ResultQuery } from './ports.ts';

// Two stores, one order: the jobs that are open (an index, by the time of their submit) and the documents of those that ended
// (by the same time). A job keeps its time of submit, and so its place, while it ends; documents of another program's worker
// have none and come last, by the time of their end.
//
// The open ones are read first. A document is durable before its job leaves the index, so that a job that ends while a page is
// read stands in at least one of the two; where it stands in both, the document counts. And each source may end before the
// page does: a page goes no further than the first of them was read, and the next page begins there.

export interface ListParts extends Pick<Backend, 'statuses' | 'openJobs' | 'results'> {
  readonly clock: Clock;
}

export interface JobFilter {
  readonly jobType?: string | undefined;
  readonly state?: JobState | undefined;
  readonly traceId?: string | undefined;
  readonly errorCode?: string | undefined;
  /** Submitted at this time or later, and before that one; in ms since 1970. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** Where a page ended: at a job with a time of submit (ms since 1970), or among the documents without one. */
export type Position =
  | { readonly submittedAt: number; readonly job_id: string }
  | { readonly submittedAt: null; readonly completed_at: string; readonly job_id: string };

export interface Page {
  readonly jobs: readonly JobSummary[];
  /** Where the next page begins; null on the last one. */
  readonly next: Position | null;
}

interface Item {
  readonly position: Position;
  readonly summary: JobSummary;
}

interface Source {
  readonly items: readonly Item[];
  /** How far it was read; null where there is no more. */
  readonly end: Position | null;
}

/** The index knows no trace ids, so that so many of its entries are read for a page that asks for one. */
const SCANNED_FOR_TRACE = 1000;

const NOTHING: Source = { items: [], end: null };

/** A page of the jobs that match every part of a filter; it may be shorter than `limit` although another one follows. */
export async function listJobs(
  parts: ListParts,
  filter: JobFilter,
  { after, limit }: { readonly after: Position | null; readonly limit: number },
  log: Logger,
): Promise<Page> {
  const open = mayBeOpen(filter, after) ? await readOpen(parts, filter, after, limit, log) : { ...NOTHING, ended: [] };
  const ended = mayHaveEnded(filter) ? await readEnded(parts, filter, after, limit) : NOTHING;
  const documents = new Set(ended.items.map(({ position }) => position.job_id));
  const merged = [...open.items.filter(({ position }) => !documents.has(position.job_id)), ...ended.items].sort(
    (a, b) => compare(a.position, b.position),
  );
  const end = first(open.end, ended.end);
  const read = end === null ? merged : merged.filter(({ position }) => compare(position, end) <= 0);
  const page = read.slice(0, limit);
  const last = page.at(-1)?.position ?? null;
  return { jobs: page.map(({ summary }) => summary), next: read.length > limit ? last : end };
}

/** How many jobs there are in each state, of a type or of all. */
export async function countJobs(
  { openJobs, results }: Pick<Backend, 'openJobs' | 'results'>,
  jobType?: string,
): Promise<JobCounts> {
  const [open, ended] = await Promise.all([openJobs.counts(jobType), results.counts(jobType)]);
  return { queued: open.scheduled + open.queued, running: open.running, ...ended };
}

function mayBeOpen({ state, errorCode }: JobFilter, after: Position | null): boolean {
  return after?.submittedAt !== null && errorCode === undefined && (state === undefined || !isFinal(state));
}

function mayHaveEnded({ state }: JobFilter): boolean {
  return state === undefined || isFinal(state);
}

async function readOpen(
  parts: ListParts,
  { jobType, state, traceId, since, until }: JobFilter,
  after: Position | null,
  limit: number,
  log: Logger,
): Promise<Source> {
  const most = traceId === undefined ? limit + 1 : SCANNED_FOR_TRACE;
  const query: OpenJobsQuery = {
    limit: most,
    ...(jobType === undefined ? {} : { jobTypes: [jobType] }),
    ...(state === 'queued' ? { places: ['scheduled', 'queued'] as const } : {}),
    ...(state === 'running' ? { places: ['running'] as const } : {}),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(after === null || after.submittedAt === null ? {} : { after }),
  };
  const listed = await parts.openJobs.list(query);
  const ended = await endedMeanwhile(listed, parts, log);
  const items = listed
    .filter(({ job_id, status }) => {
      if (ended.has(job_id)) return false;
      if (status !== null && (isFinal(status.state) || (state !== undefined && status.state !== state))) return false;
      return traceId === undefined || status?.trace_id === traceId;
    })
    .map((job) => ({ position: positionOf(job), summary: summaryOfOpenJob(job) }));
  const last = listed.at(-1);
  return { items, end: listed.length < most || last === undefined ? null : positionOf(last) };
}

/**
 * The ids of those open jobs whose document stands: their end was never told to the index, for the status store was down, or
 * another program's worker did them. It is told now, and they are listed where their documents are.
 */
async function endedMeanwhile(
  listed: readonly OpenJob[],
  { statuses, results, clock }: ListParts,
  log: Logger,
): Promise<ReadonlySet<string>> {
  const doubtful = listed.filter(({ status }) => status === null || isDoubtful(status, clock));
  if (doubtful.length === 0) return new Set();
  const jobIds = doubtful.map(({ job_id }) => job_id);
  const documents = await results.list({ jobIds, limit: jobIds.length });
  await Promise.all(
    documents.map(async (result) => {
      const status = doubtful.find(({ job_id }) => job_id === result.job_id)?.status;
      const { attempt = 1, progress_percent = 0 } = status ?? {};
      const { job_id } = result;
      try {
        await statuses.advance(finalStatus(result, { attempt, progress_percent, at: timestamp(clock) }));
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        log.warn({ err: error, job_id }, 'the index could not be told of the end of a job');
      }
    }),
  );
  return new Set(documents.map(({ job_id }) => job_id));
}

async function readEnded(
  { results }: ListParts,
  { jobType, state, traceId, errorCode, since, until }: JobFilter,
  after: Position | null,
  limit: number,
): Promise<Source> {
  const query: ResultQuery = {
    limit: limit + 1,
    ...(jobType === undefined ? {} : { jobType }),
    ...(state !== undefined && isFinal(state) ? { state } : {}),
    ...(traceId === undefined ? {} : { traceId }),
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    ...(after === null ? {} : { after: keyOf(after) }),
  };
  const listed = await results.list(query);
  const items = listed.map((result) => ({ position: endedPosition(result), summary: summaryOfResult(result) }));
  return { items, end: items.length > limit ? (items.at(-1)?.position ?? null) : null };
}

function positionOf({ submittedAt, job_id }: OpenJob): Position {
  return { submittedAt, job_id };
}

function endedPosition({ submitted_at, completed_at, job_id }: JobResult): Position {
  if (submitted_at !== undefined) return { submittedAt: Date.parse(submitted_at), job_id };
  return { submittedAt: null, completed_at, job_id };
}

function keyOf(position: Position): ResultKey {
  const { submittedAt, job_id } = position;
  if (submittedAt === null) return { submitted_at: null, completed_at: position.completed_at, job_id };
  // Of those with a time of submit the end plays no part in the order.
  const submitted_at = new Date(submittedAt).toISOString();
  return { submitted_at, completed_at: submitted_at, job_id };
}

/** The order of the list: negative where `a` comes before `b`. */
function compare(a: Position, b: Position): number {
  if (a.submittedAt !== null && b.submittedAt !== null)
    return b.submittedAt - a.submittedAt || backwards(a.job_id, b.job_id);
  if (a.submittedAt !== null) return -1;
  if (b.submittedAt !== null) return 1;
  return backwards(a.completed_at, b.completed_at) || backwards(a.job_id, b.job_id);
}

function backwards(a: string, b: string): number {
  return a === b ? 0 : a > b ? -1 : 1;
}

function first(a: Position | null, b: Position | null): Position | null {
  if (a === null || b === null) return a ?? b;
  return compare(a, b) <= 0 ? a : b;
}
