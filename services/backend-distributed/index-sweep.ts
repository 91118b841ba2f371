import { type Clock, timestamp } from '@dtq/core/clock.ts';
import { Defect } from '@dtq/core/errors.ts';
import { finalStatus } from '@dtq/core/job-document.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { OpenJob, OpenJobs, ResultStore, StatusStore } from '@dtq/core/ports.ts';
import { answerWithin } from './deadline.ts';
import { setsOf } from './open-jobs-index.ts';
import type { RedisConnection } from './redis-client.ts';

// A job whose last status could not be written stays in the index though it has ended. So every worker walks through the
// index, slowly and again and again, gives what has a document the status that it tells of, and takes it out.

/** So many are looked at in one step. */
const AT_ONCE = 100;

/** A status that changed within this time is believed; in milliseconds. */
const BELIEVED_MS = 60_000;

const ANSWER_MS = 1000;

export interface SweepParts {
  readonly redis: RedisConnection;
  readonly openJobs: Pick<OpenJobs, 'list'>;
  readonly statuses: Pick<StatusStore, 'advance'>;
  readonly results: Pick<ResultStore, 'get'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Looks at those that come after one; gives the last one of them, or undefined at the end of the index. */
export async function sweep(parts: SweepParts, after: OpenJob | undefined): Promise<OpenJob | undefined> {
  const page = await parts.openJobs.list({ limit: AT_ONCE, ...(after === undefined ? {} : { after }) });
  for (const job of page) if (isDoubtful(job, parts.clock)) await settle(job, parts);
  return page.length < AT_ONCE ? undefined : page.at(-1);
}

function isDoubtful({ status, submittedAt }: OpenJob, clock: Clock): boolean {
  const changedAt = status === null ? submittedAt : Date.parse(status.updated_at);
  return clock.now() - changedAt > BELIEVED_MS;
}

async function settle(job: OpenJob, parts: SweepParts): Promise<void> {
  const { job_id, job_type, place, status } = job;
  const { redis, log } = parts;
  if (!(await isTold(job, parts))) return;
  for (const { key } of setsOf([job_type], [place]))
    await answerWithin('redis', ANSWER_MS, 'sweeping the index', redis.send(['ZREM', key, job_id]));
  const { trace_id } = status ?? {};
  log.info({ job_id, trace_id }, 'a job that has ended is taken out of the index of open jobs');
}

/** Whether the job has a document; what it says stands in its status then, where that has not gone. */
async function isTold({ job_id, status }: OpenJob, { statuses, results, clock }: SweepParts): Promise<boolean> {
  try {
    const result = await results.get(job_id);
    if (result === null) return false;
    const { attempt = 1, progress_percent = 0 } = status ?? {};
    if (status !== null)
      await statuses.advance(finalStatus(result, { attempt, progress_percent, at: timestamp(clock) }));
    return true;
  } catch (error) {
    // A document that nobody can read tells of an end all the same.
    if (error instanceof Defect) return true;
    throw error;
  }
}
