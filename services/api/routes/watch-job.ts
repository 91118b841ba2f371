import { type FollowedJob, followJob, type KnownJob } from '@dtq/core/follow-job.ts';
import { jobNotFound, problem } from '@dtq/core/problem.ts';
import { EVENT_STREAM } from '@dtq/generated/rest/operations.ts';
import type { JobEvent } from '@dtq/generated/schemas/types.ts';
import { END_ID, JobEvents, resultEvent } from '../job-events.ts';
import type { Route } from '../route.ts';

/** Tells each change of a job as it happens, and the durable document last. Needs no worker. */
export const watchJob: Route<'watchJob'> = async ({ path: { job_id }, header, signal, log }, context) => {
  const leave = context.clients.enter(signal);
  if (leave === null) return problem('too_many_clients', { job_id });
  const lastEventId = header['last-event-id'];
  try {
    const { lookUpEveryMs } = context.config;
    const followed = await followJob(context, job_id, { lookUpEveryMs, signal, log: log.child({ job_id }) });
    const { first } = followed;
    const end = (): void => {
      followed.stop();
      leave();
    };
    if (first.kind === 'unknown') {
      end();
      return jobNotFound(job_id);
    }
    if (first.kind === 'result' && lastEventId === END_ID) {
      end();
      return { status: 204, type: null, body: null, headers: {} };
    }
    const body = eventsOf(first, followed, new JobEvents(lastEventId), end);
    return { status: 200, type: EVENT_STREAM, body, headers: { 'X-Accel-Buffering': 'no' } };
  } catch (error) {
    leave();
    throw error;
  }
};

function eventsOf(
  first: KnownJob,
  followed: FollowedJob,
  events: JobEvents,
  end: () => void,
): ReadableStream<JobEvent> {
  const start = (controller: ReadableStreamDefaultController<JobEvent>): void => {
    const tell = (known: KnownJob): void => {
      if (known.status !== null) for (const event of events.of(known.status)) controller.enqueue(event);
      if (known.kind !== 'result') return;
      controller.enqueue(resultEvent(known.result));
      controller.close();
      end();
    };
    tell(first);
    if (first.kind !== 'result') followed.listen(tell);
  };
  return new ReadableStream({ start, cancel: end });
}
