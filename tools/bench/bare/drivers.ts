import '@dtq/backend-distributed/kafkajs-idle-timer.ts';
import { type DistributedConfig, type Role, readDistributedConfig } from '@dtq/backend-distributed/config.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import { Kafka, logLevel } from 'kafkajs';
import { Connection } from 'rabbitmq-client';
import { createClient } from 'redis';

// What the bare programs share: where the servers are, and the drivers, set as somebody would who knows them.

export function readConfig(role: Role): DistributedConfig {
  const reader = new ConfigReader(process.env);
  return readDistributedConfig(reader, role);
}

export function kafkaOf({ kafka }: DistributedConfig): Kafka {
  return new Kafka({ clientId: 'bare', brokers: [...kafka.brokers], logLevel: logLevel.ERROR });
}

export async function connectRedis({ redis: { address, username, password, database } }: DistributedConfig) {
  const client = createClient({
    database,
    socket: { host: address.host, port: address.port },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  });
  client.on('error', (error: unknown) => console.error(error));
  await client.connect();
  return client;
}

export function rabbitmqOf({ rabbitmq }: DistributedConfig): Connection {
  const connection = new Connection({ url: rabbitmq.url, noDelay: true });
  connection.on('error', (error: unknown) => console.error(error));
  return connection;
}

/** Tells that the program is ready, and ends it when it is told to. */
export function ready(url: string): void {
  process.on('SIGTERM', () => process.exit(0));
  console.log(JSON.stringify({ url }));
}
