import { once } from 'node:events';
import { createServer, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from '@dtq/core/config.ts';
import { PROBLEM_TYPE, problem } from '@dtq/core/problem.ts';
import type { RequestHeaders } from '@dtq/core/request-body.ts';
import type { ProblemCode } from '@dtq/generated/schemas/types.ts';
import { getRequestListener } from '@hono/node-server';
import { AddressCounts } from './address-counts.ts';

export interface ConnectionLimits {
  /** Of all clients. */
  readonly maxConnections: number;
  /** Of one address; 0 for any number. */
  readonly maxConnectionsPerAddress: number;
  /** By when the headers of a request must have arrived, in milliseconds; 10 s where it is left out. */
  readonly headersMs?: number;
  /** A client that takes nothing of an answer for so long is cut off, in milliseconds; 30 s where it is left out. */
  readonly unreadMs?: number;
}

export interface RunningServer {
  /** Where it listens, such as http://127.0.0.1:8080; the real port where 0 was asked for. */
  readonly url: string;
  /** From now on each answer has its client use another connection next; new ones are taken all the same. */
  sendAway(): void;
  /** Takes no new connection, lets what is being answered finish within `drainMs`, and cuts the rest. */
  stop(drainMs: number): Promise<void>;
}

/** What is known of a request beside what it is. */
export interface Connection {
  /** Ends it at once, whatever is still to be sent. */
  readonly cut?: () => void;
  /** The address at its other end. */
  readonly address?: string | undefined;
  /** The headers of the request, by name in lower case. */
  readonly headers?: RequestHeaders;
}

// Slow or endless clients hold a connection no longer than these, in milliseconds; Node's own bound is five minutes.
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5000,
  maxHeaderSize: 16_384,
  // How often the first two are looked at; Node's own default adds half a minute to each.
  connectionsCheckingInterval: 1000,
};

const UNREAD_MS = 30_000;

const NO_LIMITS: ConnectionLimits = { maxConnections: 10_000, maxConnectionsPerAddress: 0 };

/** Listens and answers with an app. Rejects where it cannot listen, for instance with EADDRINUSE. */
export async function startServer(
  fetch: (request: Request, connection: Connection) => Response | Promise<Response>,
  { host, port }: Address,
  limits: ConnectionLimits = NO_LIMITS,
): Promise<RunningServer> {
  const listener = getRequestListener((request, { incoming, outgoing }) =>
    fetch(request, {
      cut: () => void outgoing.destroy(),
      address: incoming.socket.remoteAddress,
      // Only Set-Cookie would be a list, which no request has.
      headers: incoming.headers as RequestHeaders,
    }),
  );
  const { headersMs = LIMITS.headersTimeout, unreadMs = UNREAD_MS } = limits;
  const server = createServer({ ...LIMITS, headersTimeout: headersMs }, listener);
  server.maxConnections = limits.maxConnections;
  limitEachAddress(server, limits.maxConnectionsPerAddress);
  server.on('clientError', refuseUnreadable);
  let isLeaving = false;
  // Before the listener that answers.
  server.prependListener('request', (_request, response) => {
    if (isLeaving) response.setHeader('Connection', 'close');
    response.setTimeout(unreadMs, () => {
      const { socket } = response;
      if (socket !== null && socket.writableLength > 0) socket.destroy();
    });
    // Once no connection is taken any more, one that has had its answer is of no use; Node would keep it for its next request.
    response.once('close', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
  });
  server.listen(port, host === '' ? undefined : host);
  await once(server, 'listening');
  return {
    url: urlOf(server, host),
    sendAway: () => {
      isLeaving = true;
    },
    stop: (drainMs) => stop(server, drainMs),
  };
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  const shown = host === '' || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}

async function stop(server: Server, drainMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = new AbortController();
  const late = delay(drainMs, undefined, { signal: timer.signal }).then(
    () => server.closeAllConnections(),
    () => undefined,
  );
  await closed;
  timer.abort();
  await late;
}

/** Holds each address to so many connections at once; one more is told so and ended. */
function limitEachAddress(server: Server, most: number): void {
  if (most === 0) return;
  const counts = new AddressCounts(most);
  server.prependListener('connection', (socket: Socket) => {
    const leave = counts.enter(socket.remoteAddress);
    if (leave !== null) {
      socket.once('close', leave);
      return;
    }
    const detail = `One address may hold ${most} connections.`;
    socket.end(rawProblem('too_many_clients', detail), () => socket.destroy());
  });
}

/** Node's own words for what it does not read. */
const UNREADABLE: Readonly<Record<string, 'headers_too_large' | 'request_too_slow'>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_too_slow',
};

/** What is no HTTP, or breaks a limit of it, never reaches the app; it gets a problem too, and the connection ends. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = UNREADABLE[error.code ?? ''] ?? 'invalid_request';
  socket.end(rawProblem(code, 'The request is not HTTP that this server reads.'));
}

/** A whole answer as bytes, where there is no request to answer. */
function rawProblem(code: ProblemCode, detail: string): string {
  const { headers, body: content, status } = problem(code, { detail });
  const body = JSON.stringify(content);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
