import { randomUUID } from 'node:crypto';
import { type AsyncMessage, Connection, type SyncMessage } from 'rabbitmq-client';

/** A message with the properties that correlate it. */
export interface Correlated {
  readonly correlation_id: string | undefined;
  readonly reply_to: string | undefined;
  readonly content_type: string | undefined;
  readonly body: unknown;
}

/** Speaks AMQP and knows nothing of dtq: asks as a requester does, and answers as a responder does. */
export interface BareAmqp {
  /** Whether a queue is there, and how many messages wait and consumers listen. */
  look(queue: string): Promise<{ readonly messages: number; readonly consumers: number } | null>;
  /** Takes the next message of a queue, as a worker does. */
  take(queue: string): Promise<Correlated | null>;
  /** Sends a reply to where a message asked for it, under a correlation id. */
  reply(to: Correlated, correlationId: string | undefined, body: unknown): Promise<void>;
  /** Asks, from an exclusive reply queue that the server names; the reply is the first message in it. */
  ask(
    queue: string,
    make: (requestId: string) => unknown,
    patienceMs: number,
  ): Promise<readonly [Correlated, Correlated]>;
  close(): Promise<void>;
}

const JSON_TYPE = 'application/json';

export function openBareAmqp(url: string): BareAmqp {
  const connection = new Connection({ url, noDelay: true, acquireTimeout: 10_000 });
  connection.on('error', () => undefined);
  return {
    look: async (queue) => {
      // A refusal closes the channel that asked.
      const channel = await connection.acquire();
      try {
        const { messageCount, consumerCount } = await channel.queueDeclare({ queue, passive: true });
        return { messages: messageCount, consumers: consumerCount };
      } catch (error) {
        if ((error as { code?: string }).code === 'NOT_FOUND') return null;
        throw error;
      } finally {
        await channel.close().catch(() => undefined);
      }
    },
    take: async (queue) => {
      const message = await connection.basicGet({ queue, noAck: true });
      return message === undefined ? null : correlated(message);
    },
    reply: async ({ reply_to }, correlationId, body) => {
      const channel = await connection.acquire();
      const to = { routingKey: reply_to ?? '', contentType: JSON_TYPE };
      await channel.basicPublish(correlationId === undefined ? to : { ...to, correlationId }, body);
      await channel.close();
    },
    ask: async (queue, make, patienceMs) => {
      const channel = await connection.acquire();
      try {
        const { queue: replyTo } = await channel.queueDeclare({ exclusive: true });
        const requestId = randomUUID();
        const body = make(requestId);
        const first = new Promise<AsyncMessage>((resolve, reject) => {
          const late = (): void => reject(new Error(`no reply to the question within ${patienceMs} ms`));
          const timer = setTimeout(late, patienceMs);
          const take = (message: AsyncMessage): void => {
            clearTimeout(timer);
            resolve(message);
          };
          void channel.basicConsume({ queue: replyTo, noAck: true }, take).catch(reject);
        });
        const properties = { correlationId: requestId, replyTo, contentType: JSON_TYPE };
        await channel.basicPublish({ routingKey: queue, ...properties }, body);
        const question = { correlation_id: requestId, reply_to: replyTo, content_type: JSON_TYPE, body };
        return [question, correlated(await first)];
      } finally {
        await channel.close().catch(() => undefined);
      }
    },
    close: async () => {
      await connection.close().catch(() => undefined);
      connection.unsafeDestroy();
    },
  };
}

function correlated({ correlationId, replyTo, contentType, body }: AsyncMessage | SyncMessage): Correlated {
  return { correlation_id: correlationId, reply_to: replyTo, content_type: contentType, body: body as unknown };
}
