import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { PoolUse } from '@dtq/core/ports.ts';
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
 *
 * The driver takes a connection for dead when nothing goes over it, in either direction: one that still takes our commands
 * and answers none it would keep. That is noticed here, and the client replaced.
 */
export class RedisConnection {
  readonly #config: RedisConfig;
  readonly #name: string;
  readonly #log: Logger;
  readonly #waiting = new Set<(isReady: boolean) => void>();
  readonly #watchdog: NodeJS.Timeout;
  #client: Client;
  #pending = 0;
  /** The last reply, or the first command after a time without any; by the clock that is never set. */
  #lastSign = 0;
  #isTroubled = false;
  #isClosed = false;

  constructor(config: RedisConfig, name: string, log: Logger) {
    this.#config = config;
    this.#name = name;
    this.#log = log;
    this.#client = this.#connect();
    this.#watchdog = setInterval(() => {
      if (this.#pending > 0 && performance.now() - this.#lastSign > SILENCE_MS) this.#replace();
    }, PING_EVERY_MS);
  }

  /** For subscriptions, which stay with one client; whoever has them sends no commands over this connection. */
  get client(): Client {
    return this.#client;
  }

  /** Commands that wait for their replies. */
  get pool(): PoolUse {
    return { pool: 'redis_commands', used: this.#pending, limit: MOST_COMMANDS };
  }

  /** Resolves with the next connect, or at once where there is one: to whether there is a connection now. */
  settled(): Promise<boolean> {
    if (this.#client.isReady || this.#isClosed) return Promise.resolve(this.#client.isReady);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.add(resolve);
    return promise;
  }

  /** Sends one command. Throws Unavailable at once where there is no connection. */
  async send(args: readonly string[]): Promise<unknown> {
    if (this.#isClosed) throw new Unavailable('redis', 'the backend is closed');
    if (!this.#client.isReady) throw new Unavailable('redis', 'the server cannot be reached');
    if (this.#pending === 0) this.#lastSign = performance.now();
    this.#pending += 1;
    try {
      return await this.#client.sendCommand<unknown>(args);
    } finally {
      this.#pending -= 1;
      this.#lastSign = performance.now();
    }
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#watchdog);
    this.#tell(false);
    this.#client.destroy();
  }

  #connect(): Client {
    const client = clientOf(this.#config, this.#name);
    client.on('error', (error: unknown) => {
      if (client === this.#client) this.#troubled(error);
    });
    client.on('ready', () => {
      if (this.#isTroubled) this.#log.info('redis: connected again');
      this.#isTroubled = false;
      this.#tell(true);
    });
    client.connect().catch((error: unknown) => {
      if (!this.#isClosed && client === this.#client) this.#log.error({ err: error }, 'redis: the client gave up');
    });
    return client;
  }

  #replace(): void {
    const old = this.#client;
    this.#troubled(new Error(`no reply for ${SILENCE_MS} ms`));
    this.#client = this.#connect();
    old.destroy();
  }

  #troubled(error: unknown): void {
    if (this.#isClosed) return;
    const words = 'redis: the connection is broken; it is made again';
    if (this.#isTroubled) this.#log.debug({ err: error }, words);
    else this.#log.warn({ err: error }, words);
    this.#isTroubled = true;
    this.#tell(false);
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
