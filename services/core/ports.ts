import type {
  DeadLetter,
  DeadLetterSummary,
  FinalState,
  JobAttempt,
  JobMessage,
  JobMessageHeaders,
  JobPriority,
  JobResult,
  JobStatus,
  JobType,
  ProgressReply,
  ProgressRequest,
  Replay,
  ScheduledJob,
  SubmitRecord,
  Violation,
  WorkerReport,
} from '@dtq/generated/schemas/types.ts';
import type { Envelope } from './envelope.ts';
import type { Place } from './lifecycle.ts';
import type { Resolution } from './resolutions.ts';

// The ports, split by what each promises. A backend implements all of them; services/backend-conformance holds it
// to the promises. A port that is down rejects with Unavailable (errors.ts), in bounded time, and heals by itself.

/** Promise: at least once, in order for one key, and the outcome of a delivery decides whether it comes again. */
export interface JobQueue {
  /**
   * Resolves when the queue holds the job durably. Rejects with Unavailable where it does not say so in time: the job may
   * be in the queue all the same, even twice. What the envelope leaves out is as of a plain submit.
   */
  publish(job: JobMessage, envelope?: Partial<Envelope>): Promise<void>;
  /**
   * Delivers jobs of these types until the consumer is stopped. Deliveries of one key never overlap and keep their order;
   * those of other keys run beside them, at most `concurrency` of one type at once. While jobs of all priorities wait, of
   * ten that start six are high, three normal and one low.
   */
  consume(options: ConsumeOptions): Promise<Consumer>;
  /** Whether the queue still holds a job; absent where a queue cannot be asked, which its capabilities say. */
  holds?(jobId: string): Promise<boolean>;
}

export interface ConsumeOptions {
  readonly jobTypes: readonly JobType[];
  /** At most so many deliveries of each type at once. */
  readonly concurrency: { readonly [T in JobType]?: number };
  /** Must not reject: a rejection counts as `again`, and is logged as a defect. */
  readonly deliver: (delivery: Delivery) => Promise<Outcome>;
}

/** A message as it stood in the queue: bytes that anybody may have put there. */
export interface Delivery {
  readonly jobType: JobType;
  readonly priority: JobPriority;
  /** The key of the message, which should be the job's id; null where it has none. */
  readonly key: string | null;
  readonly value: Uint8Array;
  readonly headers: Readonly<Partial<JobMessageHeaders> & Record<string, string>>;
  readonly source: DeliverySource;
  /** Aborted when the delivery is taken away (the consumer stops past its drain time, or loses its share). */
  readonly signal: AbortSignal;
}

/** Where a message stood. */
export interface DeliverySource {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/**
 * What became of a delivery: `done` (its outcome is durable), `again` (nothing is; deliver it again, not before a short
 * while), or `bury` (it can never be a job; keep its bytes among the dead letters, with the reason, and go on).
 */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'again' }
  | {
      readonly kind: 'bury';
      readonly reason: string;
      /** Every place where it breaks its schema; none where it is no JSON, or the fault is ours. */
      readonly violations?: readonly Violation[];
      readonly jobId?: string | null;
      readonly traceId?: string | null;
    };

export interface Consumer {
  /**
   * Takes nothing new, waits up to `drainMs` for what is being done, then aborts its signals and hands back the rest.
   * May be called twice.
   */
  stop(drainMs: number): Promise<void>;
  /**
   * From now on at most so many deliveries of a type at once; 0 starts none, and fetches none, until it is raised again.
   * What runs goes on.
   */
  limit(jobType: JobType, concurrency: number): void;
}

/** One step of a job, to be written into its status. */
export interface StatusChange {
  readonly job_id: string;
  readonly trace_id?: string | undefined;
  readonly attempt: number;
  readonly state: JobStatus['state'];
  readonly progress_percent: number;
  readonly message: string;
  readonly updated_at: string;
  readonly error_code?: string;
  readonly error_message?: string;
  // What is known of the job from its submit; kept by later changes that leave it out.
  readonly job_type?: string;
  readonly submitted_at?: string;
  /** The payload, where its JSON is not longer than 4,096 bytes (inputOf in job-facts.ts). */
  readonly input?: object;
  readonly priority?: JobPriority;
  readonly expires_at?: string;
  readonly replay_of?: string;
  /** The attempts so far; kept by later changes that leave them out. */
  readonly attempts?: readonly JobAttempt[];
  // What the job waits for; gone with the next change that leaves it out. `next_attempt_at` says that the row in the
  // schedule is durable.
  readonly run_at?: string;
  readonly next_attempt_at?: string;
}

/** The start of an attempt. */
export interface AttemptStart extends Omit<StatusChange, 'attempt' | 'attempts' | 'run_at' | 'next_attempt_at'> {
  /** Which attempt the message says it is; 1 where it does not. A later one begins where the status knows of more. */
  readonly attempt?: number;
  /** Who makes it. */
  readonly worker?: string;
  /** How long the job was made to wait before it, in milliseconds. */
  readonly waited_ms?: number;
}

export interface Advanced {
  /** Whether the change was written; false where what stood there is final, or further on. */
  readonly applied: boolean;
  /** What stood there before; null for nothing, and for what no reader could understand. */
  readonly previous: JobStatus | null;
}

export interface Begun extends Advanced {
  /** The number of the attempt that now begins, from 1; that of the status where nothing was written. */
  readonly attempt: number;
  /** The attempts so far, with this one as the last. */
  readonly attempts: readonly JobAttempt[];
  /** The message is of an attempt that has ended, and the next one waits for its time: there is nothing to do. */
  readonly isStale: boolean;
}

/**
 * Promise: a projection. It may vanish at any time and has a time to live, but it never moves backwards: order is
 * (attempt, progress), and a final state stays (lifecycle.ts). Each change is one atomic step with the time to live.
 */
export interface StatusStore {
  /** Begins an attempt: the first for a job that is queued or unknown, the next for one that ran; nothing for a final one. */
  begin(start: AttemptStart): Promise<Begun>;
  advance(change: StatusChange): Promise<Advanced>;
  /** What is known of a job; null for nothing. */
  get(jobId: string): Promise<JobStatus | null>;
  /** Calls back with each change from when the promise resolves until the returned function is called. May miss some. */
  watch(jobId: string, onChange: (status: JobStatus) => void): Promise<() => Promise<void>>;
}

/** A job that has not ended, as its index has it. */
export interface OpenJob {
  readonly job_id: string;
  readonly job_type: string;
  readonly place: Place;
  /** When it was submitted, in ms since 1970. */
  readonly submittedAt: number;
  /** Its live status; null where that has gone. */
  readonly status: JobStatus | null;
}

export interface OpenJobsQuery {
  /** Of these types; all where it is left out. */
  readonly jobTypes?: readonly string[];
  /** In these places; all where it is left out. */
  readonly places?: readonly Place[];
  /** Submitted at this time or later, and before that one; in ms since 1970. */
  readonly since?: number;
  readonly until?: number;
  /** Only those that come after this one in the order of the list. */
  readonly after?: { readonly submittedAt: number; readonly job_id: string };
  readonly limit: number;
}

/**
 * Promise: a projection that heals, like the status store, which keeps it: a job is in it from its first status to its final
 * one, though its status may have gone meanwhile. What it names may have ended a moment ago.
 */
export interface OpenJobs {
  /** The newest submitted first; those of one millisecond by their id, backwards. */
  list(query: OpenJobsQuery): Promise<readonly OpenJob[]>;
  /** How many there are in each place, of a type or of all. */
  counts(jobType?: string): Promise<{ readonly [P in Place]: number }>;
  find(jobId: string): Promise<OpenJob | null>;
  /** When the job that waits longest for a worker was submitted, in ms since 1970; null where none waits. */
  oldestQueued(jobType: string): Promise<number | null>;
  /** How many jobs of its type wait for a worker and were submitted before it; null where it does not wait for one. */
  ahead(jobId: string): Promise<number | null>;
}

/** Promise: a projection; a worker that is silent for 15 s is gone from it. */
export interface WorkerRegistry {
  /** Told every few seconds. */
  beat(report: WorkerReport): Promise<void>;
  leave(worker: string): Promise<void>;
  /** By name. */
  list(): Promise<readonly WorkerReport[]>;
}

/** Promise: a projection; minutes are kept for 3 hours, hours for 31 days. Fields are those of storage.yaml (stats_minutes). */
export interface Stats {
  /** Adds to the counters of the minute and of the hour of a time, in ms since 1970. */
  add(at: number, counts: Readonly<Record<string, number>>): Promise<void>;
  /** From a time on, in ms since 1970, the oldest first; what has no counters is left out. */
  read(
    resolution: Resolution,
    since: number,
  ): Promise<readonly { readonly at: number; readonly counts: Readonly<Record<string, number>> }[]>;
}

/** Promise: at most once; whoever misses it finds the mark in the job's status, or its document. */
export interface Cancels {
  /** Marks the job's status, where it has one that is not final, and tells every worker. */
  request(jobId: string, at: string): Promise<void>;
  /** Calls back with the id of each job whose cancel is asked for, until the returned function is called. */
  watch(onCancel: (jobId: string) => void): Promise<() => Promise<void>>;
}

/** Promise: at most once, correlated with its question, before a deadline. */
export interface ProgressChannel {
  /**
   * Rejects with NoReply after `timeoutMs`, and with Unavailable as soon as it is clear that nobody can answer. `traceparent`
   * goes along with the question.
   */
  ask(request: ProgressRequest, timeoutMs: number, traceparent?: string): Promise<ProgressReply>;
  /** Answers questions until the returned function is called. A question whose answer rejects gets no reply. */
  answer(
    responder: (request: ProgressRequest, traceparent?: string) => Promise<ProgressReply>,
  ): Promise<() => Promise<void>>;
}

/** Promise: durable, one document for each job id, and the one that is stored wins. */
export interface ResultStore {
  /** Resolves once a document of that job is durable: to the given one, or to the one that somebody stored before. */
  insert(result: JobResult): Promise<{ readonly inserted: boolean; readonly stored: JobResult }>;
  /** The document of a job, or null. */
  get(jobId: string): Promise<JobResult | null>;
  /**
   * The newest submitted first, those of one millisecond by their id, backwards; documents without `submitted_at` come last,
   * the newest completed first. A document that cannot be read is left out, and logged.
   */
  list(query: ResultQuery): Promise<readonly JobResult[]>;
  /** How many documents there are of each final state, of a type or of all: kept, a moment late, never counted here. */
  counts(jobType?: string): Promise<{ readonly [S in FinalState]: number }>;
}

export interface ResultQuery {
  readonly jobIds?: readonly string[];
  readonly jobType?: string;
  readonly state?: FinalState;
  readonly errorCode?: string;
  readonly traceId?: string;
  /** Submitted at this time or later, and before that one: toISOString's form. A document without `submitted_at` counts by `started_at`. */
  readonly since?: string;
  readonly until?: string;
  /** Only those that come after this one in the order of the list. */
  readonly after?: ResultKey;
  readonly limit: number;
}

/** Where a document stands in a list. `submitted_at` is null for one that has none. */
export interface ResultKey {
  readonly submitted_at: string | null;
  readonly completed_at: string;
  readonly job_id: string;
}

/** Promise: durable; a row is there when `put` resolves, and until it is removed. Several may work on it: a lease each. */
export interface JobSchedule {
  /**
   * One row for each id: of a second one with the same id the first stands, unless the second is of a later attempt, which takes
   * its place. (The attempt that a row has begun may end, and put the next, before whoever claimed the row has removed it.)
   */
  put(row: ScheduledJob): Promise<void>;
  /** Takes up to `limit` rows that are due and that nobody has, the longest due first, for `leaseMs`. */
  claim(lease: {
    readonly owner: string;
    readonly leaseMs: number;
    readonly limit: number;
  }): Promise<readonly ScheduledJob[]>;
  /** Of no effect where there is none, or where the row is of a later attempt than the given one. */
  remove(scheduleId: string, attempt?: number): Promise<void>;
  /** The rows of a job. */
  find(jobId: string): Promise<readonly ScheduledJob[]>;
  /** About how many rows there are, and when the row that is due the longest became so, in ms since 1970; null where none is. */
  backlog(): Promise<{ readonly rows: number; readonly longestDueAt: number | null }>;
}

export interface DeadLetterQuery {
  readonly jobType?: string;
  readonly since?: string;
  readonly until?: string;
  readonly after?: { readonly buried_at: string; readonly dead_letter_id: string };
  readonly limit: number;
}

/** Promise: durable; what a queue has buried stands here too, once for each message. */
export interface DeadLetters {
  /** The newest first; those of one millisecond by their id, backwards. */
  list(query: DeadLetterQuery): Promise<readonly DeadLetterSummary[]>;
  get(deadLetterId: string): Promise<DeadLetter | null>;
}

/** Promise: durable, one record for each new job. */
export interface Replays {
  record(replay: Replay): Promise<void>;
  /** The replays of jobs or dead letters, the newest first. */
  of(sources: readonly string[]): Promise<readonly Replay[]>;
}

/** Promise: may vanish, and has a time to live; while it stands, a key has one record. */
export interface SubmitKeys {
  /**
   * Writes the record where the key is free (submit-keys.ts says when) and resolves to null; resolves to what stands there
   * where it is not. Of several at once one gets the key.
   */
  claim(key: string, record: SubmitRecord): Promise<SubmitRecord | null>;
  /** Writes the record, whatever stands there. */
  settle(key: string, record: SubmitRecord): Promise<void>;
}

/** The parts that a health check names; on the embedded backend each reports the port that plays it. */
export const PARTS = ['kafka', 'redis', 'rabbitmq', 'mongodb'] as const;
export type Part = (typeof PARTS)[number];

/** Something a backend cannot do or does otherwise, with the reason; found at start, logged once. */
export interface Capability {
  readonly name: string;
  readonly supported: boolean;
  readonly reason: string;
}

/** What of a bounded resource of this process is taken. */
export interface PoolUse {
  /** Of a closed list. */
  readonly pool: string;
  readonly used: number;
  readonly limit: number;
}

/** How far the workers of a type are behind a topic of it. */
export interface QueueLag {
  readonly jobType: JobType;
  readonly priority: JobPriority;
  readonly messages: number;
  /** For how long, at least, the oldest message that is not committed has been in it; 0 where there is none. */
  readonly seconds: number;
}

/** All ports over one set of servers, or over one file. */
export interface Backend {
  readonly name: string;
  readonly queue: JobQueue;
  readonly statuses: StatusStore;
  readonly openJobs: OpenJobs;
  readonly cancels: Cancels;
  readonly submitKeys: SubmitKeys;
  readonly workers: WorkerRegistry;
  readonly stats: Stats;
  readonly progress: ProgressChannel;
  readonly results: ResultStore;
  readonly schedule: JobSchedule;
  readonly deadLetters: DeadLetters;
  readonly replays: Replays;
  /** Each resolves where the part answers now and rejects where it does not. */
  readonly checks: { readonly [P in Part]: () => Promise<void> };
  readonly capabilities: readonly Capability[];
  /** Asks nobody. */
  pools(): readonly PoolUse[];
  /** Absent where the queue keeps no offsets: what waits is what the open jobs say. */
  lag?(): Promise<readonly QueueLag[]>;
  /** May be called twice, and before everything has started. Consumers and responders are stopped before. */
  close(): Promise<void>;
}
