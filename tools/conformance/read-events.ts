/** One event of a stream; its data parsed as JSON. */
export interface StreamEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

/** Reads an event stream to its end, or for so long, as a browser's EventSource does: comments are dropped. */
export async function readEvents(
  response: Response,
  patienceMs: number,
): Promise<{ readonly events: readonly StreamEvent[]; readonly hasEnded: boolean }> {
  const events: StreamEvent[] = [];
  const reader = response.body
    ?.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  if (reader === undefined) return { events, hasEnded: true };
  let hasEnded = true;
  const timer = setTimeout(() => {
    hasEnded = false;
    reader.cancel().catch(() => undefined);
  }, patienceMs);
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { events, hasEnded };
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? '';
      for (const block of blocks) events.push(...eventOf(block));
    }
  } finally {
    clearTimeout(timer);
  }
}

function eventOf(block: string): StreamEvent[] {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
    fields.set(name, name === 'data' && fields.has(name) ? `${fields.get(name)}\n${value}` : value);
  }
  const data = fields.get('data');
  if (data === undefined) return [];
  return [{ event: fields.get('event') ?? 'message', id: fields.get('id'), data: parsed(data) }];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
