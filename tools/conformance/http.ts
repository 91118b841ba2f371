import { Broken, shown } from './check.ts';

/** An answer with its body read: as text, and as JSON where it is such. */
export interface Answer {
  /** Method and path of the request. */
  readonly asked: string;
  readonly status: number;
  /** The media type without its parameters; empty where there is none. */
  readonly type: string;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

export interface Request {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: RequestInit['body'];
}

export type Fetch = (request: globalThis.Request) => Promise<Response>;

/** No answer takes longer, in milliseconds: the longest that the contract has is `?wait=1m`. */
const LONGEST_ANSWER_MS = 75_000;

export interface Http {
  call(path: string, request?: Request): Promise<Answer>;
  /** The answer with its body still to be read. */
  open(path: string, request?: Request, signal?: AbortSignal): Promise<Response>;
}

/** Calls the API below an address; `fetch` is Node's own unless something stands between. */
export function httpTo(api: string, fetch: Fetch = (request) => globalThis.fetch(request)): Http {
  const open = async (path: string, request: Request = {}, signal?: AbortSignal): Promise<Response> => {
    const { method = request.json === undefined && request.body === undefined ? 'GET' : 'POST', json, body } = request;
    const limit = AbortSignal.timeout(LONGEST_ANSWER_MS);
    const init: RequestInit & { duplex?: 'half' } = {
      method,
      headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...request.headers },
      body: json === undefined ? (body ?? null) : JSON.stringify(json),
      redirect: 'manual',
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    };
    try {
      return await fetch(new globalThis.Request(new URL(path, api), init));
    } catch (error) {
      const { cause, message } = error as Error;
      throw new Broken(`${method} ${path} has no answer: ${cause instanceof Error ? cause.message : message}`);
    }
  };
  return {
    open,
    call: async (path, request = {}) => {
      const response = await open(path, request);
      const text = await response.text();
      const method = request.method ?? (request.json === undefined && request.body === undefined ? 'GET' : 'POST');
      return {
        asked: `${method} ${path}`,
        status: response.status,
        type: response.headers.get('content-type')?.split(';')[0]?.trim() ?? '',
        headers: response.headers,
        text,
        json: parsed(text),
      };
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Holds the status of an answer to what it must be. */
export function answered(answer: Answer, ...statuses: number[]): Answer {
  if (statuses.includes(answer.status)) return answer;
  throw new Broken(
    `${answer.asked} must answer ${statuses.join(' or ')}, and answers ${answer.status}: ${shown(answer.text.slice(0, 300))}`,
  );
}
