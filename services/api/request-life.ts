/** How long a request may take, and whether anybody still waits for its answer. */
export class RequestLife {
  readonly #request: Request;
  #over: AbortController | undefined;
  #limitMs: number;
  /** By the clock that is never set. */
  #end: number;
  #signal: AbortSignal | undefined;

  constructor(request: Request, limitMs: number) {
    this.#request = request;
    this.#limitMs = limitMs;
    this.#end = performance.now() + limitMs;
  }

  get limitMs(): number {
    return this.#limitMs;
  }

  /** Aborted when the client is gone, and when the answer took too long: whatever waits on its behalf is to end. */
  get signal(): AbortSignal {
    // Made for the few that ask: most requests are over before anybody would.
    this.#over ??= new AbortController();
    this.#signal ??= AbortSignal.any([this.#request.signal, this.#over.signal]);
    return this.#signal;
  }

  /** Gives the answer so much time from now on, beside what it has by itself. */
  readonly extend = (ms: number): void => {
    this.#limitMs += ms;
    this.#end = performance.now() + this.#limitMs;
  };

  /** The answer, or null where it took too long; what was begun goes on and is harmless, for everything is idempotent. */
  within<T>(answer: Promise<T>): Promise<T | null> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const leftMs = this.#end - performance.now();
        if (leftMs > 0) {
          timer = setTimeout(look, Math.ceil(leftMs));
          return;
        }
        resolve(null);
        this.#over ??= new AbortController();
        this.#over.abort();
      };
      let timer = setTimeout(look, this.#limitMs);
      answer.then(
        (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(error);
        },
      );
    });
  }
}
