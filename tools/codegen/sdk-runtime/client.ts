import type { Payload } from '@dtq/generated/jobs/index.ts';
import type { Parameters } from '@dtq/generated/rest/operations.ts';
import type {
  JobCancelled,
  JobList,
  JobPosition,
  JobState,
  JobSummary,
  KnownProgressReply,
} from '@dtq/generated/schemas/types.ts';
import { type Submission, submitAll } from './batch.ts';
import { cancelJob } from './cancel.ts';
import { within } from './deadline.ts';
import { idOf, newKey, requestOf } from './jobs.ts';
import { type Operators, operatorsOf, type PageOptions, pageOf, spanOf } from './operators.ts';
import { type CallOptions, type ClientOptions, type KeyedCallOptions, limitsOf, readOptions } from './options.ts';
import { itemsOf } from './pages.ts';
import { Sender } from './send.ts';
import type {
  CompletedJob,
  EndedJob,
  Job,
  JobChange,
  JobOptions,
  JobRef,
  JobType,
  NewJob,
  SubmittedJob,
} from './types.ts';
import { waitForEnd, waitForOutput } from './wait.ts';
import { type WatchOptions, watchJob } from './watch.ts';

export interface SubmitOptions extends JobOptions, KeyedCallOptions {}

/** `timeoutMs` is the time from the submit to the end of the job; any time, where it is left out. */
export interface RunOptions extends SubmitOptions {}

/** Which jobs to list: those that match every part. */
export interface JobFilter {
  readonly jobType?: JobType | undefined;
  readonly state?: JobState | undefined;
  /** Submitted at this time or later. */
  readonly since?: Date | string | undefined;
  /** Submitted before this time. */
  readonly until?: Date | string | undefined;
  readonly traceId?: string | undefined;
  /** Only failed with this code. */
  readonly errorCode?: string | undefined;
}

/** What a list of new jobs becomes: for each, its own type of job. */
export type Submissions<Jobs extends readonly NewJob[]> = {
  -readonly [Place in keyof Jobs]: Submission<Jobs[Place]['type']>;
};

/**
 * dtq, as another program uses it. Every method may be given a `signal` and a `timeoutMs`, and rejects with a DtqError or with
 * the signal's reason. What changes something carries a key, so that it may be tried again and is done once.
 */
export interface Client extends Operators {
  /** Submits a job. Resolves once dtq holds it durably: it will then end, completed or failed. */
  submit<T extends JobType>(type: T, payload: Payload<T>, options?: SubmitOptions): Promise<SubmittedJob<T>>;
  /** Submits many jobs. Resolves to what became of each, in order; rejects where a request as a whole failed. */
  submitMany<const Jobs extends readonly NewJob[]>(jobs: Jobs, options?: KeyedCallOptions): Promise<Submissions<Jobs>>;
  /** Waits until a job has completed, and resolves to its document. Rejects with JobFailedError where it failed. */
  wait<T extends JobType = JobType>(job: JobRef<T>, options?: CallOptions): Promise<CompletedJob<T>>;
  /** Waits until a job has ended, either way, and resolves to its document. */
  waitForEnd<T extends JobType = JobType>(job: JobRef<T>, options?: CallOptions): Promise<EndedJob<T>>;
  /** Submits a job and waits until it has completed. */
  run<T extends JobType>(type: T, payload: Payload<T>, options?: RunOptions): Promise<CompletedJob<T>>;
  /** Tells each change of a job's status as it happens, and its document as the last. Goes on over breaks of the connection. */
  watch<T extends JobType = JobType>(job: JobRef<T>, options?: WatchOptions): AsyncGenerator<JobChange<T>, void, void>;
  /** What is known of a job now: its document once it has ended, else its live status. Needs no worker. */
  get<T extends JobType = JobType>(job: JobRef<T>, options?: CallOptions): Promise<Job<T>>;
  /** How far a job is, asked of a worker. */
  status(job: JobRef, options?: CallOptions): Promise<KnownProgressReply>;
  /** How many jobs wait before a job. */
  position(job: JobRef, options?: CallOptions): Promise<JobPosition>;
  /** All jobs that match, the newest first, page after page. */
  list(filter?: JobFilter, options?: Omit<PageOptions, 'cursor'>): AsyncGenerator<JobSummary, void, void>;
  /** One page of them, with how many jobs are in each state. */
  page(filter?: JobFilter, options?: PageOptions): Promise<JobList>;
  /** Ends a job that has not ended. Rejects with the code `job_already_final` where it has. */
  cancel(job: JobRef, options?: CallOptions): Promise<JobCancelled>;
}

/** Makes a client. It holds no connection and needs no closing. Throws TypeError or RangeError for options that cannot be meant. */
export function createClient(options: ClientOptions): Client {
  const sender = new Sender(readOptions(options));
  const { timeoutMs } = sender.settings;
  const limits = (call: CallOptions | undefined) => limitsOf(sender.settings, call);

  const submit: Client['submit'] = async (type, payload, submitOptions = {}) => {
    const { idempotencyKey: key = newKey() } = submitOptions;
    const body = requestOf(type, payload, submitOptions);
    const accepted = await within(limits(submitOptions), (deadline) =>
      sender.send<'submitJob'>(
        'submitJob',
        (rest, attempt) => rest.submitJob({ ...attempt, params: { header: { 'Idempotency-Key': key } }, body }),
        deadline,
        { key },
      ),
    );
    return accepted as SubmittedJob<typeof type>;
  };

  const get = async <T extends JobType>(job: JobRef<T>, callOptions?: CallOptions): Promise<Job<T>> => {
    const path = { job_id: idOf(job) };
    const known = await within(limits(callOptions), (deadline) =>
      sender.send<'getJob'>('getJob', (rest, attempt) => rest.getJob({ ...attempt, params: { path } }), deadline),
    );
    return known as Job<T>;
  };

  const page: Client['page'] = (filter = {}, pageOptions = {}) =>
    within(limits(pageOptions), (deadline) => {
      const query = { ...queryOf(filter), ...pageOf(pageOptions.cursor, pageOptions.limit) };
      return sender.send<'listJobs'>(
        'listJobs',
        (rest, attempt) => rest.listJobs({ ...attempt, params: { query } }),
        deadline,
      );
    });

  return {
    ...operatorsOf(sender),
    submit,
    submitMany: async (jobs, { idempotencyKey: key = newKey(), ...callOptions } = {}) => {
      const bodies = jobs.map(({ type, payload, ...rest }) => requestOf(type, payload, rest));
      const found = await within(limits(callOptions), (deadline) => submitAll(sender, bodies, key, deadline));
      return found as Submissions<typeof jobs>;
    },
    wait: (job, callOptions = {}) => waitForOutput(sender, job, callOptions),
    waitForEnd: (job, callOptions = {}) => waitForEnd(sender, job, callOptions),
    run: (type, payload, runOptions = {}) =>
      within(runOptions, async ({ signal, leftMs }) => {
        const job = await submit(type, payload, { ...runOptions, signal, timeoutMs: Math.min(leftMs, timeoutMs) });
        return waitForOutput(sender, job, { signal });
      }),
    watch: (job, watchOptions = {}) => watchJob(sender, job, watchOptions),
    get,
    status: (job, callOptions) => {
      const path = { job_id: idOf(job) };
      return within(limits(callOptions), (deadline) =>
        sender.send<'getJobStatus'>(
          'getJobStatus',
          (rest, attempt) => rest.getJobStatus({ ...attempt, params: { path } }),
          deadline,
        ),
      );
    },
    position: (job, callOptions) => {
      const path = { job_id: idOf(job) };
      return within(limits(callOptions), (deadline) =>
        sender.send<'getJobPosition'>(
          'getJobPosition',
          (rest, attempt) => rest.getJobPosition({ ...attempt, params: { path } }),
          deadline,
        ),
      );
    },
    list: (filter, listOptions) =>
      itemsOf(
        (cursor) => page(filter, { ...listOptions, cursor }),
        ({ jobs }) => jobs,
      ),
    page,
    cancel: (job, callOptions) => within(limits(callOptions), (deadline) => cancelJob(sender, idOf(job), deadline)),
  };
}

function queryOf({ jobType, state, since, until, traceId, errorCode }: JobFilter): Parameters<'listJobs'>['query'] {
  return {
    ...(jobType === undefined ? {} : { job_type: jobType }),
    ...(state === undefined ? {} : { state }),
    ...spanOf(since, until),
    ...(traceId === undefined ? {} : { trace_id: traceId }),
    ...(errorCode === undefined ? {} : { error_code: errorCode }),
  };
}
