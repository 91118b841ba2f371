import { randomUUID } from 'node:crypto';
import { timestamp } from '@dtq/core/clock.ts';
import { NoReply, Unavailable } from '@dtq/core/errors.ts';
import { lookUpJob } from '@dtq/core/look-up.ts';
import { jobNotFound, problem } from '@dtq/core/problem.ts';
import { activeSpan, type SpanStart, tracedHere } from '@dtq/core/tracing.ts';
import type { Route } from '../route.ts';

/** Asks a worker over the progress channel. No reply is 504, whatever the reason: it says nothing of the job. */
export const getJobStatus: Route<'getJobStatus'> = async ({ path: { job_id }, log }, context) => {
  const { progress, clock, config } = context;
  try {
    const question = { job_id, request_id: randomUUID(), requested_at: timestamp(clock) };
    const { state, ...reply } = await tracedHere(asking(job_id), () =>
      progress.ask(question, config.progressReplyTimeoutMs, activeSpan()?.traceparent),
    );
    if (state === 'not_found') return jobNotFound(job_id);
    return { status: 200, type: 'application/json', body: { ...reply, state }, headers: {} };
  } catch (error) {
    if (!(error instanceof NoReply || error instanceof Unavailable)) throw error;
    // A worker whose stores are silent cannot reply either. Asking them says whose fault it is: that is a 503 of the app's.
    if (error instanceof NoReply) await lookUpJob(context, job_id, { statusWillDo: true });
    log.warn({ err: error, job_id }, 'no reply to a progress question');
    return problem('progress_timeout', {
      job_id,
      detail: `No worker replied within ${config.progressReplyTimeoutMs} ms.`,
    });
  }
};

function asking(job_id: string): SpanStart {
  return { name: 'ask progress', kind: 'client', attributes: { 'dtq.job_id': job_id } };
}
