import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers one request of a provider. */
export type Play = (response: ServerResponse, request: IncomingMessage) => void;

/** A provider on a socket of this machine, for tests. */
export interface Simulator {
  /** Without a path. */
  readonly url: string;
  /** Every request so far, as it came. */
  readonly requests: readonly URL[];
  readonly headers: readonly IncomingMessage['headers'][];
  /** Answers of one path from now on, one for each call; the last one stays. */
  on(path: string, ...plays: readonly Play[]): void;
  /** How often a path was called. */
  calls(path: string): number;
  close(): Promise<void>;
}

/** Starts a simulator that answers 404 to every path it knows nothing of yet, or as is given. */
export async function startSimulator(
  otherwise: Play = json({ error: true, reason: 'Not Found' }, 404),
): Promise<Simulator> {
  const requests: URL[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const plays = new Map<string, Play[]>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://simulator');
    requests.push(url);
    headers.push(request.headers);
    const waiting = plays.get(url.pathname) ?? [otherwise];
    const play = waiting.length > 1 ? waiting.shift() : waiting[0];
    play?.(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    headers,
    on: (path, ...next) => void plays.set(path, [...next]),
    calls: (path) => requests.filter(({ pathname }) => pathname === path).length,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** An address where nobody listens. */
export async function closedUrl(): Promise<string> {
  const simulator = await startSimulator();
  await simulator.close();
  return simulator.url;
}

/** What a provider sends, as it was recorded or as its documentation prints it (fixtures/). */
export function fixture(name: string, status = 200, headers: Record<string, string> = {}): Play {
  return text(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url)), status, headers);
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Play {
  return text(JSON.stringify(value), status, headers);
}

export function text(body: string | Uint8Array, status = 200, headers: Record<string, string> = {}): Play {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    response.end(body);
  };
}

/** Takes the request and never answers. */
export const never: Play = () => undefined;

/** Sends the head and the first bytes, then nothing more. */
export const stuck: Play = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"cur');
};

/** Resets the connection instead of an answer. */
export const reset: Play = (_response, request) => void request.socket.resetAndDestroy();

/** Promises more than it sends, then closes the connection. */
export const halfBody: Play = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"current":', () => response.destroy());
};

/** Sends and sends, until the other side has had enough. */
export const endless: Play = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const more = (): void => {
    while (!response.destroyed && response.write(' '.repeat(16_384)));
  };
  response.on('drain', more);
  more();
};

export const redirect: Play = (response) => {
  response.writeHead(302, { location: '/elsewhere' });
  response.end();
};
