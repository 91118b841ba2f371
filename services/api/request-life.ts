/** How long a request may take, and whether anybody still waits for its answer. */
export class RequestLife {
  readonly #request: Request;
  readonly #over = new AbortController();
  #late: () => void = () => undefined;
  #limitMs: number;
  #timer: NodeJS.Timeout | undefined;
  #signal: AbortSignal | undefined;

  constructor(request: Request, limitMs: number) {
    this.#request = request;
    this.#limitMs = limitMs;
    this.#start();
  }

  get limitMs(): number {
    return this.#limitMs;
  }

  /** Aborted when the client is gone, and when the answer took too long: whatever waits on its behalf is to end. */
  get signal(): AbortSignal {
    // Made for the few that ask: most requests are over before anybody would.
    this.#signal ??= AbortSignal.any([this.#request.signal, this.#over.signal]);
    return this.#signal;
  }

  /** Gives the answer so much time from now on, beside what it has by itself. */
  readonly extend = (ms: number): void => {
    this.#limitMs += ms;
    this.#start();
  };

  /** The answer, or null where it took too long; what was begun goes on and is harmless, for everything is idempotent. */
  within<T>(answer: Promise<T>): Promise<T | null> {
    return new Promise((resolve, reject) => {
      this.#late = () => resolve(null);
      answer.then(resolve, reject);
    });
  }

  /** The answer is made, whatever it is: its time is no longer watched. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#late();
      this.#over.abort();
    }, this.#limitMs);
  }
}
