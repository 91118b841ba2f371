import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';

interface Watched {
  connected: boolean;
}

const current = new AsyncLocalStorage<Watched>();
const watchedByRequest = new WeakMap<object, Watched>();
let listening = false;

/**
 * Starts a call and tells, at any time after, whether its request has gone onto a connection (TLS included). The call itself
 * never says; undici's documented channels do: `request:create` runs in the caller's async context, and
 * `client:sendHeaders` names the same request once it has a socket.
 */
export function watchConnection<T>(start: () => Promise<T>): {
  readonly result: Promise<T>;
  readonly connected: () => boolean;
} {
  listen();
  const watched: Watched = { connected: false };
  return { result: current.run(watched, start), connected: () => watched.connected };
}

function listen(): void {
  if (listening) return;
  listening = true;
  subscribe('undici:request:create', (message) => {
    const request = requestOf(message);
    const watched = current.getStore();
    if (request !== undefined && watched !== undefined) watchedByRequest.set(request, watched);
  });
  subscribe('undici:client:sendHeaders', (message) => {
    const request = requestOf(message);
    const watched = request === undefined ? undefined : watchedByRequest.get(request);
    if (watched !== undefined) watched.connected = true;
  });
}

function requestOf(message: unknown): object | undefined {
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
  return isObject(message) && 'request' in message && isObject(message.request) ? message.request : undefined;
}
