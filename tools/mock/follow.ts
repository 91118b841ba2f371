import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { JobEvent } from '@dtq/generated/schemas/types.ts';
import { documentOf, lived, type MockJob, nextChangeAt, stateOf, statusAfter } from './job.ts';
import type { Mock } from './request.ts';

/** The id of a stream's last event, after which nothing comes. */
export const END_ID = 'end';

/** As many as the API lets hold a stream or a request that waits (API_EVENTS_MAX_CLIENTS). */
export const MOST_CLIENTS = 1000;

/** No timer waits longer; a job that waits for its time may. In milliseconds. */
const LONGEST_TIMER_MS = 3_600_000;

/** Resolves when something of the job has changed, its life was cut short, `untilAt` has come, or the signal aborts. */
export function nextChange(job: MockJob, mock: Mock, signal: AbortSignal, untilAt = Number.POSITIVE_INFINITY) {
  return new Promise<void>((resolve) => {
    const now = mock.now();
    const at = Math.min(nextChangeAt(job, now) ?? Number.POSITIVE_INFINITY, untilAt);
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      job.listeners.delete(finish);
      resolve();
    };
    const timer = setTimeout(finish, signal.aborted ? 0 : Math.max(1, Math.min(at - now, LONGEST_TIMER_MS)));
    signal.addEventListener('abort', finish);
    job.listeners.add(finish);
  });
}

/** Waits for the end of a job, until a time at the latest. */
export async function untilEnd(job: MockJob, mock: Mock, signal: AbortSignal, untilAt: number): Promise<void> {
  while (!isFinal(stateOf(job, mock.now())) && mock.now() < untilAt && !signal.aborted)
    await nextChange(job, mock, signal, untilAt);
}

/** Each change of a job after that one, as it happens, and its document last. `onEnd` is called once, however it ends. */
export function eventsOf(
  job: MockJob,
  after: number,
  mock: Mock,
  signal: AbortSignal,
  onEnd: () => void,
): ReadableStream<JobEvent> {
  const gone = new AbortController();
  const either = AbortSignal.any([signal, gone.signal]);
  let told = after;
  const tell = async (controller: ReadableStreamDefaultController<JobEvent>): Promise<void> => {
    while (!either.aborted) {
      const now = mock.now();
      for (const last = lived(job, now); told < last; told += 1) {
        const data = statusAfter(job, told + 1, { withHistory: false });
        controller.enqueue({ event: 'status', id: String(told + 1), data });
      }
      const data = documentOf(job, now);
      if (data !== null) {
        controller.enqueue({ event: 'result', id: END_ID, data });
        controller.close();
        return;
      }
      await nextChange(job, mock, either);
    }
    if (!gone.signal.aborted) controller.close();
  };
  return new ReadableStream({
    start: (controller) => {
      tell(controller)
        .catch((error: unknown) => controller.error(error))
        .finally(onEnd);
    },
    cancel: () => gone.abort(),
  });
}
