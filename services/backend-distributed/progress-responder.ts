import { settlesWithin } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import { CHANNELS, CONTENT_TYPES } from '@dtq/generated/messaging/channels.ts';
import { PROGRESS_HEADERS } from '@dtq/generated/messaging/headers.ts';
import type { ProgressHeaders, ProgressReply, ProgressRequest } from '@dtq/generated/schemas/types.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import { type AsyncMessage, type Connection, type Consumer, ConsumerStatus } from 'rabbitmq-client';
import { readBody } from './amqp-body.ts';

/** A responder that takes longer has no asker left, and gives its place to the next question; in milliseconds. */
const ANSWER_MS = 5000;
const READY_MS = 1000;
const CLOSE_MS = 1000;

/**
 * Whom a reply may go to: the server's own names for queues that it made for one connection, or for direct replies. A reply
 * to any other name would let a question write into any queue, for no permission of the broker stands in between.
 */
const REPLY_TO = /^amq\.(?:gen-|rabbitmq\.reply-to(?:\.|$))/;

type Respond = (request: ProgressRequest, traceparent?: string) => Promise<ProgressReply>;

/** Takes questions from the request queue and answers them; a question that is none is dropped, counted and logged. */
export class ProgressResponder {
  readonly #respond: Respond;
  readonly #log: Logger;
  readonly #consumer: Consumer;
  readonly #ready: Promise<void>;
  #dropped = 0;
  #answering = 0;
  #closed: Promise<void> | null = null;

  constructor(connection: Connection, requestQueue: string, prefetch: number, respond: Respond, log: Logger) {
    this.#respond = respond;
    this.#log = log;
    this.#consumer = connection.createConsumer(
      {
        queue: requestQueue,
        queueOptions: { ...CHANNELS.progressRequests.queue },
        qos: { prefetchCount: prefetch },
        concurrency: prefetch,
        requeue: false,
      },
      (message, reply) =>
        this.#answer(message, (answer) =>
          reply(Buffer.from(JSON.stringify(answer)), {
            contentType: CONTENT_TYPES.ProgressReply,
            durable: false,
            headers: headersOf(message),
          }),
        ),
    );
    this.#consumer.on('error', (error: unknown) =>
      log.warn({ err: error, queue: requestQueue }, 'rabbitmq: progress questions cannot be taken; tried again'),
    );
    this.#ready = new Promise((resolve) => this.#consumer.once('ready', resolve));
  }

  /** Questions that were dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Questions that are being answered. */
  get answering(): number {
    return this.#answering;
  }

  /** Resolves once it takes questions, or after a short while in which it could not begin to. */
  async started(): Promise<void> {
    await settlesWithin(READY_MS, this.#ready);
  }

  /** Takes no more questions, and lets those that are being answered have a moment. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= settlesWithin(CLOSE_MS, this.#consumer.close()).then(() => undefined);
    return this.#closed;
  }

  async #answer(message: AsyncMessage, reply: (answer: ProgressReply) => Promise<void>): Promise<ConsumerStatus> {
    const { correlationId, replyTo, body } = message;
    if (!correlationId) return this.#drop('it has no correlation id');
    if (!replyTo) return this.#drop('it names no queue for the reply');
    if (!REPLY_TO.test(replyTo)) return this.#drop('it names a queue that replies may not go to');
    const request = readBody(body, tolerant.ProgressRequest);
    if (!request.ok) return this.#drop(request.reason);
    const { job_id } = request.value;
    this.#answering += 1;
    try {
      const { traceparent } = headersOf(message);
      // A responder may also throw.
      const answering = Promise.resolve().then(() => this.#respond(request.value, traceparent));
      if (await settlesWithin(ANSWER_MS, answering)) await reply(await answering);
      else this.#log.warn({ job_id }, `a progress question has no answer after ${ANSWER_MS} ms, and gets no reply`);
    } catch (error) {
      this.#log.warn({ err: error, job_id }, 'a progress question gets no reply');
    } finally {
      this.#answering -= 1;
    }
    return ConsumerStatus.ACK;
  }

  #drop(reason: string): ConsumerStatus {
    this.#dropped += 1;
    this.#log.warn({ reason, dropped: this.#dropped }, 'a progress question is dropped');
    return ConsumerStatus.DROP;
  }
}

/** What of a question's headers is ours; what breaks the contract counts as missing. */
function headersOf({ headers }: AsyncMessage): ProgressHeaders {
  const traceparent: unknown = headers?.[PROGRESS_HEADERS.traceparent];
  const found = { [PROGRESS_HEADERS.traceparent]: traceparent };
  return traceparent !== undefined && tolerant.ProgressHeaders(found) ? found : {};
}
