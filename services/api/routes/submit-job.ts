import { randomUUID } from 'node:crypto';
import { timestamp } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import { operationPath } from '@dtq/generated/rest/operations.ts';
import type { JobMessage } from '@dtq/generated/schemas/types.ts';
import { problem } from '../problem.ts';
import type { Route } from '../route.ts';

/** Accepts a job: the queue's acknowledgement is the acceptance, everything after it is a projection. */
export const submitJob: Route<'submitJob'> = async ({ body, traceId, log }, { queue, statuses, clock }) => {
  const { state, progress_percent, message } = MILESTONES.queued;
  // The validator held type and payload to each other; the compiler sees them apart.
  const job = {
    schema_version: '1.0',
    job_id: randomUUID(),
    job_type: body.job_type,
    submitted_at: timestamp(clock),
    trace_id: traceId,
    payload: body.payload,
  } as JobMessage;
  const { job_id, job_type, submitted_at, trace_id } = job;
  const jobLog = log.child({ job_id, job_type });
  try {
    await queue.publish(job);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    jobLog.warn({ err: error }, 'not accepted, or nobody can say');
    return problem('not_accepted', {
      job_id,
      detail: 'The queue did not confirm the job in time. It may have been accepted all the same: ask for its job_id.',
    });
  }
  try {
    await statuses.advance({
      job_id,
      trace_id,
      attempt: 1,
      state,
      progress_percent,
      message,
      updated_at: submitted_at,
    });
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    jobLog.warn({ err: error }, 'accepted, but its status could not be written');
  }
  jobLog.info('accepted');
  return {
    status: 202,
    type: 'application/json',
    body: { job_id, trace_id, job_type, state: 'queued', submitted_at, message },
    headers: { Location: operationPath('getJobStatus', { job_id }) },
  };
};
