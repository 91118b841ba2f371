import type { JobVerdict, SubmitJobRequest } from '@dtq/generated/schemas/types.ts';
import { MOST_IN_BATCH } from '@dtq/generated/sdk/tables.ts';
import { sleep, waitMs } from './backoff.ts';
import type { Deadline } from './deadline.ts';
import { isProblem, ProblemError } from './errors.ts';
import type { Sender } from './send.ts';
import type { JobType, SubmittedJob } from './types.ts';

/** What became of one job of many. */
export type Submission<T extends JobType = JobType> =
  | { readonly ok: true; readonly job: SubmittedJob<T> }
  | { readonly ok: false; readonly error: ProblemError };

/**
 * Submits many jobs in as few requests as the contract allows, and gives what became of each, in order. Those that nobody
 * could say of are asked for again with the same key, which doubles none. Rejects only where a whole request failed; those
 * before it stand, and the same call with the same key finds them.
 *
 * @internal
 */
export async function submitAll(
  sender: Sender,
  jobs: readonly SubmitJobRequest[],
  key: string,
  deadline: Deadline,
): Promise<Submission[]> {
  const found: Submission[] = [];
  for (let at = 0; at < jobs.length; at += MOST_IN_BATCH) {
    const part = jobs.slice(at, at + MOST_IN_BATCH);
    found.push(...(await submitPart(sender, part, jobs.length > MOST_IN_BATCH ? `${key}-${at}` : key, deadline)));
  }
  return found;
}

/** One request; two of half the size where it is too large. */
async function submitPart(
  sender: Sender,
  jobs: readonly SubmitJobRequest[],
  key: string,
  deadline: Deadline,
): Promise<Submission[]> {
  try {
    return await submitRequest(sender, jobs, key, deadline);
  } catch (error) {
    // Nothing of it was accepted: the body is refused as a whole.
    if (jobs.length < 2 || !isProblem(error, 'body_too_large')) throw error;
    const half = Math.ceil(jobs.length / 2);
    const first = await submitPart(sender, jobs.slice(0, half), `${key}-a`, deadline);
    return [...first, ...(await submitPart(sender, jobs.slice(half), `${key}-b`, deadline))];
  }
}

async function submitRequest(
  sender: Sender,
  jobs: readonly SubmitJobRequest[],
  key: string,
  deadline: Deadline,
): Promise<Submission[]> {
  for (let failures = 1; ; failures += 1) {
    const { results } = await sender.send<'submitJobs'>(
      'submitJobs',
      (rest, attempt) =>
        rest.submitJobs({
          ...attempt,
          params: { header: { 'Idempotency-Key': key } },
          body: { jobs: [...jobs] } as never,
        }),
      deadline,
      { key },
    );
    const isOpen = results.some(({ status }) => status === UNKNOWN);
    const ms = waitMs(failures);
    if (!isOpen || failures > sender.settings.retries || ms >= deadline.leftMs) return results.map(submissionOf);
    await sleep(ms, deadline.signal);
  }
}

/** The queue did not confirm the job in time: it may have been accepted. */
const UNKNOWN = 503;

function submissionOf({ status, body }: JobVerdict): Submission {
  if (status === 202) return { ok: true, job: body as SubmittedJob };
  return { ok: false, error: new ProblemError(body as ProblemError['problem']) };
}
