import { type Clock, sleep, timestamp } from '@dtq/core/clock.ts';
import { JobFailure, Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { backoffMs } from '@dtq/core/retry.ts';
import { inOneLine, violations } from '@dtq/core/violations.ts';
import { JOB_POLICIES, type Output } from '@dtq/generated/jobs/index.ts';
import { isFinal, MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobMessage, JobResult, JobType } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import type { JobHandler } from './handler.ts';
import type { Providers } from './providers/providers.ts';
import { StatusWriter } from './status-writer.ts';

export interface WorkerParts extends Pick<Backend, 'statuses' | 'results'> {
  readonly handlers: { readonly [T in JobType]: JobHandler<T> };
  readonly providers: Providers;
  /** No attempt takes longer; in milliseconds. */
  readonly processTimeoutMs: number;
  readonly clock: Clock;
}

/** `done` once the job's outcome is durable, by this attempt or another; `again` where it must be delivered again. */
export type JobOutcome = 'done' | 'again';

// One attempt at a job. Each milestone is written before the step that it announces:
//
//   begin (20) -> calling (50) -> handler -> output validated -> storing (80) -> document (durable) -> final status
//
// The status is a projection: where its store is silent the job goes on without it. The document is the outcome: where
// its store is silent the job waits for it, and nothing is committed.

/** Makes one attempt at a job whose message has been validated. `signal` aborts when the job is taken away. */
export async function runJob(
  job: JobMessage,
  parts: WorkerParts,
  signal: AbortSignal,
  log: Logger,
): Promise<JobOutcome> {
  const { clock, results } = parts;
  const startedAt = timestamp(clock);
  const status = new StatusWriter(parts, job, log, MILESTONES.started.progress_percent);
  const { attempt, ended } = await begin(job, parts, status, startedAt);
  if (ended) return 'done';
  // Input and output are of the job's type; the compiler, which sees all types at once, cannot tell.
  let result: JobResult;
  try {
    await status.write(MILESTONES.calling);
    const output = await callHandler(job, attempt, parts, signal, log);
    await status.write(MILESTONES.storing);
    result = {
      ...documentOf(job, startedAt, timestamp(clock)),
      output,
      final_state: 'completed',
      error: null,
    } as JobResult;
  } catch (error) {
    // Taken away, which says nothing of the job: whoever gets it next makes another attempt.
    if (signal.aborted) return 'again';
    const { code, message } = failureOf(error, log);
    result = {
      ...documentOf(job, startedAt, timestamp(clock)),
      output: null,
      final_state: 'failed',
      error: { code, message },
    } as JobResult;
  }
  const stored = await untilStored(() => results.insert(result), signal, log);
  if (stored === null) return 'again';
  await status.finish(stored.stored);
  log.info(
    { attempt, state: stored.stored.final_state, code: stored.stored.error?.code, first: stored.inserted },
    'ended',
  );
  return 'done';
}

/** Begins an attempt, unless the job has ended: a final status says so, and where the status cannot, the document does. */
async function begin(
  job: JobMessage,
  { statuses, results }: WorkerParts,
  status: StatusWriter,
  at: string,
): Promise<{ attempt: number; ended: boolean }> {
  const { job_id, trace_id } = job;
  let attempt = 1;
  let mayHaveEnded = true;
  try {
    const begun = await statuses.begin({ job_id, trace_id, updated_at: at, ...MILESTONES.started });
    attempt = begun.attempt;
    if (begun.previous !== null && isFinal(begun.previous.state)) return { attempt, ended: true };
    mayHaveEnded = begun.previous === null || attempt > 1;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
  }
  status.attempt = attempt;
  if (!mayHaveEnded) return { attempt, ended: false };
  const stored = await results.get(job_id);
  if (stored === null) return { attempt, ended: false };
  await status.finish(stored);
  return { attempt, ended: true };
}

async function callHandler<T extends JobType>(
  job: JobMessage & { job_type: T },
  attempt: number,
  parts: WorkerParts,
  signal: AbortSignal,
  log: Logger,
): Promise<Output<T>> {
  const policy = JOB_POLICIES[job.job_type];
  const limitMs = Math.min(policy.timeoutMs, parts.processTimeoutMs);
  const limit = AbortSignal.timeout(limitMs);
  const both = AbortSignal.any([signal, limit]);
  const handler = parts.handlers[job.job_type] as JobHandler<T>;
  const context = { jobId: job.job_id, attempt, policy, signal: both, providers: parts.providers, log };
  const output = await Promise.race([handler(job.payload, context), whenAborted(both)]).catch((error: unknown) => {
    if (limit.aborted && !signal.aborted)
      throw new JobFailure('timed_out', `the job took longer than ${limitMs} ms`, { cause: error });
    throw error;
  });
  const validate = strict.Output[job.job_type];
  if (validate(output)) return output;
  throw new JobFailure('invalid_output', inOneLine(violations(validate.errors, output)));
}

/** Rejects when a signal aborts, so that a handler that does not listen to it cannot hold the job. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function failureOf(error: unknown, log: Logger): Pick<JobFailure, 'code' | 'message'> {
  if (error instanceof JobFailure) return { code: error.code, message: error.message.slice(0, 1000) };
  log.error({ err: error }, 'the handler failed in a way it should not');
  // What it threw may hold anything; people see that it was ours, the log has the rest.
  return { code: 'internal_error', message: 'something went wrong inside the worker' };
}

/** The part of a document that does not depend on how the job ended. */
function documentOf({ job_id, job_type, payload, trace_id }: JobMessage, started_at: string, completed_at: string) {
  return { schema_version: '1.0', job_id, job_type, input: payload, started_at, completed_at, trace_id } as const;
}

const STORE_RETRY = { attempts: Number.POSITIVE_INFINITY, baseMs: 200, capMs: 5000 };

/** Tries until the result store answers, for the work is done and only waits to be kept; null once the job is taken away. */
export async function untilStored<T>(store: () => Promise<T>, signal: AbortSignal, log: Logger): Promise<T | null> {
  for (let call = 1; ; call += 1) {
    try {
      return await store();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      log.warn({ err: error, call }, 'the result store does not answer; the job waits for it');
      try {
        await sleep(Math.max(100, backoffMs(STORE_RETRY, call)), signal);
      } catch {
        return null;
      }
    }
  }
}
