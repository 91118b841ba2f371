import type { JobEvent } from '@dtq/generated/schemas/types.ts';

/** How often a comment shows that the connection lives, in milliseconds (API_EVENTS_HEARTBEAT). */
const HEARTBEAT_MS = 15_000;

/** After how long a client that lost its stream comes back, in milliseconds. */
const RETRY_MS = 1000;

/** Events as the wire of Server-Sent Events has them (WHATWG HTML, section 9.2). */
export function bytesOf(events: ReadableStream<JobEvent>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const reader = events.getReader();
  let heartbeat: NodeJS.Timeout | undefined;
  const end = (): void => clearInterval(heartbeat);
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
      heartbeat = setInterval(() => controller.enqueue(encoder.encode(':\n\n')), HEARTBEAT_MS);
    },
    pull: async (controller) => {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(encoder.encode(textOf(value)));
      end();
      controller.close();
    },
    cancel: async (reason) => {
      end();
      await reader.cancel(reason);
    },
  });
}

function textOf({ event, id, data }: JobEvent): string {
  // JSON has its line breaks escaped, so the data is one line.
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
