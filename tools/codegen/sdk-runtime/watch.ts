import { EVENT_STREAM, operationPath, type Parameters } from '@dtq/generated/rest/operations.ts';
import type { JobEvent } from '@dtq/generated/schemas/types.ts';
import { Patience, sleep, waitMs } from './backoff.ts';
import { Deadline, orAborted } from './deadline.ts';
import { UnexpectedAnswerError, UnreachableError } from './errors.ts';
import { EventStreamParser } from './event-stream.ts';
import { idOf } from './jobs.ts';
import type { CallOptions } from './options.ts';
import type { Sender } from './send.ts';
import type { JobChange, JobRef, JobType } from './types.ts';

/** The API shows that it lives every 15 s; a connection that is silent for so long died without a word. */
const SILENCE_MS = 60_000;

export interface WatchOptions extends CallOptions {
  /** Goes on after this event instead of from the beginning. */
  readonly lastEventId?: string | undefined;
}

type WatchHeaders = Parameters<'watchJob'>['header'];

/**
 * Tells what happens to a job, to its end. A connection that breaks is made again, and goes on after the last event: no
 * change is told twice, and none is left out that the job's history still holds.
 *
 * @internal
 */
export async function* watchJob<T extends JobType>(
  sender: Sender,
  job: JobRef<T>,
  options: WatchOptions,
): AsyncGenerator<JobChange<T>, void, void> {
  const path = operationPath('watchJob', { job_id: idOf(job) });
  const deadline = new Deadline(options);
  const patience = new Patience(sender.settings.patienceMs);
  let lastId = options.lastEventId;
  let lastData = '';
  try {
    for (;;) {
      const connection = new Deadline({ signal: deadline.signal });
      let retryMs = 0;
      let isNews = false;
      try {
        const headers: WatchHeaders = lastId === undefined ? {} : { 'last-event-id': lastId };
        const opened = await sender.open(path, { accept: EVENT_STREAM, ...headers }, connection);
        if (!opened.ok) {
          if (!opened.mayPass) throw opened.error;
          deadline.lastFault = opened.error;
          await patience.failed(opened.error, opened.retryAfterMs, deadline.signal);
          continue;
        }
        // 204: the last event has been received, by whoever gave its id.
        if (opened.value.body === null || opened.value.status === 204) return;
        const type = opened.value.headers.get('content-type') ?? 'no content-type';
        if (!type.startsWith(EVENT_STREAM)) throw new UnexpectedAnswerError(opened.value.status, type);
        const parser = new EventStreamParser();
        for await (const piece of piecesOf(opened.value.body, connection)) {
          patience.answered();
          for (const { event, id, data } of parser.push(piece)) {
            lastId = id ?? lastId;
            // A status that another program wrote has no id, and comes again after a break.
            if (!isKnown(event) || data === lastData) continue;
            lastData = data;
            isNews = true;
            const change = { event, ...(id === undefined ? {} : { id }), data: parse(data) } as JobChange<T>;
            yield change;
            if (change.event === 'result') return;
          }
        }
        retryMs = parser.retryMs ?? 0;
        if (!isNews) throw new UnreachableError('the event stream ended without an event');
      } catch (error) {
        if (deadline.signal.aborted) throw deadline.signal.reason;
        if (!(error instanceof UnreachableError)) throw error;
        deadline.lastFault = error;
        await patience.failed(error, undefined, deadline.signal);
        continue;
      } finally {
        connection.end();
      }
      // The server ended the stream in order, for it stops; another one answers, and not all at once.
      await sleep(waitMs(1, retryMs), deadline.signal);
    }
  } catch (error) {
    throw deadline.explained(error);
  } finally {
    deadline.end();
  }
}

const EVENTS = { status: null, result: null } satisfies Record<JobEvent['event'], null>;

function isKnown(event: string): event is JobEvent['event'] {
  // Events that a newer server tells are none that this SDK can type.
  return Object.hasOwn(EVENTS, event);
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    throw new UnexpectedAnswerError(200, data, { cause: error });
  }
}

/** The text of a body, piece by piece. Rejects with UnreachableError where it breaks off, or is silent for too long. */
async function* piecesOf(body: ReadableStream<Uint8Array>, connection: Deadline): AsyncGenerator<string, void, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const silence = new Deadline(
        { signal: connection.signal, timeoutMs: SILENCE_MS },
        (ms) => new UnreachableError(`the event stream was silent for ${ms} ms`),
      );
      const next = reader.read().catch((error: unknown) => {
        throw new UnreachableError('the event stream broke off', { cause: error });
      });
      const { done, value } = await orAborted(next, silence.signal).finally(() => silence.end());
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
