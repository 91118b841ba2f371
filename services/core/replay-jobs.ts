import { randomUUID } from 'node:crypto';
import type { JobMessage, JobResult, Replay, ReplayReport } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { type AcceptParts, acceptJob } from './accept-job.ts';
import { timestamp } from './clock.ts';
import { Unavailable } from './errors.ts';
import type { Logger } from './log.ts';
import { lookUpJob } from './look-up.ts';
import type { Backend, ResultQuery } from './ports.ts';

// A replay is recorded before its job is accepted: a job that nobody recorded would be replayed once more by the next who asks.
// What was recorded and then not accepted is found out by looking the new job up, which an accepted one always survives; it
// counts as not replayed, and is made again under the same id. The ids are determined by what is asked for, so that requests
// at the same time, and repeats, make the same jobs.

export interface ReplayParts extends AcceptParts, Pick<Backend, 'results' | 'replays' | 'openJobs'> {
  readonly takesPriorities: boolean;
  /** The process's own, for each new job has a trace of its own. */
  readonly log: Logger;
}

export interface ReplayRequest {
  readonly filter: Pick<ResultQuery, 'jobIds' | 'jobType' | 'errorCode' | 'since' | 'until'>;
  /** How many at most. */
  readonly limit: number;
  /** Also those that were replayed before. */
  readonly again: boolean;
  readonly dryRun: boolean;
  readonly id: ReplayIds;
  /** By when all must be done, in ms since 1970. */
  readonly end: number;
}

/** Where the ids of the new jobs come from. */
export interface ReplayIds {
  /** The id of the new job, from its source and the number of its replays before. */
  readonly of: (source: string, before: number) => string;
  /** Whether they are this request's own, and those of its repeats (an Idempotency-Key). */
  readonly isOfRequest: boolean;
}

interface Candidate {
  readonly result: JobResult;
  readonly replay: Replay;
  /** Whether this very job was accepted before. */
  readonly isDone: boolean;
}

/** So many documents are read at a time, and so many jobs are under way at once. */
const CHUNK = 200;
const AT_ONCE = 50;

/** The search for jobs may take this part of the time, and no more. */
const SHARE_OF_SEARCH = 1 / 2;

/**
 * Submits failed jobs again, each as a new one. `failure` is why it stopped half-way, if it did; then the report has what was
 * confirmed by then. Rejects with Unavailable where nobody can say which jobs there are.
 */
export async function replayJobs(
  parts: ReplayParts,
  request: ReplayRequest,
  log: Logger,
): Promise<{ readonly report: ReplayReport; readonly failure: Unavailable | null }> {
  const { found, isComplete } = await search(parts, request);
  if (request.dryRun) return { report: { matched: found.length, is_complete: isComplete, replays: [] }, failure: null };
  const replays: (Replay | undefined)[] = [];
  let failure: Unavailable | null = null;
  const items = found.entries();
  const work = async (): Promise<void> => {
    for (const [index, candidate] of items) {
      if (failure !== null) return;
      try {
        if (!candidate.isDone) await replayOne(candidate, parts, request.end);
        replays[index] = candidate.replay;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        log.warn({ err: error, replay_of: candidate.replay.replay_of }, 'a replay was not accepted, or nobody can say');
        failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, found.length) }, work));
  const report = {
    matched: found.length,
    is_complete: isComplete && failure === null,
    replays: replays.filter((replay) => replay !== undefined),
  };
  return { report, failure };
}

/** Submits the payload of a job, or of a dead letter, as the job that a replay names; what the replay tells is recorded first. */
export async function acceptReplay(
  replay: Replay,
  { job_type, payload, priority }: Pick<JobMessage, 'job_type'> & { payload: object; priority: JobResult['priority'] },
  parts: ReplayParts,
  end: number,
): Promise<void> {
  const { job_id, replay_of } = replay;
  const trace_id = randomUUID();
  await parts.replays.record(replay);
  const job = {
    schema_version: '1.0',
    job_id,
    job_type,
    payload,
    submitted_at: timestamp(parts.clock),
    trace_id,
  };
  // Whoever calls has held the payload to its type's schema; the compiler only sees two unions.
  await acceptJob(
    parts,
    job as JobMessage,
    { priority: parts.takesPriorities ? (priority ?? 'normal') : 'normal', replay_of },
    end,
    parts.log.child({ trace_id, replay_of }),
  );
}

async function replayOne({ result, replay }: Candidate, parts: ReplayParts, end: number): Promise<void> {
  const { job_type, input: payload, priority } = result;
  await acceptReplay(replay, { job_type, payload, priority }, parts, end);
}

/** The jobs to replay, up to the limit, and whether there are no more than those. */
async function search(
  parts: ReplayParts,
  request: ReplayRequest,
): Promise<{ readonly found: readonly Candidate[]; readonly isComplete: boolean }> {
  const { clock, results } = parts;
  const { filter, limit, end } = request;
  const searchEnd = clock.now() + (end - clock.now()) * SHARE_OF_SEARCH;
  const found: Candidate[] = [];
  let after: ResultQuery['after'];
  for (;;) {
    const query = { ...filter, state: 'failed', limit: CHUNK, ...(after === undefined ? {} : { after }) } as const;
    const chunk = await results.list(query);
    found.push(...(await candidatesOf(chunk, parts, request)));
    const last = chunk.at(-1);
    if (found.length > limit) return { found: found.slice(0, limit), isComplete: false };
    if (last === undefined || chunk.length < CHUNK) return { found, isComplete: true };
    if (clock.now() > searchEnd) return { found, isComplete: false };
    const { submitted_at = null, completed_at, job_id } = last;
    after = { submitted_at, completed_at, job_id };
  }
}

async function candidatesOf(
  chunk: readonly JobResult[],
  parts: ReplayParts,
  { again, id }: ReplayRequest,
): Promise<Candidate[]> {
  // An input that nobody could read, and one of an older schema, cannot be submitted.
  const able = chunk.filter(({ job_type, input }) => strict.Payload[job_type](input));
  if (able.length === 0) return [];
  const made = await parts.replays.of(able.map(({ job_id }) => job_id));
  const bySource = Map.groupBy(made, ({ replay_of }) => replay_of);
  const accepted = await acceptedOf(made, parts);
  const replayed_at = timestamp(parts.clock);
  return able.flatMap((result): Candidate[] => {
    const source = result.job_id;
    const before = bySource.get(source) ?? [];
    const job_id = id.of(source, again ? before.length : 0);
    const own = before.find((replay) => replay.job_id === job_id);
    const isDone = own !== undefined && accepted.has(job_id);
    // What this very request did when it was made before, it answers again; what others did, it does not repeat.
    const isOurs = isDone && id.isOfRequest;
    if (!isOurs && !again && before.some((replay) => accepted.has(replay.job_id))) return [];
    const replay = own ?? { job_id, replay_of: source, kind: 'job', replayed_at, corrected: false };
    return [{ result, replay, isDone }];
  });
}

/** Those of the recorded replays whose job was accepted. */
async function acceptedOf(made: readonly Replay[], parts: ReplayParts): Promise<ReadonlySet<string>> {
  if (made.length === 0) return new Set();
  const jobIds = made.map(({ job_id }) => job_id);
  const documents = await parts.results.list({ jobIds, limit: jobIds.length });
  const accepted = new Set(documents.map(({ job_id }) => job_id));
  const others = jobIds.filter((jobId) => !accepted.has(jobId));
  for (let from = 0; from < others.length; from += AT_ONCE) {
    const some = others.slice(from, from + AT_ONCE);
    const known = await Promise.all(some.map((jobId) => lookUpJob(parts, jobId)));
    for (const [index, jobId] of some.entries()) if (known[index]?.kind !== 'unknown') accepted.add(jobId);
  }
  return accepted;
}
