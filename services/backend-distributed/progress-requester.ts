import { Defect, NoReply, Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import { CHANNELS, CONTENT_TYPES } from '@dtq/generated/messaging/channels.ts';
import { PROGRESS_HEADERS } from '@dtq/generated/messaging/headers.ts';
import type { ProgressReply, ProgressRequest } from '@dtq/generated/schemas/types.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import type { AsyncMessage, Channel, Connection } from 'rabbitmq-client';
import { readBody } from './amqp-body.ts';

const PART = 'rabbitmq';

/** How long a question waits for the reply queue of a connection that has just been made; and between two tries, in ms. */
const SET_UP_MS = 500;
const RETRY_MS = 1000;

interface Question {
  readonly jobId: string;
  readonly resolve: (reply: ProgressReply) => void;
  readonly reject: (error: Error) => void;
}

/** Where questions leave and replies arrive, as long as a channel lives. */
interface Desk {
  readonly channel: Channel;
  readonly replyQueue: string;
}

/**
 * Asks, and sorts the replies. One reply queue, exclusive and named by the server, for all questions of the process; when its
 * channel is lost nobody can answer any more, so open questions reject at once and the next channel has a queue of its own.
 *
 * Questions are transient and unconfirmed: with confirms a reply may be here before the confirm, and was then lost.
 */
export class ProgressRequester {
  readonly #connection: Connection;
  readonly #requestQueue: string;
  readonly #log: Logger;
  readonly #open = new Map<string, Question>();
  #desk: Desk | null = null;
  #settingUp: Promise<void> | null = null;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isTroubled = false;

  constructor(connection: Connection, requestQueue: string, log: Logger) {
    this.#connection = connection;
    this.#requestQueue = requestQueue;
    this.#log = log;
    connection.on('connection', () => this.#setUp());
    if (connection.ready) this.#setUp();
  }

  async ask(request: ProgressRequest, timeoutMs: number, traceparent?: string): Promise<ProgressReply> {
    const began = performance.now();
    const { channel, replyQueue } = await this.#deskWithin(Math.min(SET_UP_MS, timeoutMs));
    const { request_id: id, job_id: jobId } = request;
    if (this.#open.has(id)) throw new Defect(`the question ${id} is open already`);
    const { promise, resolve, reject } = Promise.withResolvers<ProgressReply>();
    const leftMs = Math.max(1, Math.round(timeoutMs - (performance.now() - began)));
    const timer = setTimeout(() => reject(new NoReply(timeoutMs)), leftMs);
    this.#open.set(id, { jobId, resolve, reject });
    const envelope = {
      exchange: '',
      routingKey: this.#requestQueue,
      correlationId: id,
      replyTo: replyQueue,
      contentType: CONTENT_TYPES.ProgressRequest,
      ...(traceparent === undefined ? {} : { headers: { [PROGRESS_HEADERS.traceparent]: traceparent } }),
      durable: false,
      // A question nobody took in time is of no use to anybody.
      expiration: String(leftMs),
      // It comes back where the queue is gone.
      mandatory: true,
    };
    channel.basicPublish(envelope, Buffer.from(JSON.stringify(request))).catch((error: unknown) => {
      reject(new Unavailable(PART, 'the question could not be sent', { cause: error }));
    });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#open.delete(id);
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#rejectAll('the backend is closed');
  }

  /** The driver's connection ends only when all its channels have. */
  async closeChannel(): Promise<void> {
    await this.#settingUp;
    await this.#desk?.channel.close();
  }

  async #deskWithin(ms: number): Promise<Desk> {
    if (this.#isClosed) throw new Unavailable(PART, 'the backend is closed');
    // A blocked connection takes nothing, even with a desk.
    if (!this.#connection.ready) throw new Unavailable(PART, 'the server cannot be reached');
    if (this.#desk === null && this.#settingUp !== null) {
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, ms);
      await Promise.race([this.#settingUp, late.promise]).finally(() => clearTimeout(timer));
    }
    if (this.#desk === null) throw new Unavailable(PART, 'there is no queue for replies');
    return this.#desk;
  }

  #setUp(): void {
    clearTimeout(this.#retry);
    if (this.#isClosed || this.#desk !== null || this.#settingUp !== null || !this.#connection.ready) return;
    this.#settingUp = this.#makeDesk()
      .catch((error: unknown) => {
        const words = 'rabbitmq: the queues of progress questions cannot be set up; tried again';
        if (this.#isTroubled) this.#log.debug({ err: error }, words);
        else this.#log.warn({ err: error, queue: this.#requestQueue }, words);
        this.#isTroubled = true;
        this.#setUpLater();
      })
      .finally(() => {
        this.#settingUp = null;
      });
  }

  #setUpLater(): void {
    clearTimeout(this.#retry);
    if (!this.#isClosed) this.#retry = setTimeout(() => this.#setUp(), RETRY_MS);
  }

  async #makeDesk(): Promise<void> {
    const channel = await this.#connection.acquire();
    const lost = (): void => {
      if (this.#desk?.channel === channel) {
        this.#desk = null;
        this.#rejectAll('the connection was lost');
      }
      this.#setUpLater();
    };
    channel.once('close', lost);
    channel.on('basic.cancel', () => void channel.close());
    channel.on('basic.return', ({ correlationId }) => this.#returned(correlationId));
    try {
      await channel.queueDeclare({ queue: this.#requestQueue, ...CHANNELS.progressRequests.queue });
      const { queue } = await channel.queueDeclare({ queue: '', exclusive: true, autoDelete: true });
      await channel.basicConsume({ queue, noAck: true, exclusive: true }, (message) => this.#replied(message));
      if (!channel.active) throw new Error('the channel was closed');
      this.#desk = { channel, replyQueue: queue };
      this.#isTroubled = false;
    } catch (error) {
      void channel.close();
      throw error;
    }
  }

  #replied({ correlationId, body }: AsyncMessage): void {
    const question = correlationId === undefined ? undefined : this.#open.get(correlationId);
    // Late, or nobody's.
    if (question === undefined) return;
    const read = readBody(body, tolerant.ProgressReply);
    if (read.ok && read.value.job_id === question.jobId) {
      question.resolve(read.value);
      return;
    }
    const reason = read.ok ? 'it speaks of another job' : read.reason;
    this.#log.warn({ job_id: question.jobId, reason }, 'a progress reply is dropped');
  }

  /** The server has no such queue: somebody took it away. */
  #returned(correlationId: string | undefined): void {
    const question = correlationId === undefined ? undefined : this.#open.get(correlationId);
    question?.reject(new Unavailable(PART, 'there is no queue for questions'));
    // A new desk declares it again.
    void this.#desk?.channel.close();
  }

  #rejectAll(words: string): void {
    for (const { reject } of this.#open.values()) reject(new Unavailable(PART, words));
  }
}
