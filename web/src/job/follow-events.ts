import { operationPath } from '@dtq/generated/rest/operations.ts';
import type { Job, JobEvent, JobStatus } from '@dtq/generated/schemas/types.ts';

/** What the contract keeps of a history; a job that goes on for days must not fill the page. */
const HISTORY_AT_MOST = 64;

/** Longer than the API is silent; a connection that died without a word is given up after so long. */
const SILENCE_MS = 60_000;

/** What is needed of a browser's EventSource. */
export type EventStream = Pick<EventTarget, 'addEventListener'> & { close(): void };

type EventOf<Name extends JobEvent['event']> = Extract<JobEvent, { event: Name }>;

/**
 * Tells a job's changes as the API sends them, beyond the status that is known, until the job's end, an error, a long
 * silence, or the signal. Resolves to whether anything came; the caller looks at the job again and knows why it ended.
 */
export function followEvents(
  jobId: string,
  known: JobStatus | null,
  signal: AbortSignal,
  tell: (job: Job) => void,
  open: (path: string) => EventStream = (path) => new EventSource(path),
): Promise<boolean> {
  return new Promise((resolve) => {
    let last = known;
    let heard = false;
    const stream = open(operationPath('watchJob', { job_id: jobId }));
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      stream.close();
      resolve(heard);
    };
    let timer = setTimeout(end, SILENCE_MS);
    const on = <Name extends JobEvent['event']>(name: Name, take: (data: EventOf<Name>['data']) => void) =>
      stream.addEventListener(name, (event) => {
        clearTimeout(timer);
        timer = setTimeout(end, SILENCE_MS);
        heard = true;
        take(JSON.parse((event as MessageEvent<string>).data));
      });
    on('status', (status) => {
      if (!isNews(status, last)) return;
      last = withHistory(status, last);
      tell(last);
    });
    on('result', (result) => {
      tell(result);
      end();
    });
    // A browser would ask again by itself; the page asks in its own way, which can tell what is wrong.
    stream.addEventListener('error', end);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

/** A stream begins with all that the job's history holds, most of which the page has seen. */
function isNews(status: JobStatus, last: JobStatus | null): boolean {
  return status.sequence === undefined || last?.sequence === undefined || status.sequence > last.sequence;
}

/** An event is one change, without those before it. */
function withHistory(status: JobStatus, last: JobStatus | null): JobStatus {
  const { sequence, attempt, state, progress_percent, updated_at } = status;
  const lasting = { ...lastingOf(last), ...status };
  if (sequence === undefined || attempt === undefined) return lasting;
  return {
    ...lasting,
    history: [...(last?.history ?? []), { sequence, attempt, state, progress_percent, at: updated_at }].slice(
      -HISTORY_AT_MOST,
    ),
  };
}

/** What is known of a job once and for all, or kept until it is told anew. */
function lastingOf(last: JobStatus | null): Partial<JobStatus> {
  if (last === null) return {};
  const { job_type, submitted_at, input, priority, expires_at, replay_of, trace_id, attempts } = last;
  return Object.fromEntries(
    Object.entries({ job_type, submitted_at, input, priority, expires_at, replay_of, trace_id, attempts }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}
