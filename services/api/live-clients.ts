/** The clients that wait over an open connection for what becomes of a job: bounded, and told when the server stops. */
export class LiveClients {
  readonly #limit: number;
  readonly #closing = new AbortController();
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many there are now. */
  get count(): number {
    return this.#count;
  }

  /** Aborted when the server stops: whoever waits is to be answered now. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /**
   * Takes one more client in until the returned function is called, which may be done twice, or its request ends. Null
   * where there are too many, and while the server stops.
   */
  enter(request: AbortSignal): (() => void) | null {
    if (this.#count >= this.#limit || this.closing.aborted || request.aborted) return null;
    this.#count += 1;
    let isIn = true;
    const leave = (): void => {
      if (isIn) this.#count -= 1;
      isIn = false;
      request.removeEventListener('abort', leave);
    };
    request.addEventListener('abort', leave);
    return leave;
  }

  /** Takes nobody in any more, and has those who wait answered. */
  close(): void {
    this.#closing.abort();
  }
}
