import { sleep } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import { answerWithin } from './deadline.ts';
import type { RedisConnection } from './redis-client.ts';

const WATCH_MS = 1000;
const RETRY_MS = 1000;

/** Listens to channels over one connection, made with the first one; the driver subscribes again when it was broken. */
export class StatusWatch {
  readonly #connect: () => RedisConnection;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  #connection: RedisConnection | null = null;

  constructor(connect: () => RedisConnection, log: Logger) {
    this.#connect = connect;
    this.#log = log;
  }

  /** Resolves once the server has confirmed; to what ends it. Rejects with Unavailable. */
  async watch(channel: string, onText: (text: string) => void): Promise<() => Promise<void>> {
    if (this.#closing.signal.aborted) throw new Unavailable('redis', 'the backend is closed');
    this.#connection ??= this.#connect();
    const connection = this.#connection;
    let isEnded = false;
    // A function of its own each time: the driver tells listeners apart by identity.
    const listener = (text: string): void => {
      if (isEnded) return;
      try {
        onText(text);
      } catch (error) {
        this.#log.error({ err: error }, 'whoever watches a channel failed');
      }
    };
    const end = async (): Promise<void> => {
      if (isEnded) return;
      isEnded = true;
      await this.#unsubscribe(connection, channel, listener);
    };
    const subscribing = subscribe(connection, channel, listener);
    try {
      await answerWithin('redis', WATCH_MS, 'watching a channel', subscribing);
      return end;
    } catch (error) {
      // It may still be confirmed.
      subscribing.then(end, () => undefined);
      throw error;
    }
  }

  close(): void {
    this.#closing.abort(new Unavailable('redis', 'the backend is closed'));
    this.#connection?.close();
  }

  /** Waits for the first try only; while there is no connection the driver would keep the listener, and so it is tried again. */
  async #unsubscribe(connection: RedisConnection, channel: string, listener: (text: string) => void): Promise<void> {
    const { signal } = this.#closing;
    const tryOnce = (): Promise<unknown> =>
      answerWithin('redis', WATCH_MS, 'ending a watch', connection.client.unsubscribe(channel, listener));
    const tryAgain = async (): Promise<void> => {
      while (!signal.aborted) {
        await sleep(RETRY_MS, signal).catch(() => undefined);
        if (!connection.client.isReady) continue;
        if (
          await tryOnce().then(
            () => true,
            () => false,
          )
        )
          return;
      }
    };
    if (signal.aborted) return;
    await tryOnce().catch(() => void tryAgain());
  }
}

async function subscribe(
  connection: RedisConnection,
  channel: string,
  listener: (text: string) => void,
): Promise<void> {
  if (!(await connection.settled())) throw new Unavailable('redis', 'the server cannot be reached');
  await connection.client.subscribe(channel, listener);
}
