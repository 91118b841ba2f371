import { randomUUID } from 'node:crypto';
import { timestamp } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import type { Part } from '@dtq/core/ports.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import { operationPath } from '@dtq/generated/rest/operations.ts';
import type { JobMessage } from '@dtq/generated/schemas/types.ts';
import { problem } from '../problem.ts';
import type { Route } from '../route.ts';

/** What is left of a request's time for the answer itself, in milliseconds. */
const ANSWER_MARGIN_MS = 150;

/** Accepts a job: the queue's acknowledgement is the acceptance, everything after it is a projection. */
export const submitJob: Route<'submitJob'> = async ({ body, traceId, log }, { queue, statuses, clock, config }) => {
  const end = clock.now() + config.requestTimeoutMs - ANSWER_MARGIN_MS;
  const { state, progress_percent, message } = MILESTONES.queued;
  // The body has passed its type's own schema, so that type and payload belong together; the message takes both over as they are.
  const job = {
    schema_version: '1.0',
    job_id: randomUUID(),
    ...body,
    submitted_at: timestamp(clock),
    trace_id: traceId,
  } satisfies JobMessage;
  const { job_id, job_type, submitted_at, trace_id } = job;
  const ids = { job_id, job_type };
  try {
    await byThen(queue.publish(job), end - clock.now(), 'kafka');
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    log.warn({ ...ids, err: error }, 'not accepted, or nobody can say');
    return problem('not_accepted', {
      job_id,
      detail: 'The queue did not confirm the job in time. It may have been accepted all the same: ask for its job_id.',
    });
  }
  try {
    await byThen(
      statuses.advance({
        job_id,
        trace_id,
        attempt: 1,
        state,
        progress_percent,
        message,
        updated_at: submitted_at,
      }),
      end - clock.now(),
      'redis',
    );
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    log.warn({ ...ids, err: error }, 'accepted, but its status could not be written');
  }
  log.info(ids, 'accepted');
  return {
    status: 202,
    type: 'application/json',
    body: { job_id, trace_id, job_type, state: 'queued', submitted_at, message },
    headers: { Location: operationPath('getJobStatus', { job_id }) },
  };
};

/** What a port answers, or Unavailable when the request's own time runs out first: the caller still needs its job_id. */
async function byThen<T>(answer: Promise<T>, ms: number, part: Part): Promise<T> {
  const late = Promise.withResolvers<never>();
  const giveUp = (): void => late.reject(new Unavailable(part, 'did not answer within the request'));
  const timer = setTimeout(giveUp, Math.max(0, ms));
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
