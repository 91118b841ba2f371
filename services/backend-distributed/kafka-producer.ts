import { settlesWithin, sleep } from '@dtq/core/clock.ts';
import { Defect, Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import { type Message, Partitioners, type Producer } from 'kafkajs';
import type { KafkaConfig } from './config.ts';
import { answerWithin } from './deadline.ts';
import { createKafkaClient, type KafkaClient } from './kafka-client.ts';
import { protocolError } from './protocol-error.ts';

/** A connected producer; replaced as a whole when it is in doubt, since kafkajs keeps dead connections. */
interface Link {
  readonly client: KafkaClient;
  readonly producer: Producer;
  readonly topics: Set<string>;
  readonly inFlight: Set<Promise<unknown>>;
}

/** How long one connect, and the goodbye, may take; and the first and the longest wait between two connects. All in ms. */
const CONNECT_MS = 2000;
const GOODBYE_MS = 1000;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 2000;

/**
 * The one producer of a process. A send that the brokers do not confirm in time makes its connections suspect: a new client
 * takes over, and the old one ends when its sends have settled. While no client connects, sends reject at once.
 *
 * Not idempotent in Kafka's sense (kafkajs then retries without bound and reuses sequence numbers): after a time-out the
 * message may be in the topic, even twice.
 */
export class KafkaProducer {
  readonly #config: KafkaConfig;
  readonly #clientId: string;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  #link: Link | null = null;
  #connecting: Promise<void> | null = null;
  /** Settles with the first connect since the last link, either way. */
  #firstConnect: Promise<void> = Promise.resolve();

  constructor(config: KafkaConfig, clientId: string, log: Logger) {
    this.#config = config;
    this.#clientId = clientId;
    this.#log = log;
    this.#renew();
  }

  /** Resolves when a first connect has been tried. */
  get tried(): Promise<void> {
    return this.#firstConnect;
  }

  /** Resolves once all in-sync replicas hold the messages; rejects with Unavailable within the publish time. */
  async send(topic: string, messages: readonly Message[]): Promise<void> {
    if (this.#link === null) await this.#firstConnect;
    const link = this.#link;
    if (link === null) throw new Unavailable('kafka', 'no broker can be reached');
    const { publishTimeoutMs } = this.#config;
    const sending = link.producer.sendBatch({
      acks: -1,
      timeout: publishTimeoutMs,
      topicMessages: [{ topic, messages: [...messages] }],
    });
    link.inFlight.add(sending);
    const settled = (): boolean => link.inFlight.delete(sending);
    sending.then(settled, settled);
    try {
      await answerWithin('kafka', publishTimeoutMs, 'publish', sending);
      link.topics.add(topic);
    } catch (error) {
      throw this.#judge(link, topic, error);
    }
  }

  /** Ends it within about a second; what is in flight is then unknown. */
  async close(): Promise<void> {
    this.#closing.abort(new Unavailable('kafka', 'the backend is closed'));
    const link = this.#link;
    this.#link = null;
    if (link === null) return;
    await settlesWithin(GOODBYE_MS, Promise.allSettled([...link.inFlight]));
    await settlesWithin(GOODBYE_MS, link.producer.disconnect());
    link.client.end();
  }

  /** What a failed send says of the message, and of the connections it went over. */
  #judge(link: Link, topic: string, error: unknown): unknown {
    const type = protocolError(error);
    if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE')
      return new Defect(`a message is larger than ${topic} takes`, { cause: error });
    // Of a topic that was there and is gone, kafkajs asks for ever, and then learns of no other topic either.
    const isTopicGone = type === 'UNKNOWN_TOPIC_OR_PARTITION' && link.topics.has(topic);
    if (this.#link === link && (type === undefined || isTopicGone)) {
      this.#link = null;
      void this.#retire(link);
      this.#renew();
    }
    return type === undefined ? error : new Unavailable('kafka', `publish failed: ${type}`, { cause: error });
  }

  async #retire({ client, producer, inFlight }: Link): Promise<void> {
    await settlesWithin(this.#config.publishTimeoutMs, Promise.allSettled([...inFlight]));
    void producer.disconnect().catch(() => undefined);
    client.end();
  }

  #renew(): void {
    if (this.#connecting !== null || this.#closing.signal.aborted) return;
    const first = Promise.withResolvers<void>();
    this.#firstConnect = first.promise;
    this.#connecting = this.#connect(first.resolve).finally(() => {
      this.#connecting = null;
    });
  }

  async #connect(tried: () => void): Promise<void> {
    for (let call = 1; !this.#closing.signal.aborted; call += 1) {
      const client = createKafkaClient(this.#config, this.#clientId, this.#log);
      const producer = client.kafka.producer({
        allowAutoTopicCreation: false,
        idempotent: false,
        // Java's murmur2, as other programs' clients have it: one key, one partition, whoever publishes.
        createPartitioner: Partitioners.DefaultPartitioner,
      });
      try {
        await answerWithin('kafka', CONNECT_MS, 'connect', producer.connect());
        if (this.#closing.signal.aborted) return client.end();
        if (call > 1) this.#log.info('kafka: the producer is connected again');
        this.#link = { client, producer, topics: new Set(), inFlight: new Set() };
        return;
      } catch (error) {
        client.end();
        if (call === 1) this.#log.warn({ err: error }, 'kafka: the producer cannot connect; it tries on');
      } finally {
        tried();
      }
      const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (call - 1));
      await sleep(waitMs, this.#closing.signal).catch(() => undefined);
    }
  }
}
