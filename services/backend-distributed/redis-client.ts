import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import { createClient } from 'redis';
import type { RedisConfig } from './config.ts';

const CONNECT_MS = 1000;

/** A server that says nothing for so long is given up; pings keep a quiet connection from being taken for one. In ms. */
const SILENCE_MS = 2500;
const PING_EVERY_MS = 1000;

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1000;

/** Commands that wait for their replies at most. */
const MOST_COMMANDS = 1000;

type Client = ReturnType<typeof clientOf>;

/**
 * One connection, which is made in the background and made again whenever it breaks. While there is none, commands are
 * refused at once: what a reader of a status waits for must not queue up behind a server that is away.
 */
export class RedisConnection {
  readonly client: Client;
  readonly #waiting = new Set<(isReady: boolean) => void>();
  #isTroubled = false;
  #isClosed = false;

  constructor(config: RedisConfig, name: string, log: Logger) {
    this.client = clientOf(config, name);
    this.client.on('error', (error: unknown) => {
      if (this.#isClosed) return;
      const words = 'redis: the connection is broken; it is made again';
      if (this.#isTroubled) log.debug({ err: error }, words);
      else log.warn({ err: error }, words);
      this.#isTroubled = true;
      this.#tell(false);
    });
    this.client.on('ready', () => {
      if (this.#isTroubled) log.info('redis: connected again');
      this.#isTroubled = false;
      this.#tell(true);
    });
    this.client.connect().catch((error: unknown) => {
      if (!this.#isClosed) log.error({ err: error }, 'redis: the client gave up');
    });
  }

  /** Resolves with the next connect, or at once where there is one: to whether there is a connection now. */
  settled(): Promise<boolean> {
    if (this.client.isReady || this.#isClosed) return Promise.resolve(this.client.isReady);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.add(resolve);
    return promise;
  }

  /** Sends one command. Throws Unavailable at once where there is no connection. */
  async send(args: readonly string[]): Promise<unknown> {
    if (this.#isClosed) throw new Unavailable('redis', 'the backend is closed');
    if (!this.client.isReady) throw new Unavailable('redis', 'the server cannot be reached');
    return await this.client.sendCommand<unknown>(args);
  }

  close(): void {
    this.#isClosed = true;
    this.#tell(false);
    this.client.destroy();
  }

  #tell(isReady: boolean): void {
    for (const resolve of this.#waiting) resolve(isReady);
    this.#waiting.clear();
  }
}

function clientOf({ address, username, password, database, tls }: RedisConfig, name: string) {
  return createClient({
    RESP: 2,
    database,
    name,
    disableClientInfo: true,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MOST_COMMANDS,
    pingInterval: PING_EVERY_MS,
    // Ours is outside: theirs ends as soon as a command is written.
    commandOptions: { timeout: 0 },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    socket: {
      host: address.host === '' ? '127.0.0.1' : address.host,
      port: address.port,
      connectTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      // The default strategy closes a client for good once its server was silent.
      reconnectStrategy: (retries: number) =>
        Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(retries, 6)) + Math.random() * FIRST_WAIT_MS,
      ...(tls === null ? {} : { tls: true as const, ...tls }),
    },
  });
}
