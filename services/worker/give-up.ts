import { timestamp } from '@dtq/core/clock.ts';
import type { Envelope } from '@dtq/core/envelope.ts';
import { documented, documentOf, endAttempt, finalStatus } from '@dtq/core/job-document.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { JobError, JobMessage, JobStatus } from '@dtq/generated/schemas/types.ts';
import type { JobOutcome, WorkerParts } from './running-job.ts';
import { untilStored } from './until-stored.ts';

/** People see that it was ours, the log has the rest. */
const ERROR: JobError = { code: 'internal_error', message: 'something went wrong inside the worker' };

/**
 * Fails a job that a defect of ours keeps from any other end, for else it would wait, or run, for ever. As far as the stores
 * allow: what has no document after it has its dead letter alone. `again` where the job was taken away. Never rejects.
 */
export async function giveUp(
  job: JobMessage,
  envelope: Envelope,
  { statuses, results, clock }: Pick<WorkerParts, 'statuses' | 'results' | 'clock'>,
  signal: AbortSignal,
  log: Logger,
): Promise<JobOutcome> {
  const at = timestamp(clock);
  try {
    const status: JobStatus | null = await statuses.get(job.job_id).catch(() => null);
    const { attempt = 1, attempts = [], progress_percent = 0 } = status ?? {};
    const isOver = attempts.at(-1)?.outcome !== undefined;
    const all = isOver ? attempts : endAttempt(attempts, { ended_at: at, outcome: 'failed', error: ERROR });
    const document = documentOf(documented(job, envelope, all), { output: null, error: ERROR }, at);
    const kept = await untilStored(() => results.insert(document), signal, log);
    if (kept === null) return 'again';
    await statuses.advance(finalStatus(kept.stored, { attempt, progress_percent, at }));
  } catch (error) {
    log.error({ err: error }, 'its end could not be told either');
  }
  return 'done';
}
