import { Patience, sleep } from './backoff.ts';
import { Deadline } from './deadline.ts';
import { isProblem, JobFailedError } from './errors.ts';
import { hasEnded, idOf } from './jobs.ts';
import type { CallOptions } from './options.ts';
import type { Sender } from './send.ts';
import type { CompletedJob, EndedJob, FailedJob, Job, JobRef, JobType } from './types.ts';

/** How long one request waits for the end of the job; proxies often cut what is silent for a minute. */
const ONE_WAIT_MS = 30_000;

/** Between two looks at a job where the server has no room for one more who waits. */
const POLL_MS = 2000;

/** Resolves to the durable document of a job once it has ended, either way. */
export async function waitForEnd<T extends JobType>(
  sender: Sender,
  job: JobRef<T>,
  options: CallOptions,
): Promise<EndedJob<T>> {
  const path = { job_id: idOf(job) };
  const deadline = new Deadline(options);
  const patience = new Patience(sender.settings.patienceMs);
  let hasRoom = true;
  try {
    for (;;) {
      const wait = Math.max(1, Math.round(Math.min(ONE_WAIT_MS, deadline.leftMs)));
      const query = hasRoom ? { wait: wait % 1000 === 0 ? `${wait / 1000}s` : `${Math.min(wait, 9999)}ms` } : {};
      const began = Date.now();
      const outcome = await sender.once<'getJob'>(
        (rest, attempt) => rest.getJob({ ...attempt, params: { path, query } }),
        deadline,
        wait + sender.settings.tryTimeoutMs,
      );
      if (outcome.ok) {
        patience.answered();
        const known = outcome.value as Job<T>;
        if (hasEnded(known)) return known;
        // Who asked to be told waits on at once; but no server may make a client ask without a pause.
        if (!hasRoom || Date.now() - began < POLL_MS / 2) await sleep(POLL_MS * (0.5 + Math.random()), deadline.signal);
        hasRoom = true;
      } else {
        const { error, mayPass, retryAfterMs } = outcome;
        if (!mayPass) throw error;
        deadline.lastFault = error;
        if (hasRoom && isProblem(error, 'too_many_clients')) hasRoom = false;
        else await patience.failed(error, retryAfterMs, deadline.signal);
      }
    }
  } catch (error) {
    throw deadline.explained(error);
  } finally {
    deadline.end();
  }
}

/** The same for a job that is to complete: rejects with JobFailedError where it failed. */
export async function waitForOutput<T extends JobType>(
  sender: Sender,
  job: JobRef<T>,
  options: CallOptions,
): Promise<CompletedJob<T>> {
  const ended = await waitForEnd(sender, job, options);
  if (ended.final_state === 'failed') throw new JobFailedError<T>(ended as FailedJob<T>);
  return ended as CompletedJob<T>;
}
