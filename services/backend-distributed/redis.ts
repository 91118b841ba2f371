import { Unavailable } from '@dtq/core/errors.ts';
import { submittedChange } from '@dtq/core/job-facts.ts';
import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import { known } from '@dtq/core/known.ts';
import { applyChange, begun, markCancelled, placeOf } from '@dtq/core/lifecycle.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Advanced, AttemptStart, Begun, StatusChange, StatusStore } from '@dtq/core/ports.ts';
import { violations, wrongPlaces } from '@dtq/core/violations.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import { decodeJobStatus, encodeJobStatus, jobStatusChannel, jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import { answerWithin } from './deadline.ts';
import { moveOf, type OpenTypes } from './open-jobs-index.ts';
import type { RedisConnection } from './redis-client.ts';
import { hashOf, KNOWN_FIELDS, NOTHING, type StatusWrite, stepStatus, versionOf } from './status-script.ts';
import type { StatusWatch } from './status-watch.ts';

const PART = 'redis';

/** No answer takes longer, in milliseconds: a job goes on without its status. */
const ANSWER_MS = 1000;

/** Statuses that are remembered as they were last written here, so that the next change need not ask first. */
const MOST_REMEMBERED = 2000;

/** What this process wrote last. */
interface Written {
  readonly status: JobStatus;
  readonly hash: StatusWrite['hash'];
}

/** What is believed to stand there. */
interface Seen {
  readonly status: JobStatus | null;
  /** Of it, as the script has it. */
  readonly version: string;
  /** What stands there, to the last field; null where it was not this process that wrote it last. */
  readonly hash: StatusWrite['hash'] | null;
  /** Whether the server has just said so. */
  readonly isCertain: boolean;
}

/**
 * The status store: a Redis hash for each job with a time to live, a channel that each change is told on, and the index of
 * open jobs (redis-open-jobs.ts), all in one step.
 *
 * Weak points. Redis acknowledges before it has written to disk, so a failover may take the newest changes back: the status
 * is a projection, and whoever must know asks the result store. A change costs one round trip where this process made the
 * one before, or where what stands there can be guessed; else two (status-script.ts). Whoever watches misses what happens
 * while the connection is broken.
 */
export class RedisStatusStore implements StatusStore {
  readonly #redis: RedisConnection;
  readonly #watch: StatusWatch;
  readonly #ttlMs: number;
  readonly #log: Logger;
  readonly #remembered = new Map<string, Written>();
  readonly #types: OpenTypes;

  /** `ttlMs` is how long a status is kept after its last change; `types` learns of those that are met. */
  constructor(redis: RedisConnection, watch: StatusWatch, ttlMs: number, types: OpenTypes, log: Logger) {
    this.#types = types;
    this.#redis = redis;
    this.#watch = watch;
    this.#ttlMs = ttlMs;
    this.#log = log;
  }

  begin(start: AttemptStart): Promise<Begun> {
    return this.#change(start.job_id, (previous, write) => begun(previous, start, write), submitted(start));
  }

  advance(change: StatusChange): Promise<Advanced> {
    return this.#change(change.job_id, (previous, write) => {
      const next = applyChange(previous, change);
      if (next !== null) write(next);
      return { applied: next !== null, previous };
    });
  }

  get(jobId: string): Promise<JobStatus | null> {
    return answerWithin(PART, ANSWER_MS, 'reading a status', this.#get(jobId));
  }

  watch(jobId: string, onChange: (status: JobStatus) => void): Promise<() => Promise<void>> {
    return this.#watch.watch(jobStatusChannel(jobId), (text) => {
      const status = this.#readNotice(jobId, text);
      if (status !== null) onChange(status);
    });
  }

  /** Marks a status, where it is not final, as one whose cancel was asked for. */
  async markCancelled(jobId: string, at: string): Promise<void> {
    await this.#change(jobId, (previous, write) => {
      const next = markCancelled(previous, at);
      if (next !== null) write(next);
    });
  }

  async #get(jobId: string): Promise<JobStatus | null> {
    try {
      const values = await this.#redis.send(['HMGET', jobStatusKey(jobId), ...KNOWN_FIELDS]);
      return this.#decode(jobId, hashOf(values as (string | null)[]));
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('WRONGTYPE'))) throw error;
      this.#log.warn({ job_id: jobId }, 'the key of a status holds no hash, and counts as nothing');
      return null;
    }
  }

  async #change<T>(
    jobId: string,
    decide: (previous: JobStatus | null, write: (status: JobStatus) => void) => T,
    guess: JobStatus | null = null,
  ): Promise<T> {
    const end = performance.now() + ANSWER_MS;
    const written = this.#remembered.get(jobId);
    const first = written === undefined ? guessed(guess) : writtenHere(written);
    return answerWithin(PART, ANSWER_MS, 'writing a status', this.#tryChange(jobId, decide, first, end));
  }

  /** Decides from what stands there and writes that, until nobody was quicker in between. */
  async #tryChange<T>(
    jobId: string,
    decide: (previous: JobStatus | null, write: (status: JobStatus) => void) => T,
    first: Seen,
    end: number,
  ): Promise<T> {
    const key = jobStatusKey(jobId);
    let seen = first;
    this.#remembered.delete(jobId);
    while (performance.now() < end) {
      let next: JobStatus | null = null;
      const answer = decide(seen.status, (status) => {
        next = status;
      });
      if (next === null && seen.isCertain) return answer;
      const write = next === null ? null : this.#write(jobId, next, seen);
      const step = await stepStatus(this.#redis, key, seen.version, write);
      if (step.isMade) {
        if (next !== null && write !== null) this.#remember(jobId, next, write.hash);
        return answer;
      }
      seen = { status: this.#decode(jobId, step.hash), version: step.version, hash: null, isCertain: true };
    }
    throw new Unavailable(PART, 'others kept changing the status');
  }

  #write(jobId: string, status: JobStatus, { status: previous, hash: before }: Seen): StatusWrite {
    this.#types.meet(status);
    return {
      hash: encodeJobStatus(status),
      before,
      ttlMs: this.#ttlMs,
      channel: jobStatusChannel(jobId),
      notice: JSON.stringify(status),
      // What another program wrote has not moved the job.
      move: before !== null && staysInPlace(previous, status) ? null : moveOf(jobId, status, this.#types.all),
    };
  }

  #remember(jobId: string, status: JobStatus, hash: StatusWrite['hash']): void {
    // What waits is changed next by whoever takes it, and what is to be cancelled by whoever does it: hardly ever this process.
    if (placeOf(status) !== 'running' || status.cancel_requested_at !== undefined) return;
    this.#remembered.set(jobId, { status, hash });
    if (this.#remembered.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }

  /** What no reader can understand counts as nothing. */
  #decode(jobId: string, hash: Readonly<Record<string, string>>): JobStatus | null {
    if (Object.keys(hash).length === 0) return null;
    const value = decodeJobStatus(hash);
    if (tolerant.JobStatus(value)) {
      this.#types.meet(value);
      return value;
    }
    const reason = wrongPlaces(violations(tolerant.JobStatus.errors, value));
    this.#log.warn({ job_id: jobId, reason }, 'a status cannot be read, and counts as nothing');
    return null;
  }

  #readNotice(jobId: string, text: string): JobStatus | null {
    try {
      const status = parseJson(text);
      if (tolerant.JobStatus(status)) return status;
    } catch (error) {
      if (!(error instanceof JsonRefused)) throw error;
    }
    this.#log.warn({ job_id: jobId }, 'a notice of a status cannot be read, and is dropped');
    return null;
  }
}

/** A guess names the version; of the other fields the program that wrote them may know more, or less. */
function guessed(status: JobStatus | null): Seen {
  const version = status === null ? NOTHING : versionOf(encodeJobStatus(status));
  return { status, version, hash: null, isCertain: false };
}

function writtenHere({ status, hash }: Written): Seen {
  return { status, version: versionOf(hash), hash, isCertain: false };
}

/** Whether the index of open jobs has it already where it belongs. */
function staysInPlace(previous: JobStatus | null, next: JobStatus): boolean {
  if (previous === null) return false;
  const isSameJob = previous.job_type === next.job_type && previous.submitted_at === next.submitted_at;
  return isSameJob && placeOf(previous) === placeOf(next);
}

/** What stands there most likely when a first attempt begins: what the job's submit has written. */
function submitted({ attempt = 1, ...start }: AttemptStart): JobStatus | null {
  const { job_id, trace_id, job_type, submitted_at, input, priority, expires_at, replay_of } = start;
  if (attempt !== 1 || submitted_at === undefined) return null;
  const facts = { job_id, trace_id, job_type, submitted_at, ...known({ input, priority, expires_at, replay_of }) };
  return applyChange(null, submittedChange(facts));
}
