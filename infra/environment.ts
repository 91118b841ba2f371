import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MongoKind } from './record.ts';
import type { Secrets } from './secrets.ts';
import { HOST, MONGO_COLLECTION, MONGO_DATABASE, type Ports, RABBITMQ_VHOST, USERS } from './stack.ts';

/**
 * The platform's own environment names (the contract fixes them) with the values that reach this stack. `up` leaves
 * them in a file, so that the platform needs no further setting.
 */
export interface StackEnvironment {
  readonly KAFKA_BROKERS: string;
  readonly REDIS_ADDR: string;
  readonly REDIS_USERNAME: string;
  readonly REDIS_PASSWORD: string;
  readonly REDIS_DB: string;
  readonly RABBITMQ_URL: string;
  readonly MONGO_URI: string;
  readonly MONGO_DB: string;
  readonly MONGO_COLLECTION: string;
  /** The second MongoDB wire, for tests; only after `up --with-secantus`. */
  readonly DTQ_SECANTUS_MONGO_URI?: string;
}

const REQUIRED = [
  'KAFKA_BROKERS',
  'REDIS_ADDR',
  'REDIS_USERNAME',
  'REDIS_PASSWORD',
  'REDIS_DB',
  'RABBITMQ_URL',
  'MONGO_URI',
  'MONGO_DB',
  'MONGO_COLLECTION',
] as const;

/** The values for one stack. FerretDB and SecantusDB take no user: they are reached from this machine only. */
export function stackEnvironment(
  ports: Ports,
  secrets: Secrets,
  mongodb: MongoKind,
  withSecantus: boolean,
): StackEnvironment {
  const login = mongodb === 'mongo' ? `${USERS.mongodb}:${secrets.mongodb}@` : '';
  const query = mongodb === 'mongo' ? '?authSource=admin&directConnection=true' : '?directConnection=true';
  return {
    KAFKA_BROKERS: `${HOST}:${ports.kafka}`,
    REDIS_ADDR: `${HOST}:${ports.redis}`,
    REDIS_USERNAME: USERS.redis,
    REDIS_PASSWORD: secrets.redis,
    REDIS_DB: '0',
    RABBITMQ_URL: `amqp://${USERS.rabbitmq}:${secrets.rabbitmq}@${HOST}:${ports.rabbitmq}/${RABBITMQ_VHOST}`,
    MONGO_URI: `mongodb://${login}${HOST}:${ports.mongodb}/${query}`,
    MONGO_DB: MONGO_DATABASE,
    MONGO_COLLECTION,
    ...(withSecantus ? { DTQ_SECANTUS_MONGO_URI: `mongodb://${HOST}:${ports.secantus}/?directConnection=true` } : {}),
  };
}

/** The path of the file that `up` leaves; `node --env-file` reads it. */
export function environmentPath(dir: string): string {
  return join(dir, 'env');
}

/** Writes the file with mode 0600, whatever mode an older one had. */
export function writeEnvironment(dir: string, environment: StackEnvironment): void {
  writePrivate(environmentPath(dir), formatEnvironment(Object.entries(environment)));
}

/** Writes a file that only its owner may read. */
export function writePrivate(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600);
}

/** NAME=value lines; no value of ours has a blank, a quote or a newline, so none is quoted. */
export function formatEnvironment(entries: readonly (readonly [string, string])[]): string {
  return `${entries.map(([name, value]) => `${name}=${value}`).join('\n')}\n`;
}

/** What the last `up` left in a folder, or undefined where the file is missing or incomplete. */
export function readEnvironment(dir: string): StackEnvironment | undefined {
  let text: string;
  try {
    text = readFileSync(environmentPath(dir), 'utf8');
  } catch {
    return undefined;
  }
  const values: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const split = line.indexOf('=');
    if (split > 0 && !line.startsWith('#')) values[line.slice(0, split)] = line.slice(split + 1);
  }
  return isEnvironment(values) ? values : undefined;
}

function isEnvironment(values: object): values is StackEnvironment {
  return REQUIRED.every((name) => name in values);
}
