import { settlesWithin } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { PoolUse, ProgressChannel } from '@dtq/core/ports.ts';
import type { ProgressReply, ProgressRequest } from '@dtq/generated/schemas/types.ts';
import { type Channel, Connection } from 'rabbitmq-client';
import type { RabbitmqConfig } from './config.ts';
import { answerWithin } from './deadline.ts';
import { ProgressRequester } from './progress-requester.ts';
import { ProgressResponder } from './progress-responder.ts';

const PART = 'rabbitmq';
const CLOSE_MS = 1000;

/**
 * The progress channel: questions over one durable queue that all workers take from, replies over the asker's own.
 *
 * Weak points. A question that nobody takes, and one whose worker dies, look the same: no reply until the deadline. A frozen
 * server is noticed by the heartbeat only, after about ten seconds; until then each question waits for its deadline.
 */
export class RabbitmqProgressChannel implements ProgressChannel {
  readonly #config: RabbitmqConfig;
  readonly #log: Logger;
  readonly #connection: Connection;
  readonly #tried = Promise.withResolvers<void>();
  readonly #responders = new Set<ProgressResponder>();
  #requester: ProgressRequester | null = null;
  #checkChannel: Channel | null = null;
  #checking: Promise<void> | null = null;
  #closed: Promise<void> | null = null;

  constructor(config: RabbitmqConfig, clientId: string, log: Logger) {
    this.#config = config;
    this.#log = log;
    this.#connection = new Connection({
      url: config.url,
      connectionName: clientId,
      ...(config.tls === null ? {} : { tls: { ...config.tls } }),
      acquireTimeout: 1000,
      connectionTimeout: 2000,
      // In seconds; the client gives the server up after two of them.
      heartbeat: 5,
      retryLow: 200,
      retryHigh: 2000,
      // Else the two small writes of a message wait for each other's acknowledgement, 40 ms.
      noDelay: true,
    });
    let isTroubled = false;
    this.#connection.on('error', (error: unknown) => {
      this.#tried.resolve();
      if (this.#closed !== null) return;
      isTroubled = true;
      log.warn({ err: error }, 'rabbitmq: the connection is broken; it is made again');
    });
    this.#connection.on('connection', () => {
      this.#tried.resolve();
      if (isTroubled) log.info('rabbitmq: connected again');
      isTroubled = false;
    });
  }

  /** Resolves once a first connect was made, or has failed. */
  get tried(): Promise<void> {
    return this.#tried.promise;
  }

  /** Makes the queue for replies now, so that the first question need not wait for it. */
  prepareToAsk(): ProgressRequester {
    this.#requester ??= new ProgressRequester(this.#connection, this.#config.requestQueue, this.#log);
    return this.#requester;
  }

  /** Questions that are being answered; none where nobody answers here. */
  get pools(): readonly PoolUse[] {
    if (this.#responders.size === 0) return [];
    const used = Math.max(...[...this.#responders].map(({ answering }) => answering));
    return [{ pool: 'rabbitmq_questions', used, limit: this.#config.prefetch }];
  }

  async ask(request: ProgressRequest, timeoutMs: number, traceparent?: string): Promise<ProgressReply> {
    this.#mustBeOpen();
    return this.prepareToAsk().ask(request, timeoutMs, traceparent);
  }

  async answer(
    respond: (request: ProgressRequest, traceparent?: string) => Promise<ProgressReply>,
  ): Promise<() => Promise<void>> {
    this.#mustBeOpen();
    const { requestQueue, prefetch } = this.#config;
    const responder = new ProgressResponder(this.#connection, requestQueue, prefetch, respond, this.#log);
    this.#responders.add(responder);
    await responder.started();
    return async () => {
      this.#responders.delete(responder);
      await responder.close();
    };
  }

  /** Resolves where the server answers now. */
  async check(ms: number): Promise<void> {
    this.#mustBeOpen();
    if (!this.#connection.ready) throw new Unavailable(PART, 'the server cannot be reached');
    // One round trip at a time: who comes while one is under way hears when that one is back.
    this.#checking ??= this.#roundTrip().finally(() => {
      this.#checking = null;
    });
    await answerWithin(PART, ms, 'a round trip', this.#checking);
  }

  /** May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#requester?.close();
    await Promise.all([...this.#responders].map((responder) => responder.close()));
    const isDone = await settlesWithin(CLOSE_MS, this.#closeConnection());
    if (!isDone) this.#connection.unsafeDestroy();
  }

  /** The driver waits for channels that nobody closes; ours hold nothing that could be lost. */
  async #closeConnection(): Promise<void> {
    if (!this.#connection.ready) return this.#connection.unsafeDestroy();
    await this.#checkChannel?.close();
    await this.#requester?.closeChannel();
    await this.#connection.close();
  }

  async #roundTrip(): Promise<void> {
    if (this.#checkChannel?.active !== true) this.#checkChannel = await this.#connection.acquire();
    await this.#checkChannel.basicQos({ prefetchCount: 1 });
  }

  #mustBeOpen(): void {
    if (this.#closed !== null) throw new Unavailable(PART, 'the backend is closed');
  }
}
