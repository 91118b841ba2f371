import type { Place } from '@dtq/core/lifecycle.ts';
import { PLACES } from '@dtq/core/lifecycle.ts';
import type { OpenJob, OpenJobs, OpenJobsQuery } from '@dtq/core/ports.ts';
import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import { openJobsKey } from '@dtq/generated/storage/open-jobs.ts';
import { answerWithin } from './deadline.ts';
import { type OpenSet, type OpenTypes, setsOf } from './open-jobs-index.ts';
import type { RedisConnection } from './redis-client.ts';
import { RedisScript } from './redis-script.ts';

const PART = 'redis';

/** No answer takes longer, in milliseconds. */
const ANSWER_MS = 1000;

/** Hashes that are read at once: well below what may wait for its reply on the connection. */
const READ_AT_ONCE = 200;

// Of each set a page, the newest first: up to `limit` entries behind (`score`, `member`), older than `before` and not older
// than `since`. A rank is found by counting, and among entries of one score by halving, so that ten thousand of one second
// cost no more than ten.
const PAGES = new RedisScript(`
local limit, since, before, score, member = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local function isBefore(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = a:byte(i), b:byte(i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

local function startOf(key)
  local start = 0
  if before ~= '' then start = redis.call('ZCOUNT', key, before, '+inf') end
  if score == '' then return start end
  local low = redis.call('ZCOUNT', key, '(' .. score, '+inf')
  local high = redis.call('ZCOUNT', key, score, '+inf')
  while low < high do
    local middle = math.floor((low + high) / 2)
    local there = redis.call('ZREVRANGE', key, middle, middle)[1]
    if isBefore(there, member) then high = middle else low = middle + 1 end
  end
  return math.max(start, low)
end

local pages = {}
for i, key in ipairs(KEYS) do
  local start = startOf(key)
  local stop = math.min(start + limit, redis.call('ZCOUNT', key, since == '' and '-inf' or since, '+inf')) - 1
  pages[i] = stop < start and {} or redis.call('ZREVRANGE', key, start, stop, 'WITHSCORES')
end
return pages
`);

interface Entry extends OpenSet {
  readonly job_id: string;
  readonly submittedAt: number;
}

/**
 * The index of open jobs: a sorted set for each type of job and place, kept by the script that writes statuses.
 *
 * Weak points. A job whose end its status never told (Redis was away just then) stays in the index until somebody writes
 * that end after all, which index-sweep.ts sees to. Of a type that this program does not know, only what it has met is listed.
 */
export class RedisOpenJobs implements OpenJobs {
  readonly #redis: RedisConnection;
  readonly #read: (jobId: string) => Promise<JobStatus | null>;
  readonly #types: OpenTypes;

  /** `read` gives the status of a job, or null. */
  constructor(redis: RedisConnection, read: (jobId: string) => Promise<JobStatus | null>, types: OpenTypes) {
    this.#redis = redis;
    this.#read = read;
    this.#types = types;
  }

  list(query: OpenJobsQuery): Promise<readonly OpenJob[]> {
    return answerWithin(PART, ANSWER_MS, 'listing open jobs', this.#list(query));
  }

  counts(jobType?: string): Promise<{ readonly [P in Place]: number }> {
    return answerWithin(PART, ANSWER_MS, 'counting open jobs', this.#counts(jobType));
  }

  find(jobId: string): Promise<OpenJob | null> {
    return answerWithin(PART, ANSWER_MS, 'looking for an open job', this.#find(jobId.toLowerCase()));
  }

  oldestQueued(jobType: string): Promise<number | null> {
    return answerWithin(PART, ANSWER_MS, 'looking for the oldest job', this.#oldestQueued(jobType));
  }

  ahead(jobId: string): Promise<number | null> {
    return answerWithin(PART, ANSWER_MS, 'counting who waits before a job', this.#ahead(jobId.toLowerCase()));
  }

  async #oldestQueued(jobType: string): Promise<number | null> {
    const reply = await this.#redis.send(['ZRANGE', openJobsKey(jobType, 'queued'), '0', '0', 'WITHSCORES']);
    const score = (reply as string[])[1];
    return score === undefined ? null : Number(score);
  }

  async #ahead(jobId: string): Promise<number | null> {
    const queued = setsOf(this.#types.all, ['queued']);
    const ranks = await Promise.all(queued.map(({ key }) => this.#redis.send(['ZRANK', key, jobId])));
    const rank = ranks.find((found) => found !== null);
    return rank === undefined ? null : Number(rank);
  }

  async #list({ jobTypes, places, since, until, after, limit }: OpenJobsQuery): Promise<OpenJob[]> {
    const sets = setsOf(jobTypes ?? this.#types.all, places ?? PLACES);
    const listed: OpenJob[] = [];
    let last = after;
    while (listed.length < limit && sets.length > 0) {
      const wanted = Math.min(limit - listed.length, READ_AT_ONCE);
      const position = last === undefined ? ['', ''] : [String(last.submittedAt), last.job_id];
      const args = [String(wanted), String(since ?? ''), String(until ?? ''), ...position];
      const keys = sets.map(({ key }) => key);
      const pages = (await PAGES.run(this.#redis, keys, args)) as string[][];
      const entries = sets.flatMap((set, index) => entriesOf(set, pages[index] ?? []));
      const merged = entries.sort(inOrder).slice(0, wanted);
      listed.push(...(await this.#open(merged)));
      // Some of a page may have ended: those that come next take their places.
      if (merged.length < wanted) break;
      last = merged.at(-1);
    }
    return listed;
  }

  async #counts(jobType?: string): Promise<{ [P in Place]: number }> {
    const counts = { scheduled: 0, queued: 0, running: 0 };
    const sets = setsOf(jobType === undefined ? this.#types.all : [jobType], PLACES);
    const sizes = await Promise.all(sets.map(({ key }) => this.#redis.send(['ZCARD', key])));
    for (const [index, { place }] of sets.entries()) counts[place] += Number(sizes[index]);
    return counts;
  }

  async #find(jobId: string): Promise<OpenJob | null> {
    // The status first, for it may tell of a type that was not known.
    const status = await this.#read(jobId);
    const sets = setsOf(this.#types.all, PLACES);
    const scores = await Promise.all(sets.map(({ key }) => this.#redis.send(['ZSCORE', key, jobId])));
    const index = scores.findIndex((score) => score !== null);
    const set = sets[index];
    if (set === undefined) return null;
    if (status !== null && isFinal(status.state)) {
      await this.#redis.send(['ZREM', set.key, jobId]);
      return null;
    }
    return {
      job_id: jobId,
      job_type: set.jobType,
      place: set.place,
      submittedAt: Number(scores[index]),
      // It may have got its first one just now.
      status: status ?? (await this.#read(jobId)),
    };
  }

  /** Entries with their statuses; one that has ended is taken out of the index and left out. */
  async #open(entries: readonly Entry[]): Promise<OpenJob[]> {
    const statuses = await Promise.all(entries.map(({ job_id }) => this.#read(job_id)));
    const open: OpenJob[] = [];
    const ended: Promise<unknown>[] = [];
    for (const [index, { job_id, jobType, place, submittedAt, key }] of entries.entries()) {
      const status = statuses[index] ?? null;
      if (status !== null && isFinal(status.state)) ended.push(this.#redis.send(['ZREM', key, job_id]));
      else open.push({ job_id, job_type: jobType, place, submittedAt, status });
    }
    await Promise.all(ended);
    return open;
  }
}

function entriesOf(set: OpenSet, page: readonly string[]): Entry[] {
  return page.flatMap((job_id, index) =>
    index % 2 === 0 ? [{ ...set, job_id, submittedAt: Number(page[index + 1]) }] : [],
  );
}

function inOrder(a: Entry, b: Entry): number {
  return b.submittedAt - a.submittedAt || (a.job_id < b.job_id ? 1 : a.job_id > b.job_id ? -1 : 0);
}
