import { operationPath } from '@dtq/generated/rest/operations.ts';
import { type AsyncMessage, Connection } from 'rabbitmq-client';
import type { Fetch } from '../http.ts';

// Answers progress questions by another hand: right, until it is told to break a promise.

export type AmqpBreak =
  | 'says no media type'
  | 'answers with the id of the question before'
  | 'does not answer for a job that it does not know'
  | 'answers into queues of its own choice only'
  | 'answers without a correlation id'
  | 'ends with a question without a reply_to'
  | 'answers into any queue'
  | 'does not validate'
  | 'ends with garbage';

export interface OtherResponder {
  breaks: AmqpBreak | null;
  close(): Promise<void>;
}

/** Answers what comes in a queue; `fetch` asks the API where a job stands. */
export async function otherResponder(url: string, queue: string, fetch: Fetch): Promise<OtherResponder> {
  const connection = new Connection({ url, noDelay: true });
  connection.on('error', () => undefined);
  const channel = await connection.acquire();
  await channel.queueDeclare({ queue, durable: true });
  const state: { breaks: AmqpBreak | null } = { breaks: null };
  let isDead = false;
  let before: string | undefined;

  async function answer({ correlationId, replyTo, body }: AsyncMessage): Promise<void> {
    const { breaks } = state;
    if (isDead) return;
    const text = Buffer.isBuffer(body) ? body.toString() : JSON.stringify(body);
    const question = parsed(text);
    const jobId = question?.['job_id'];
    if (typeof jobId !== 'string' && breaks !== 'does not validate') {
      isDead = breaks === 'ends with garbage' && question === null;
      return;
    }
    if (replyTo === undefined) {
      isDead = breaks === 'ends with a question without a reply_to';
      return;
    }
    if (correlationId === undefined && breaks !== 'answers without a correlation id') return;
    const isOwn = /^amq\.(?:gen-|rabbitmq\.reply-to)/.test(replyTo);
    if (!isOwn && breaks !== 'answers into any queue') return;
    if (breaks === 'answers into queues of its own choice only' && !replyTo.startsWith('amq.gen-')) return;
    const found = await fetch(
      new Request(new URL(operationPath('getJobStatus', { job_id: String(jobId) }), 'http://dtq')),
    );
    const isKnown = found.status === 200;
    if (!isKnown && breaks === 'does not answer for a job that it does not know') return;
    const unknown = { job_id: jobId, state: 'not_found', progress_percent: 0, message: 'not found' };
    const reply = isKnown ? ((await found.json()) as object) : { ...unknown, timestamp: new Date().toISOString() };
    const echoed = breaks === 'answers with the id of the question before' ? (before ?? correlationId) : correlationId;
    before = correlationId;
    const contentType = breaks === 'says no media type' ? 'text/plain' : 'application/json';
    await channel.basicPublish(
      { routingKey: replyTo, contentType, ...(echoed === undefined ? {} : { correlationId: echoed }) },
      Buffer.from(JSON.stringify(reply)),
    );
  }

  await channel.basicConsume({ queue, noAck: true }, (message) => void answer(message).catch(() => undefined));
  return {
    get breaks() {
      return state.breaks;
    },
    set breaks(promise) {
      state.breaks = promise;
      isDead = false;
    },
    close: async () => {
      await channel.queueDelete({ queue });
      await channel.close();
      await connection.close();
    },
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
