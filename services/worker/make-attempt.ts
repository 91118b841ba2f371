import { cut } from '@dtq/core/cut.ts';
import { JobFailure } from '@dtq/core/errors.ts';
import { followSignals } from '@dtq/core/follow-signals.ts';
import { CANCELLED } from '@dtq/core/job-document.ts';
import { inOneLine, violations } from '@dtq/core/violations.ts';
import type { Output } from '@dtq/generated/jobs/index.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobMessage, JobType } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import type { JobHandler } from './handler.ts';
import type { Failure } from './next-attempt.ts';
import type { RunningJob, WorkerParts } from './running-job.ts';
import type { StatusWriter } from './status-writer.ts';

/** How an attempt came out. */
export type Verdict =
  | { readonly kind: 'completed'; readonly output: object }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'cancelled'; readonly failure: Failure }
  /** The job ended meanwhile; its document and its status stand. */
  | { readonly kind: 'ended' }
  /** It was taken away, which says nothing of the job: whoever gets it next makes another attempt. */
  | { readonly kind: 'taken' };

/** The job has ended without this attempt. */
class Ended extends Error {
  override name = 'Ended';
}

/** Makes one attempt at a job, from the milestone after its start to the one before its result is stored. */
export async function makeAttempt(running: RunningJob, attempt: number, parts: WorkerParts): Promise<Verdict> {
  const { job, status, cancel, signal, log } = running;
  try {
    await reach(MILESTONES.calling, running);
    const output = await callHandler(job, attempt, running, parts);
    await reach(MILESTONES.storing, running);
    return { kind: 'completed', output };
  } catch (error) {
    if (error instanceof Ended) return { kind: 'ended' };
    if (signal.aborted) return { kind: 'taken' };
    if (cancel.signal.aborted) return { kind: 'cancelled', failure: CANCELLED };
    if (error instanceof JobFailure) return { kind: 'failed', failure: error };
    log.error({ err: error, progress_percent: status.progress }, 'the handler failed in a way it should not');
    // What it threw may hold anything; people see that it was ours, the log has the rest.
    return { kind: 'failed', failure: { code: 'internal_error', message: 'something went wrong inside the worker' } };
  }
}

/** Writes a milestone. What it finds there tells of a cancel that this worker may have missed. */
async function reach(milestone: Parameters<StatusWriter['write']>[0], running: RunningJob): Promise<void> {
  const found = await running.status.write(milestone);
  if (found === 'ended') throw new Ended();
  if (found === 'cancel') running.cancel.cancel();
  running.cancel.signal.throwIfAborted();
}

async function callHandler<T extends JobType>(
  job: JobMessage & { job_type: T },
  attempt: number,
  { signal, cancel, log }: RunningJob,
  parts: WorkerParts,
): Promise<Output<T>> {
  const policy = parts.policies[job.job_type];
  const limitMs = Math.min(policy.timeoutMs, parts.processTimeoutMs);
  const over = followSignals(signal, cancel.signal);
  // Listens before the handler does, so that its own words for the abort come second.
  const isOver = whenAborted(over.signal);
  isOver.catch(() => undefined);
  const late = (): void => over.abort(new JobFailure('timed_out', `the job took longer than ${limitMs} ms`));
  const timer = setTimeout(late, limitMs).unref();
  const handler = parts.handlers[job.job_type] as JobHandler<T>;
  const context = { jobId: job.job_id, attempt, policy, signal: over.signal, providers: parts.providers, log };
  try {
    return held(job.job_type, await Promise.race([handler(job.payload, context), isOver]), parts.maxResultBytes);
  } catch (error) {
    // What the handler has begun beside it ends with it.
    over.abort(error);
    throw error;
  } finally {
    clearTimeout(timer);
    over.release();
  }
}

/** An output that keeps the contract and is not too long to be kept; throws invalid_output. */
function held<T extends JobType>(jobType: T, output: unknown, maxBytes: number): Output<T> {
  const validate = strict.Output[jobType];
  if (!validate(output))
    throw new JobFailure('invalid_output', cut(inOneLine(violations(validate.errors, output)), 1000));
  const bytes = Buffer.byteLength(JSON.stringify(output));
  if (bytes <= maxBytes) return output;
  throw new JobFailure('invalid_output', `the result is ${bytes} bytes of JSON, and at most ${maxBytes} are kept`);
}

/** Rejects when a signal aborts, so that a handler that does not listen to it cannot hold the job. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
