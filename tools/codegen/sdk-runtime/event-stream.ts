/** One event of a stream, as the HTML standard has it. */
export interface ServerEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

/**
 * Puts a stream of Server-Sent Events together, in whatever pieces it comes (HTML standard, 9.2.6). EventSource does the
 * same, but takes no headers, cannot tell why it failed, and is missing in Node.
 */
export class EventStreamParser {
  #rest = '';
  #event = '';
  #id: string | undefined;
  #data: string[] = [];
  #isFirst = true;
  /** How long to wait before asking again, where the server said so, in milliseconds. */
  retryMs: number | undefined;

  /** Takes the next piece of text, and gives the events that it ends. */
  push(piece: string): ServerEvent[] {
    let text = this.#rest + piece;
    if (this.#isFirst && text !== '') {
      this.#isFirst = false;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    const events: ServerEvent[] = [];
    let start = 0;
    for (;;) {
      const end = this.#endOfLine(text, start);
      if (end === undefined) break;
      const event = this.#line(text.slice(start, end.at));
      if (event !== undefined) events.push(event);
      start = end.next;
    }
    this.#rest = text.slice(start);
    return events;
  }

  /** Lines end with CR, LF or both; a CR at the very end may have its LF in the next piece. */
  #endOfLine(text: string, start: number): { at: number; next: number } | undefined {
    for (let at = start; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 0x0a) return { at, next: at + 1 };
      if (code !== 0x0d) continue;
      if (at + 1 === text.length) return undefined;
      return { at, next: text.charCodeAt(at + 1) === 0x0a ? at + 2 : at + 1 };
    }
    return undefined;
  }

  #line(line: string): ServerEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
    return undefined;
  }

  #dispatch(): ServerEvent | undefined {
    const [event, id, data] = [this.#event, this.#id, this.#data];
    this.#event = '';
    this.#id = undefined;
    this.#data = [];
    if (data.length === 0) return undefined;
    return { event: event || 'message', id, data: data.join('\n') };
  }
}
