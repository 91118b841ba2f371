import type { Client as RestClient, Result, Success } from '@dtq/generated/rest/client.ts';
import type { OperationId, Parameters } from '@dtq/generated/rest/operations.ts';
import type {
  DeadLetterList,
  DeadLetterReport,
  DeadLetterSummary,
  FailureReport,
  Health,
  Replay,
  ReplayFilter,
  ReplayJobsRequest,
  ReplayReport,
  SystemReport,
} from '@dtq/generated/schemas/types.ts';
import { within } from './deadline.ts';
import { idOf, newKey, timestamp } from './jobs.ts';
import { type CallOptions, type KeyedCallOptions, limitsOf } from './options.ts';
import { itemsOf } from './pages.ts';
import type { Sender, Try } from './send.ts';
import type { JobRef, JobType } from './types.ts';

/** Which failed jobs to submit again; those that match every part. A part that is left out matches all. */
export interface ReplayWhich {
  readonly jobType?: JobType | undefined;
  readonly errorCode?: string | undefined;
  /** Submitted at this time or later. */
  readonly since?: Date | string | undefined;
  /** Submitted before this time. */
  readonly until?: Date | string | undefined;
}

export interface ReplayOptions extends KeyedCallOptions {
  /** How many at most; 1,000 unless said otherwise. */
  readonly limit?: number | undefined;
  /** Also those that were replayed before. */
  readonly again?: boolean | undefined;
  /** Only tells which would be replayed. */
  readonly dryRun?: boolean | undefined;
}

export interface DeadLetterFilter {
  /** Only from the topics of this type. */
  readonly jobType?: JobType | undefined;
  /** Buried at this time or later. */
  readonly since?: Date | string | undefined;
  /** Buried before this time. */
  readonly until?: Date | string | undefined;
}

/** Where to go on, and how many at once. */
export interface PageOptions extends CallOptions {
  /** The `next_cursor` of the page before. */
  readonly cursor?: string | undefined;
  /** How many at most on a page. */
  readonly limit?: number | undefined;
}

/** Messages that could not be read as jobs. */
export interface DeadLetters {
  /** All that match, the newest first, page after page. */
  list(filter?: DeadLetterFilter, options?: Omit<PageOptions, 'cursor'>): AsyncGenerator<DeadLetterSummary, void, void>;
  /** One page. */
  page(filter?: DeadLetterFilter, options?: PageOptions): Promise<DeadLetterList>;
  /** One with its bytes, and what became of it since. */
  get(deadLetterId: string, options?: CallOptions): Promise<DeadLetterReport>;
  /** Submits one again as a new job, with a corrected payload or its own. */
  replay(deadLetterId: string, options?: KeyedCallOptions & { readonly payload?: object | undefined }): Promise<Replay>;
}

/** What operators ask for. */
export interface Operators {
  readonly deadLetters: DeadLetters;
  /** Submits failed jobs again, each as a new one with the same payload: one, several, or all that match. */
  replay(which: JobRef | readonly JobRef[] | ReplayWhich, options?: ReplayOptions): Promise<ReplayReport>;
  /** What failed, by type and code, since a time; a day ago unless said otherwise. */
  failures(filter?: Pick<ReplayWhich, 'jobType' | 'since'>, options?: CallOptions): Promise<FailureReport>;
  /** How dtq is: parts, workers, backlog, throughput. */
  system(options?: CallOptions): Promise<SystemReport>;
  /** Whether every part answers. Resolves to what is known where one does not, too: its `status` is `degraded`. */
  health(options?: CallOptions): Promise<Health>;
}

type Call<Op extends OperationId> = (rest: RestClient, attempt: Try) => Promise<Result<Op>>;

/** @internal */
export function operatorsOf(sender: Sender): Operators {
  const send = <Op extends OperationId>(
    op: Op,
    options: CallOptions,
    call: Call<Op>,
    key?: string,
  ): Promise<Success<Op>> =>
    within(limitsOf(sender.settings, options), (deadline) => sender.send(op, call, deadline, { key }));

  const page: DeadLetters['page'] = ({ jobType, since, until } = {}, { cursor, limit, ...options } = {}) => {
    const query: Parameters<'listDeadLetters'>['query'] = {
      ...(jobType === undefined ? {} : { job_type: jobType }),
      ...spanOf(since, until),
      ...pageOf(cursor, limit),
    };
    return send('listDeadLetters', options, (rest, attempt) => rest.listDeadLetters({ ...attempt, params: { query } }));
  };

  return {
    deadLetters: {
      page,
      list: (filter, options) =>
        itemsOf(
          (cursor) => page(filter, { ...options, cursor }),
          ({ dead_letters }) => dead_letters,
        ),
      get: (dead_letter_id, options = {}) =>
        send('getDeadLetter', options, (rest, attempt) =>
          rest.getDeadLetter({ ...attempt, params: { path: { dead_letter_id } } }),
        ),
      replay: (dead_letter_id, { payload, idempotencyKey: key = newKey(), ...options } = {}) =>
        send(
          'replayDeadLetter',
          options,
          (rest, attempt) =>
            rest.replayDeadLetter({
              ...attempt,
              params: { path: { dead_letter_id }, header: { 'Idempotency-Key': key } },
              // The generated type of an object whose fields are the job's own has none.
              body: (payload === undefined ? {} : { payload }) as never,
            }),
          key,
        ),
    },
    replay: (which, { limit, again, dryRun, idempotencyKey: key = newKey(), ...options } = {}) => {
      const body: ReplayJobsRequest = {
        filter: filterOf(which),
        ...(limit === undefined ? {} : { limit }),
        ...(again === undefined ? {} : { again }),
        ...(dryRun === undefined ? {} : { dry_run: dryRun }),
      };
      const params = { header: { 'Idempotency-Key': key } };
      return send('replayJobs', options, (rest, attempt) => rest.replayJobs({ ...attempt, params, body }), key);
    },
    failures: ({ jobType, since } = {}, options = {}) => {
      const query: Parameters<'listFailures'>['query'] = {
        ...(jobType === undefined ? {} : { job_type: jobType }),
        ...spanOf(since, undefined),
      };
      return send('listFailures', options, (rest, attempt) => rest.listFailures({ ...attempt, params: { query } }));
    },
    system: (options = {}) => send('getSystem', options, (rest, attempt) => rest.getSystem(attempt)),
    health: (options = {}) =>
      within(limitsOf(sender.settings, options), async (deadline) => {
        const outcome = await sender.once<'getHealth'>(healthOf, deadline);
        if (outcome.ok) return outcome.value;
        throw outcome.error;
      }),
  };
}

/** A part that does not answer is an answer here, and comes with 503. */
async function healthOf(rest: RestClient, attempt: Try): Promise<Result<'getHealth'>> {
  const { data, error, response } = await rest.getHealth(attempt);
  if (data !== undefined) return { data, response };
  if (typeof error === 'object' && error !== null && 'checks' in error)
    return { data: error as Success<'getHealth'>, response: new Response(null, { status: 200 }) };
  return { error, response };
}

function filterOf(which: JobRef | readonly JobRef[] | ReplayWhich): ReplayFilter {
  if (typeof which === 'string' || 'job_id' in which) return { job_ids: [idOf(which)] };
  if (isList(which)) return { job_ids: which.map(idOf) };
  const { jobType, errorCode, since, until } = which;
  return {
    ...(jobType === undefined ? {} : { job_type: jobType }),
    ...(errorCode === undefined ? {} : { error_code: errorCode }),
    ...spanOf(since, until),
  };
}

function isList(which: readonly JobRef[] | ReplayWhich): which is readonly JobRef[] {
  return Array.isArray(which);
}

/**
 * The parts of a filter that bound a time.
 *
 * @internal
 */
export function spanOf(since: Date | string | undefined, until: Date | string | undefined) {
  return {
    ...(since === undefined ? {} : { since: timestamp(since) }),
    ...(until === undefined ? {} : { until: timestamp(until) }),
  };
}

/** @internal */
export function pageOf(cursor: string | undefined, limit: number | undefined) {
  return { ...(cursor === undefined ? {} : { cursor }), ...(limit === undefined ? {} : { limit }) };
}
