import { type AsyncMessage, Connection } from 'rabbitmq-client';

/** A reply as it came. */
export interface Reply {
  readonly correlationId: string | undefined;
  readonly contentType: string | undefined;
  readonly body: unknown;
}

export interface Question {
  readonly correlationId?: string;
  readonly replyTo?: string;
  readonly contentType?: string;
}

export interface AmqpWire {
  /** The requester's own queue, exclusive and named by the server. */
  readonly replyQueue: string;
  /** The replies to it so far. */
  readonly replies: readonly Reply[];
  /** Puts a question into a queue. */
  ask(queue: string, properties: Question, body: unknown): Promise<void>;
  /** Puts a question whose reply comes over `amq.rabbitmq.reply-to`, into which no queue can be declared. */
  askDirectly(queue: string, correlationId: string, body: unknown): Promise<void>;
  /** Declares a queue as the contract has it; gives the server's refusal, or null. */
  declare(queue: string, properties: { readonly durable: boolean }): Promise<string | null>;
  /** Makes an exclusive queue of a name, and tells how many messages stand in it. */
  victim(queue: string): Promise<() => Promise<number>>;
  close(): Promise<void>;
}

export async function openAmqp(url: string): Promise<AmqpWire> {
  const connection = new Connection({ url, noDelay: true, acquireTimeout: 10_000, heartbeat: 10 });
  connection.on('error', () => undefined);
  const channel = await connection.acquire();
  const { queue: replyQueue } = await channel.queueDeclare({ exclusive: true });
  const replies: Reply[] = [];
  const keep = ({ correlationId, contentType, body }: AsyncMessage): void =>
    void replies.push({ correlationId, contentType, body: body as unknown });
  await channel.basicConsume({ queue: replyQueue, noAck: true }, keep);
  await channel.basicConsume({ queue: 'amq.rabbitmq.reply-to', noAck: true }, keep);
  return {
    replyQueue,
    replies,
    ask: (routingKey, properties, body) =>
      channel.basicPublish({ routingKey, contentType: 'application/json', ...properties }, body),
    askDirectly: (routingKey, correlationId, body) =>
      channel.basicPublish(
        { routingKey, contentType: 'application/json', correlationId, replyTo: 'amq.rabbitmq.reply-to' },
        body,
      ),
    declare: async (queue, properties) => {
      // A refusal closes the channel that asked.
      const own = await connection.acquire();
      try {
        await own.queueDeclare({ queue, exclusive: false, autoDelete: false, ...properties });
        return null;
      } catch (error) {
        return (error as Error).message;
      } finally {
        await own.close().catch(() => undefined);
      }
    },
    victim: async (queue) => {
      await channel.queueDeclare({ queue, exclusive: true });
      return async () => (await channel.queueDeclare({ queue, passive: true })).messageCount;
    },
    close: async () => {
      await channel.close().catch(() => undefined);
      await connection.close();
    },
  };
}
