import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatEnvironment, writePrivate } from '../environment.ts';
import type { Secrets } from '../secrets.ts';
import {
  HOST,
  IMAGES,
  KAFKA_HEAP,
  LIMITS,
  MONGO_DATABASE,
  PLATFORM_SERVERS,
  type Ports,
  RABBITMQ_VHOST,
  REDIS_DATABASES,
  REDIS_HASH_MAX_LISTPACK_VALUE,
  REDIS_MAXMEMORY,
  USERS,
} from '../stack.ts';

/** Everything that compose.yaml leaves open, by name: it has no value of its own that the native road shares. */
export function composeEnvironment(ports: Ports, secrets: Secrets): readonly (readonly [string, string])[] {
  return [
    ['DTQ_HOST', HOST],
    ...PLATFORM_SERVERS.flatMap((server): [string, string][] => {
      const name = server.toUpperCase();
      return [
        [`${name}_IMAGE`, IMAGES[server]],
        [`${name}_PORT`, String(ports[server])],
        [`${name}_MEMORY`, LIMITS[server].memory],
        [`${name}_CPUS`, LIMITS[server].cpus],
      ];
    }),
    ['RABBITMQ_MANAGEMENT_PORT', String(ports.rabbitmqManagement)],
    ['KAFKA_HEAP', KAFKA_HEAP],
    ['RABBITMQ_USERNAME', USERS.rabbitmq],
    ['RABBITMQ_PASSWORD', secrets.rabbitmq],
    ['RABBITMQ_VHOST', RABBITMQ_VHOST],
    ['REDIS_DATABASES', String(REDIS_DATABASES)],
    ['REDIS_MAXMEMORY', REDIS_MAXMEMORY],
    ['REDIS_HASH_MAX_LISTPACK_VALUE', String(REDIS_HASH_MAX_LISTPACK_VALUE)],
    ['REDIS_USERNAME', USERS.redis],
    ['REDIS_PASSWORD', secrets.redis],
    ['MONGODB_USERNAME', USERS.mongodb],
    ['MONGODB_PASSWORD', secrets.mongodb],
    ['MONGODB_DATABASE', MONGO_DATABASE],
  ];
}

/** The file for `docker compose --env-file`. */
export function composeEnvironmentPath(dir: string): string {
  return join(dir, 'compose.env');
}

/** Writes that file with mode 0600. */
export function writeComposeEnvironment(dir: string, ports: Ports, secrets: Secrets): void {
  mkdirSync(dir, { recursive: true });
  writePrivate(composeEnvironmentPath(dir), formatEnvironment(composeEnvironment(ports, secrets)));
}
