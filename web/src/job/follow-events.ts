import type { Job, JobStatus } from '@dtq/generated/schemas/types.ts';
import { createClient, type JobChange, type WatchOptions } from '@dtq/sdk';
import { fetchWithKey } from '../api/fetch-with-key.ts';

/** What the contract keeps of a history; a job that goes on for days must not fill the page. */
const HISTORY_AT_MOST = 64;

/** A stream that breaks off is left: the page looks at the job in its own way, which can tell what is wrong. In milliseconds. */
const PATIENCE_MS = 1;

type Watch = (jobId: string, options: WatchOptions) => AsyncIterable<JobChange>;

/** What came over a stream before it ended. */
export interface Heard {
  readonly anything: boolean;
  /** After which the next stream goes on; undefined where none had an id. */
  readonly lastEventId: string | undefined;
}

/**
 * Tells a job's changes as the API sends them, beyond the status that is known, until the job's end, a break, a long silence, or
 * the signal. `lastEventId` is that of the stream before. The caller looks at the job again and knows why it ended.
 */
export async function followEvents(
  jobId: string,
  known: JobStatus | null,
  lastEventId: string | undefined,
  signal: AbortSignal,
  tell: (job: Job) => void,
  watch: Watch = watchOverFetch,
): Promise<Heard> {
  let last = known;
  let heard: Heard = { anything: false, lastEventId };
  try {
    for await (const { event, id, data } of watch(jobId, { signal, lastEventId })) {
      heard = { anything: true, lastEventId: id ?? heard.lastEventId };
      if (event === 'result') tell(data);
      else if (isNews(data, last)) {
        last = withHistory(data, last);
        tell(last);
      }
    }
  } catch {
    // Broken off, refused or left.
  }
  return heard;
}

/** EventSource would do, but sends no key. */
function watchOverFetch(jobId: string, options: WatchOptions): AsyncIterable<JobChange> {
  const sdk = createClient({ baseUrl: location.origin, fetch: fetchWithKey, patienceMs: PATIENCE_MS });
  return sdk.watch(jobId, options);
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
