import './kafkajs-idle-timer.ts';
import net from 'node:net';
import tls from 'node:tls';
import type { Logger } from '@dtq/core/log.ts';
import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import type { KafkaConfig } from './config.ts';

/** A kafkajs client with its sockets in hand, so that it can be ended whatever state it is in. */
export interface KafkaClient {
  readonly kafka: Kafka;
  /** Ends all its connections now, and makes no new ones: every request in flight rejects, and so do kafkajs's own retries. */
  end(): void;
}

/** Beyond it a request is given up, in milliseconds. The client then tries again, so callers need a deadline of their own. */
export const REQUEST_TIMEOUT_MS = 3000;

/**
 * A client that gives up early (by default a frozen broker holds a send for minutes). Its log is for debugging: what matters
 * of it is said by whoever uses it, once.
 */
export function createKafkaClient(config: KafkaConfig, clientId: string, log: Logger): KafkaClient {
  const sockets = new Set<net.Socket>();
  let ended = false;
  const kafka = new Kafka({
    clientId,
    brokers: [...config.brokers],
    connectionTimeout: 1000,
    authenticationTimeout: 3000,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 3 },
    logLevel: logLevel.INFO,
    logCreator:
      () =>
      ({ namespace, label, log: { message, timestamp: _, logger: __, ...rest } }) =>
        log.debug({ kafkajs: namespace, kafkajs_level: label, ...rest }, message),
    ...(config.tls === null ? {} : { ssl: { ...config.tls } }),
    ...(config.sasl === null ? {} : { sasl: config.sasl as SASLOptions }),
    socketFactory: ({ host, port, ssl, onConnect }) => {
      if (ended) throw new Error('the client has ended');
      const socket = ssl
        ? tls.connect({ host, port, ...(net.isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect)
        : net.connect({ host, port, noDelay: true }, onConnect);
      socket.setKeepAlive(true, 30_000);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return socket;
    },
  });
  return {
    kafka,
    end: () => {
      ended = true;
      // With an error, for kafkajs does not listen for a close.
      for (const socket of sockets) socket.destroy(new Error('the connection was given up'));
    },
  };
}
