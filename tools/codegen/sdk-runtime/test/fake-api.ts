/** What a fake server answers to one request: an answer, a rejection, or nothing at all until the request is given up. */
export type Reply = Response | Error | 'silence' | ((request: Request) => Response | Promise<Response>);

export interface FakeApi {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Every request so far, with its body as text. */
  readonly requests: {
    readonly method: string;
    readonly path: string;
    readonly headers: Headers;
    readonly body: string;
  }[];
}

/** Answers each request with the next reply, and the last one for ever. */
export function fakeApi(...replies: Reply[]): FakeApi {
  const requests: FakeApi['requests'] = [];
  return {
    requests,
    fetch: async (request) => {
      const { method, url, headers, signal } = request;
      const reply = replies[Math.min(requests.length, replies.length - 1)];
      const { pathname, search } = new URL(url);
      requests.push({ method, path: `${pathname}${search}`, headers, body: await request.clone().text() });
      if (reply instanceof Response) return reply.clone();
      if (reply instanceof Error) throw reply;
      if (typeof reply === 'function') return reply(request);
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    },
  };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
}

export function problem(
  status: number,
  code: string,
  more: object = {},
  headers: Record<string, string> = {},
): Response {
  return json(status, { type: `/docs#problem-${code}`, title: `the title of ${code}`, status, code, ...more }, headers);
}

export const JOB_ID = '6aab8fca-7059-40c4-97d4-53f55fd5bf67';

export const ACCEPTED = {
  job_id: JOB_ID,
  trace_id: '5be4d82b-9c6f-4372-81d2-c0dc5a95a7a3',
  job_type: 'weather',
  state: 'queued',
  submitted_at: '2026-02-14T15:12:04.000Z',
  message: 'waiting for a worker',
};

export const RUNNING = {
  job_id: JOB_ID,
  state: 'running',
  progress_percent: 50,
  message: 'calling external provider',
  updated_at: '2026-02-14T15:12:06.000Z',
  sequence: 3,
};

export const COMPLETED = {
  job_id: JOB_ID,
  job_type: 'weather',
  input: { city: 'Austin', units: 'metric' },
  output: { temperature: 20.4, condition: 'Cloudy', humidity_pct: 61, wind_kph: 13.2 },
  final_state: 'completed',
  started_at: '2026-02-14T15:12:05.000Z',
  completed_at: '2026-02-14T15:12:07.000Z',
  error: null,
};

export const FAILED = {
  ...COMPLETED,
  output: null,
  final_state: 'failed',
  error: { code: 'city_not_found', message: 'no such city' },
};

/** An event stream of these pieces of text, which ends, breaks, or stays open behind them. */
export function events(pieces: readonly string[], end: 'end' | 'break' | 'open' = 'end'): Reply {
  return ({ signal }) => {
    const left = [...pieces];
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const piece = left.shift();
        if (piece !== undefined) return controller.enqueue(new TextEncoder().encode(piece));
        if (end === 'end') return controller.close();
        if (end === 'break') return controller.error(new TypeError('terminated'));
        return new Promise<void>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        });
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
}

export function statusEvent(sequence: number, status: object = RUNNING): string {
  return `event: status\nid: ${sequence}\ndata: ${JSON.stringify({ ...status, sequence })}\n\n`;
}

export const RESULT_EVENT = `event: result\nid: end\ndata: ${JSON.stringify(COMPLETED)}\n\n`;
