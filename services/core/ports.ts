import type {
  JobMessage,
  JobMessageHeaders,
  JobResult,
  JobStatus,
  JobType,
  ProgressReply,
  ProgressRequest,
} from '@dtq/generated/schemas/types.ts';

// The four ports, split by what each promises. A backend implements all of them; services/backend-conformance holds it
// to the promises. A port that is down rejects with Unavailable (errors.ts), in bounded time, and heals by itself.

/** Promise: at least once, in order for one key, and the outcome of a delivery decides whether it comes again. */
export interface JobQueue {
  /**
   * Resolves when the queue holds the job durably. Rejects with Unavailable where it does not say so in time: the job may
   * be in the queue all the same, even twice.
   */
  publish(job: JobMessage): Promise<void>;
  /**
   * Delivers jobs of these types until the consumer is stopped. Deliveries of one key never overlap and keep their order;
   * those of other keys run beside them, at most `concurrency` of one type at once.
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
  | { readonly kind: 'bury'; readonly reason: string };

export interface Consumer {
  /**
   * Takes nothing new, waits up to `drainMs` for what is being done, then aborts its signals and hands back the rest.
   * May be called twice.
   */
  stop(drainMs: number): Promise<void>;
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
}

/**
 * Promise: a projection. It may vanish at any time and has a time to live, but it never moves backwards: order is
 * (attempt, progress), and a final state stays (lifecycle.ts). Each change is one atomic step with the time to live.
 */
export interface StatusStore {
  /** Begins an attempt: the first for a job that is queued or unknown, the next for one that ran; nothing for a final one. */
  begin(start: Omit<StatusChange, 'attempt'>): Promise<Begun>;
  advance(change: StatusChange): Promise<Advanced>;
  /** What is known of a job; null for nothing. */
  get(jobId: string): Promise<JobStatus | null>;
  /** Calls back with each change from when the promise resolves until the returned function is called. May miss some. */
  watch(jobId: string, onChange: (status: JobStatus) => void): Promise<() => Promise<void>>;
}

/** Promise: at most once, correlated with its question, before a deadline. */
export interface ProgressChannel {
  /** Rejects with NoReply after `timeoutMs`, and with Unavailable as soon as it is clear that nobody can answer. */
  ask(request: ProgressRequest, timeoutMs: number): Promise<ProgressReply>;
  /** Answers questions until the returned function is called. A question whose answer rejects gets no reply. */
  answer(responder: (request: ProgressRequest) => Promise<ProgressReply>): Promise<() => Promise<void>>;
}

/** Promise: durable, one document for each job id, and the one that is stored wins. */
export interface ResultStore {
  /** Resolves once a document of that job is durable: to the given one, or to the one that somebody stored before. */
  insert(result: JobResult): Promise<{ readonly inserted: boolean; readonly stored: JobResult }>;
  /** The document of a job, or null. */
  get(jobId: string): Promise<JobResult | null>;
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

/** All ports over one set of servers, or over one file. */
export interface Backend {
  readonly name: string;
  readonly queue: JobQueue;
  readonly statuses: StatusStore;
  readonly progress: ProgressChannel;
  readonly results: ResultStore;
  /** Each resolves where the part answers now and rejects where it does not. */
  readonly checks: { readonly [P in Part]: () => Promise<void> };
  readonly capabilities: readonly Capability[];
  /** May be called twice, and before everything has started. Consumers and responders are stopped before. */
  close(): Promise<void>;
}
