import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Admin } from 'kafkajs';
import type { KafkaConfig } from './config.ts';
import { answerWithin } from './deadline.ts';
import { createKafkaClient, type KafkaClient } from './kafka-client.ts';

interface Connected {
  readonly client: KafkaClient;
  readonly admin: Admin;
}

/** A connection for questions to the brokers themselves; made anew after any failure, since kafkajs keeps dead ones. */
export class KafkaAdmin {
  readonly #connect: () => Promise<Connected>;
  #connected: Promise<Connected> | null = null;
  #isClosed = false;

  constructor(config: KafkaConfig, clientId: string, log: Logger) {
    this.#connect = async () => {
      const client = createKafkaClient(config, clientId, log);
      const admin = client.kafka.admin({ retry: { retries: 0 } });
      await admin.connect().catch((error: unknown) => {
        client.end();
        throw error;
      });
      return { client, admin };
    };
  }

  /** Does something with a connected admin, in bounded time; rejects with Unavailable. */
  async ask<T>(ms: number, what: string, question: (admin: Admin) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new Unavailable('kafka', 'the backend is closed');
    this.#connected ??= this.#connect();
    const connected = this.#connected;
    try {
      const asking = connected.then(({ admin }) => question(admin));
      return await answerWithin('kafka', ms, what, asking);
    } catch (error) {
      if (this.#connected === connected) this.#connected = null;
      connected.then(end, () => undefined);
      throw error;
    }
  }

  /** Resolves where a broker answers a question now. */
  async check(ms: number): Promise<void> {
    await this.ask(ms, 'describing the cluster', (admin) => admin.describeCluster());
  }

  close(): void {
    this.#isClosed = true;
    this.#connected?.then(end, () => undefined);
    this.#connected = null;
  }
}

function end({ client, admin }: Connected): void {
  void admin.disconnect().catch(() => undefined);
  client.end();
}
