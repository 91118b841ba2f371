import type { Fetch } from '../http.ts';
import type { Settings } from '../settings.ts';

/** Stands between the kit and a server, and breaks one promise. */
export type Mutate = (request: Request, next: Fetch) => Promise<Response>;

export interface Mutation {
  /** What the broken server does, for people. */
  readonly breaks: string;
  /** What the kit must say of it. */
  readonly says: RegExp;
  readonly mutate?: Mutate;
  readonly settings?: Partial<Settings>;
}

/** An answer as a mutation may change it. */
export interface Changeable {
  status: number;
  headers: Headers;
  text: string;
  /** Of the request. */
  readonly sent: string;
}

/** Changes the answers to some requests, told by method and path (with its query); all else goes by unchanged. */
export function answersTo(what: RegExp, change: (answer: Changeable) => Promise<void> | void): Mutate {
  return async (request, next) => {
    const { pathname, search } = new URL(request.url);
    if (!what.test(`${request.method} ${pathname}${search}`)) return next(request);
    const sent = await request.clone().text();
    const response = await next(request);
    const answer: Changeable = {
      status: response.status,
      headers: new Headers(response.headers),
      text: response.status === 204 ? '' : await response.text(),
      sent,
    };
    await change(answer);
    const { status, headers, text } = answer;
    return new Response(status === 204 ? null : text, { status, headers });
  };
}

type Json = Record<string, unknown>;

/** Changes the JSON of answers. */
export function bodiesOf(what: RegExp, change: (body: Json, answer: Changeable) => Promise<Json> | Json): Mutate {
  return answersTo(what, async (answer) => {
    let body: Json;
    try {
      body = JSON.parse(answer.text) as Json;
    } catch {
      return;
    }
    answer.text = JSON.stringify(await change(body, answer));
  });
}

/** Changes a request before it reaches the server: what it does not see, it cannot keep. */
export function requestsTo(
  what: RegExp,
  change: (request: { url: URL; headers: Headers; body: string }) => void,
): Mutate {
  return async (request, next) => {
    const url = new URL(request.url);
    if (!what.test(`${request.method} ${url.pathname}${url.search}`)) return next(request);
    const changed = { url, headers: new Headers(request.headers), body: await request.text() };
    change(changed);
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
    return next(
      new Request(changed.url, {
        method: request.method,
        headers: changed.headers,
        ...(hasBody ? { body: changed.body } : {}),
      }),
    );
  };
}

/** Drops fields of the JSON that a request carries. */
export function requestsWithout(what: RegExp, ...fields: string[]): Mutate {
  return requestsTo(what, (request) => {
    const body = JSON.parse(request.body) as Json;
    for (const field of fields) delete body[field];
    request.body = JSON.stringify(body);
  });
}

export function requestsWithoutHeader(what: RegExp, name: string): Mutate {
  return requestsTo(what, ({ headers }) => headers.delete(name));
}

export function requestsWithoutQuery(what: RegExp, name: string): Mutate {
  return requestsTo(what, ({ url }) => url.searchParams.delete(name));
}

/** Answers with another status than the server's. */
export function statusOf(what: RegExp, from: number, to: number): Mutate {
  return answersTo(what, (answer) => {
    if (answer.status === from) answer.status = to;
  });
}

/** Changes the blocks of an event stream, which the kit then gets whole. */
export function eventsOf(change: (blocks: string[]) => string[]): Mutate {
  return answersTo(/^GET \/v1\/jobs\/[^/]+\/events$/, (answer) => {
    if (answer.status !== 200) return;
    const blocks = answer.text.split('\n\n').filter((block) => block !== '');
    answer.text = `${change(blocks).join('\n\n')}\n\n`;
  });
}
