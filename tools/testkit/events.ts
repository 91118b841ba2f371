/** What came between two empty lines of an event stream. */
export interface Block {
  readonly event?: string;
  readonly id?: string;
  readonly retry?: number;
  /** Parsed as JSON. */
  readonly data?: unknown;
  readonly isComment: boolean;
}

/** Puts the text of an event stream together, in whatever pieces it comes, and gives each block once it is whole. */
export class EventParser {
  #rest = '';

  push(text: string): Block[] {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.map(parse);
  }
}

function parse(text: string): Block {
  const lines = text.split('\n');
  const fields = new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(':');
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')] as const] : [];
    }),
  );
  const [event, id, retry, data] = ['event', 'id', 'retry', 'data'].map((name) => fields.get(name));
  return {
    ...(event === undefined ? {} : { event }),
    ...(id === undefined ? {} : { id }),
    ...(retry === undefined ? {} : { retry: Number(retry) }),
    ...(data === undefined ? {} : { data: JSON.parse(data) as unknown }),
    isComment: lines.every((line) => line.startsWith(':')),
  };
}

/** An event that was received, its data as the caller knows it to be. */
export interface ReceivedEvent {
  readonly event: string | undefined;
  readonly id: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface ReceivedEvents {
  /** The events so far. */
  readonly events: readonly ReceivedEvent[];
  /** Every block so far: events, comments, retry times. */
  readonly blocks: readonly Block[];
  /** Resolves when the stream has ended; rejects where it broke. */
  readonly ended: Promise<void>;
  /** Goes away, as a client does that closes its connection. */
  leave(): Promise<void>;
}

/** Reads an event stream in the background, from now to its end. */
export function receiveEvents({ body }: Response): ReceivedEvents {
  if (body === null) throw new Error('the answer has no body');
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  const blocks: Block[] = [];
  const events: ReceivedEvent[] = [];
  const readAll = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const block of parser.push(decoder.decode(value, { stream: true }))) {
        blocks.push(block);
        const { event, id, data } = block;
        if (data !== undefined) events.push({ event, id, data: data as Record<string, unknown> });
      }
    }
  };
  const ended = readAll();
  // Whoever waits for the end hears of a break; nobody else needs to.
  ended.catch(() => undefined);
  return { events, blocks, ended, leave: () => reader.cancel() };
}
