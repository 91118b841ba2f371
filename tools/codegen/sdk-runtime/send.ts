import { type Client, createClient, type Result, type Success } from '@dtq/generated/rest/client.ts';
import type { OperationId } from '@dtq/generated/rest/operations.ts';
import { REPEATABLE } from '@dtq/generated/sdk/tables.ts';
import { bearerOf } from './api-key.ts';
import { readRetryAfter, sleep, waitMs } from './backoff.ts';
import { Deadline, orAborted } from './deadline.ts';
import { DtqError, isProblemBody, ProblemError, UnexpectedAnswerError, UnreachableError } from './errors.ts';
import type { Settings } from './options.ts';

/** What each try sends along. */
export interface Try {
  readonly signal: AbortSignal;
  readonly headers: Readonly<Record<string, string>>;
}

/** What came of one try. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | Fault;

export interface Fault {
  readonly ok: false;
  readonly error: DtqError;
  /** Whether the same request, sent again, may do better. */
  readonly mayPass: boolean;
  readonly retryAfterMs: number | undefined;
}

export interface SendOptions {
  /** The key that goes along; needed by operations that take one. */
  readonly key?: string | undefined;
  /** In place of the client's own time for one try. */
  readonly tryTimeoutMs?: number;
  /** Whether the request may be sent again though its operation takes no key. */
  readonly isRepeatable?: boolean;
}

/** Statuses that a proxy or an overloaded server answers with, and that pass (RFC 9110, RFC 6585). */
const PASSING = new Set([408, 425, 429, 502, 503, 504]);

/** Sends requests by the generated client, again where that is safe and may help. */
export class Sender {
  readonly settings: Settings;
  readonly #rest: Client;

  constructor(settings: Settings) {
    this.settings = settings;
    this.#rest = createClient({ baseUrl: settings.baseUrl, fetch: (request) => this.#fetchWhole(request) });
  }

  /**
   * Sends until an answer stands, the tries are used up, or the time is. Rejects with a DtqError, or with the reason of
   * the caller's signal.
   */
  async send<Op extends OperationId>(
    op: Op,
    call: (rest: Client, attempt: Try) => Promise<Result<Op>>,
    deadline: Deadline,
    options: SendOptions = {},
  ): Promise<Success<Op>> {
    try {
      return await this.#untilItStands(op, call, deadline, options);
    } catch (error) {
      if (error instanceof DtqError) error.idempotencyKey ??= options.key;
      throw deadline.explained(error);
    }
  }

  async #untilItStands<Op extends OperationId>(
    op: Op,
    call: (rest: Client, attempt: Try) => Promise<Result<Op>>,
    deadline: Deadline,
    options: SendOptions,
  ): Promise<Success<Op>> {
    const { key, isRepeatable = REPEATABLE[op] === 'always' || key !== undefined } = options;
    for (let failures = 1; ; failures += 1) {
      const outcome = await this.once(call, deadline, options.tryTimeoutMs);
      if (outcome.ok) return outcome.value;
      const { error, mayPass, retryAfterMs } = outcome;
      const ms = waitMs(failures, retryAfterMs);
      // Whoever cannot wait for the next try hears now what was wrong with this one.
      if (!mayPass || !isRepeatable || failures > this.settings.retries || ms >= deadline.leftMs) throw error;
      deadline.lastFault = error;
      await sleep(ms, deadline.signal);
    }
  }

  /** Sends once. Rejects with the signal's reason alone; every other end is an outcome. */
  async once<Op extends OperationId>(
    call: (rest: Client, attempt: Try) => Promise<Result<Op>>,
    deadline: Deadline,
    tryTimeoutMs = this.settings.tryTimeoutMs,
  ): Promise<Outcome<Success<Op>>> {
    return this.#try(deadline, tryTimeoutMs, async (attempt) => {
      const { data, error, response } = await call(this.#rest, attempt);
      if (response.ok) return { ok: true, value: data as Success<Op> };
      return faultOf(response, error);
    });
  }

  /** Opens an answer that is read bit by bit, and ends with `connection`. */
  async open(
    path: string,
    headers: Readonly<Record<string, string>>,
    connection: Deadline,
  ): Promise<Outcome<Response>> {
    return this.#try(connection, this.settings.tryTimeoutMs, async (attempt) => {
      // Not the signal of the try: the answer goes on when that has ended.
      const init = { headers: { ...attempt.headers, ...headers }, signal: connection.signal };
      const response = await this.#fetch(new Request(`${this.settings.baseUrl}${path}`, init));
      if (response.ok) return { ok: true, value: response };
      return faultOf(response, parsed(await (await whole(response)).text()));
    });
  }

  async #try<T>(
    deadline: Deadline,
    timeoutMs: number,
    run: (attempt: Try) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    if (deadline.signal.aborted) throw deadline.signal.reason;
    const own = new Deadline(
      { signal: deadline.signal, timeoutMs },
      (ms) => new UnreachableError(`no answer from ${this.settings.baseUrl} within ${ms} ms`),
    );
    try {
      // Neither a fetch of somebody's own nor what gives a key or a header may know signals.
      const trying = this.#headers().then((headers) => run({ signal: own.signal, headers }));
      return await orAborted(trying, own.signal);
    } catch (error) {
      if (deadline.signal.aborted) throw deadline.signal.reason;
      const fault = own.signal.aborted ? own.signal.reason : error;
      if (fault instanceof UnreachableError) return passing(fault);
      // A body that is no JSON, under a status that promises some.
      if (fault instanceof SyntaxError)
        return { ...passing(new UnexpectedAnswerError(200, '', { cause: fault })), mayPass: false };
      throw fault;
    } finally {
      own.end();
    }
  }

  /** What goes along with a try. Names of headers may be written in any case, so a key takes the place of every spelling. */
  async #headers(): Promise<Readonly<Record<string, string>>> {
    const { headers, apiKey } = this.settings;
    const given = typeof headers === 'function' ? await headers() : headers;
    if (apiKey === undefined) return given;
    const authorization = bearerOf(typeof apiKey === 'function' ? await apiKey() : apiKey);
    const others = Object.entries(given).filter(([name]) => name.toLowerCase() !== 'authorization');
    return { ...Object.fromEntries(others), authorization };
  }

  async #fetchWhole(request: Request): Promise<Response> {
    return whole(await this.#fetch(request));
  }

  // Platforms reject with errors of many kinds where no answer came; what the program did wrong must not look like that.
  async #fetch(request: Request): Promise<Response> {
    try {
      return await this.settings.fetch(request);
    } catch (error) {
      throw new UnreachableError(`no answer from ${this.settings.baseUrl}: ${wordsOf(error)}`, { cause: error });
    }
  }
}

/** The answer with its body read to the end, so that a connection that breaks meanwhile is told from a wrong body. */
async function whole(response: Response): Promise<Response> {
  const { status, headers } = response;
  try {
    const body = await response.arrayBuffer();
    return new Response(body.byteLength === 0 ? null : body, { status, headers });
  } catch (error) {
    throw new UnreachableError(`the answer broke off: ${wordsOf(error)}`, { cause: error });
  }
}

/** The fault that an answer tells of. */
export function faultOf(response: Response, body: unknown): Fault {
  const retryAfterMs = readRetryAfter(response.headers);
  if (isProblemBody(body)) {
    // The contract gives every problem that passes a Retry-After, and no other.
    return {
      ok: false,
      error: new ProblemError(body, retryAfterMs),
      mayPass: retryAfterMs !== undefined,
      retryAfterMs,
    };
  }
  const text = typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
  const mayPass = PASSING.has(response.status);
  return { ok: false, error: new UnexpectedAnswerError(response.status, text), mayPass, retryAfterMs };
}

function passing(error: DtqError): Fault {
  return { ok: false, error, mayPass: true, retryAfterMs: undefined };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Node says "fetch failed" and keeps the reason in the cause. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || String((cause as { code?: unknown }).code ?? error.message);
}
