import { once } from 'node:events';
import { createServer, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from '@dtq/core/config.ts';
import { PROBLEM_TYPE, problem } from '@dtq/core/problem.ts';
import { getRequestListener } from '@hono/node-server';

export interface RunningServer {
  /** Where it listens, such as http://127.0.0.1:8080; the real port where 0 was asked for. */
  readonly url: string;
  /** Takes no new connection, lets what is being answered finish within `drainMs`, and cuts the rest. */
  stop(drainMs: number): Promise<void>;
}

/** The connection that a request came over. */
export interface Connection {
  /** Ends it at once, whatever is still to be sent. */
  readonly cut?: () => void;
}

// Slow or endless clients hold a connection no longer than these, in milliseconds; Node's own bound is five minutes.
const LIMITS = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5000, maxHeaderSize: 16_384 };
const MAX_CONNECTIONS = 10_000;

/** Listens and answers with an app. Rejects where it cannot listen, for instance with EADDRINUSE. */
export async function startServer(
  fetch: (request: Request, connection: Connection) => Response | Promise<Response>,
  { host, port }: Address,
): Promise<RunningServer> {
  const listener = getRequestListener(
    (request, { outgoing }) => fetch(request, { cut: () => void outgoing.destroy() }),
    { overrideGlobalObjects: false },
  );
  const server = createServer(LIMITS, listener);
  server.maxConnections = MAX_CONNECTIONS;
  server.on('clientError', refuseUnreadable);
  server.on('request', (_request, response) => {
    // Once no connection is taken any more, one that has had its answer is of no use; Node would keep it for its next request.
    response.once('close', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
  });
  server.listen(port, host === '' ? undefined : host);
  await once(server, 'listening');
  return { url: urlOf(server, host), stop: (drainMs) => stop(server, drainMs) };
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
  const { status, ...answer } = problem(code, { detail: 'The request is not HTTP that this server reads.' });
  const body = JSON.stringify(answer.body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
