/** One event as the wire of Server-Sent Events has it (WHATWG HTML, section 9.2); `data` travels as JSON. */
export interface ServerSentEvent {
  readonly event: string;
  readonly id?: string | undefined;
  readonly data: unknown;
}

export interface EventStreamOptions {
  /** How often a comment shows client, proxies and server that the connection lives, in milliseconds. */
  readonly heartbeatMs: number;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** Aborted when the server stops. */
  readonly closing: AbortSignal;
  /** Whether the client may still be told anything; asked before each event and each sign of life. */
  readonly isAdmitted: () => boolean;
  /** Ends the connection at once; undefined where there is none, in a test. */
  readonly cut: (() => void) | undefined;
  /** Told that a client was cut off, or of a fault of the events' source. */
  readonly onFault: (fault: unknown) => void;
}

/** After how long a client that lost its stream comes back, in milliseconds. */
const RETRY_MS = 1000;
/** Clients that a stopping server lets go come back within so much more, at random, so that they do not come together. */
const RETRY_SPREAD_MS = 2000;
/** What waits for a client beyond the buffers of its connection, in bytes. A client with more is not reading. */
const MAX_WAITING_BYTES = 65_536;

const HEARTBEAT = ':\n\n';
const encoder = new TextEncoder();

/** A client did not read what it was sent. */
export class SlowClient extends Error {
  override name = 'SlowClient';
}

/**
 * Events as bytes. Ends with its source, when the client is gone or its key does not count any more, and when the server stops;
 * the source is cancelled wherever it is not at its end.
 */
export function eventStream(
  events: ReadableStream<ServerSentEvent>,
  options: EventStreamOptions,
): ReadableStream<Uint8Array> {
  const { heartbeatMs, signal, closing, isAdmitted, cut, onFault } = options;
  const reader = events.getReader();
  let release = (): void => undefined;
  let ended = false;
  const end = (): void => {
    ended = true;
    release();
    reader.cancel().catch(onFault);
  };
  const start = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    const write = (text: string): void => {
      if (ended) return;
      // Whoever comes back hears why.
      if (!isAdmitted()) finish();
      else if ((controller.desiredSize ?? 0) <= 0) fail(new SlowClient('a client does not read its events'));
      else controller.enqueue(encoder.encode(text));
    };
    const finish = (): void => {
      if (ended) return;
      end();
      controller.close();
    };
    const fail = (fault: unknown): void => {
      if (ended) return;
      end();
      onFault(fault);
      // A connection that is cut cancels this stream; an error beside it would be printed by the server's adapter.
      if (cut === undefined) controller.error(fault);
      else cut();
    };
    const stop = (): void => {
      write(retry(RETRY_MS + Math.round(Math.random() * RETRY_SPREAD_MS)));
      finish();
    };
    const timer = setInterval(() => write(HEARTBEAT), heartbeatMs);
    signal.addEventListener('abort', finish);
    closing.addEventListener('abort', stop);
    release = () => {
      clearInterval(timer);
      signal.removeEventListener('abort', finish);
      closing.removeEventListener('abort', stop);
    };
    write(retry(RETRY_MS));
    if (closing.aborted || signal.aborted) finish();
    else pass(reader, (event) => write(encode(event))).then(finish, fail);
  };
  return new ReadableStream(
    { start, cancel: end },
    new ByteLengthQueuingStrategy({ highWaterMark: MAX_WAITING_BYTES }),
  );
}

async function pass(
  reader: ReadableStreamDefaultReader<ServerSentEvent>,
  write: (event: ServerSentEvent) => void,
): Promise<void> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    write(value);
  }
}

function retry(ms: number): string {
  return `retry: ${ms}\n\n`;
}

function encode({ event, id, data }: ServerSentEvent): string {
  // JSON has its line breaks escaped, so the data is one line.
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
