import { readFileSync } from 'node:fs';
import type { Address, ConfigReader } from '@dtq/core/config.ts';
import { CHANNELS, type ChannelId, JOB_CHANNELS } from '@dtq/generated/messaging/channels.ts';
import { JOB_PRIORITY_VALUES, JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobPriority, JobType } from '@dtq/generated/schemas/types.ts';
import { JOB_RESULTS } from '@dtq/generated/storage/job-results.ts';
import { JOB_STATUS } from '@dtq/generated/storage/job-status.ts';
import { MongoClient } from 'mongodb';

/** The API asks and publishes, a worker consumes and answers; each has its own names for some settings. */
export type Role = 'api' | 'worker';

export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/** How a connection is encrypted: null for not at all; `ca` is a PEM text, where it is not the system's. */
export type Tls = { readonly ca?: string; readonly cert?: string; readonly key?: string } | null;

export type PriorityTopics = { readonly [P in JobPriority]?: string } & { readonly normal: string };

export interface KafkaConfig {
  readonly brokers: readonly string[];
  /** The name of each type's topic of normal jobs. */
  readonly topics: { readonly [T in JobType]: string };
  /** The topics of each type's jobs that are made, read and written; of normal ones alone where PRIORITY_TOPICS is off. */
  readonly priorityTopics: { readonly [T in JobType]: PriorityTopics };
  readonly deadLetterTopics: { readonly [T in JobType]: string };
  readonly groupId: string;
  readonly tls: Tls;
  readonly sasl: {
    readonly mechanism: (typeof SASL_MECHANISMS)[number];
    readonly username: string;
    readonly password: string;
  } | null;
  /** How long a publish may take, in milliseconds: within a request's time, with some left for the rest of it. */
  readonly publishTimeoutMs: number;
  /** Copies of each topic that is made; -1 for as many as the brokers' own default says. */
  readonly replicationFactor: number;
}

export interface RedisConfig {
  readonly address: Address;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly tls: Tls;
  /** How long a status is kept after its last change, in milliseconds. */
  readonly statusTtlMs: number;
}

export interface RabbitmqConfig {
  readonly url: string;
  readonly requestQueue: string;
  /** Questions that one responder may hold at once. */
  readonly prefetch: number;
  readonly tls: Tls;
}

export interface MongodbConfig {
  readonly uri: string;
  readonly database: string;
  readonly collection: string;
  readonly caFile: string | undefined;
}

export interface DistributedConfig {
  readonly kafka: KafkaConfig;
  readonly redis: RedisConfig;
  readonly rabbitmq: RabbitmqConfig;
  readonly mongodb: MongodbConfig;
}

/** Reads what the servers are and how they are reached (contracts.md, section 5). Faults are left to `reader.finish`. */
export function readDistributedConfig(reader: ConfigReader, role: Role): DistributedConfig {
  return {
    kafka: readKafka(reader, role),
    redis: {
      address: reader.address('REDIS_ADDR', '127.0.0.1:6379'),
      username: reader.raw('REDIS_USERNAME'),
      password: reader.raw('REDIS_PASSWORD'),
      database: reader.integer('REDIS_DB', 0, 0, 1023),
      tls: readTls(reader, 'REDIS', isOn(reader, 'REDIS_TLS')),
      statusTtlMs: reader.duration('STATUS_TTL', `${JOB_STATUS.ttlMs}ms`, 365 * 24 * 3_600_000),
    },
    rabbitmq: readRabbitmq(reader),
    mongodb: readMongodb(reader),
  };
}

function readKafka(reader: ConfigReader, role: Role): KafkaConfig {
  const nameOf = (name: string): string =>
    role === 'worker' && reader.raw(`WORKER_${name}`) !== undefined ? `WORKER_${name}` : name;
  const topics = readTopics(reader, nameOf('KAFKA_TOPIC_TEMPLATE'));
  const priorities = reader.choice('PRIORITY_TOPICS', ['on', 'off'], 'on') === 'on' ? JOB_PRIORITY_VALUES : [];
  return {
    brokers: readBrokers(reader, nameOf('KAFKA_BROKERS')),
    topics,
    priorityTopics: byJobType((jobType) => {
      const { jobs } = JOB_CHANNELS[jobType];
      const named = priorities.map((priority) => [priority, `${topics[jobType]}${suffixOf(jobType, jobs[priority])}`]);
      return { ...(Object.fromEntries(named) as PriorityTopics), normal: topics[jobType] };
    }),
    deadLetterTopics: byJobType(
      (jobType) => `${topics[jobType]}${suffixOf(jobType, JOB_CHANNELS[jobType].deadLetters)}`,
    ),
    groupId: readName(reader, 'WORKER_KAFKA_GROUP_ID', 'dtq-worker-v1'),
    tls: readTls(reader, 'KAFKA', isOn(reader, 'KAFKA_SSL')),
    sasl: readSasl(reader),
    // The rest of a request: a status, and the answer itself.
    publishTimeoutMs: Math.min(3500, Math.max(250, Math.round(reader.duration('REQUEST_TIMEOUT', '5s') * 0.7))),
    replicationFactor:
      reader.raw('KAFKA_REPLICATION_FACTOR') === undefined ? -1 : reader.integer('KAFKA_REPLICATION_FACTOR', 1, 1, 32),
  };
}

function readBrokers(reader: ConfigReader, name: string): readonly string[] {
  const brokers = (reader.raw(name) ?? '127.0.0.1:9092').split(',').map((broker) => broker.trim());
  if (!brokers.every((broker) => /^[A-Za-z0-9._-]+:\d{1,5}$/.test(broker)))
    reader.fault(name, 'a comma-separated list of host:port');
  return brokers;
}

function readTopics(reader: ConfigReader, name: string): { readonly [T in JobType]: string } {
  const template = reader.raw(name);
  const fromContract = byJobType((jobType): string => CHANNELS[JOB_CHANNELS[jobType].jobs.normal].address);
  if (template === undefined) return fromContract;
  // What Kafka takes for a topic, short enough for the longest type and the longest suffix.
  const isTemplate = template.split('%s').length === 2 && /^[A-Za-z0-9._-]{0,180}$/.test(template.replace('%s', ''));
  if (!isTemplate) {
    reader.fault(name, 'a topic name with one %s, which stands for the job type');
    return fromContract;
  }
  return byJobType((jobType) => template.replace('%s', jobType));
}

/** What the contract puts behind the topic of a type's normal jobs to name another of its topics. */
function suffixOf(jobType: JobType, channel: ChannelId): string {
  const [normal, other]: readonly (string | null)[] = [
    CHANNELS[JOB_CHANNELS[jobType].jobs.normal].address,
    CHANNELS[channel].address,
  ];
  if (typeof normal !== 'string' || other?.startsWith(normal) !== true)
    throw new Error(`the contract names ${channel} in a way that this backend does not know`);
  return other.slice(normal.length);
}

function byJobType<T>(make: (jobType: JobType) => T): { readonly [Type in JobType]: T } {
  return Object.fromEntries(JOB_TYPE_VALUES.map((jobType) => [jobType, make(jobType)])) as { [Type in JobType]: T };
}

function readSasl(reader: ConfigReader): KafkaConfig['sasl'] {
  if (reader.raw('KAFKA_SASL_MECHANISM') === undefined) {
    if (reader.raw('KAFKA_SASL_USERNAME') !== undefined)
      reader.fault('KAFKA_SASL_MECHANISM', `one of ${SASL_MECHANISMS.join(', ')} where KAFKA_SASL_USERNAME is set`);
    return null;
  }
  const [username, password] = [reader.raw('KAFKA_SASL_USERNAME'), reader.raw('KAFKA_SASL_PASSWORD')];
  if (username === undefined) reader.fault('KAFKA_SASL_USERNAME', 'a user, since KAFKA_SASL_MECHANISM is set');
  if (password === undefined) reader.fault('KAFKA_SASL_PASSWORD', 'a password, since KAFKA_SASL_MECHANISM is set');
  return {
    mechanism: reader.choice('KAFKA_SASL_MECHANISM', SASL_MECHANISMS, 'plain'),
    username: username ?? '',
    password: password ?? '',
  };
}

function readRabbitmq(reader: ConfigReader): RabbitmqConfig {
  const url = reader.text('RABBITMQ_URL', 'amqp://guest:guest@127.0.0.1:5672');
  const parsed = URL.parse(url);
  if (parsed === null || !/^amqps?:$/.test(parsed.protocol) || parsed.hostname === '')
    reader.fault('RABBITMQ_URL', 'an amqp or amqps URL, such as amqp://user:password@127.0.0.1:5672/vhost');
  return {
    url,
    requestQueue: readName(reader, 'RABBITMQ_PROGRESS_REQUEST_QUEUE', CHANNELS.progressRequests.address),
    prefetch: reader.integer('RABBITMQ_PROGRESS_PREFETCH', 20, 1, 65_535),
    tls: readTls(reader, 'RABBITMQ', parsed?.protocol === 'amqps:'),
  };
}

function readMongodb(reader: ConfigReader): MongodbConfig {
  const uri = reader.text('MONGO_URI', 'mongodb://127.0.0.1:27017');
  if (!isMongodbUri(uri))
    reader.fault(
      'MONGO_URI',
      'a mongodb or mongodb+srv URL with options that the driver knows, such as mongodb://127.0.0.1:27017',
    );
  const collection = readName(reader, 'MONGO_COLLECTION', JOB_RESULTS.collection);
  const caFile = reader.raw('MONGO_CA_FILE');
  if (caFile !== undefined) readPem(reader, 'MONGO_CA_FILE');
  return { uri, database: readName(reader, 'MONGO_DB', 'dtq', /^[A-Za-z0-9_-]{1,63}$/), collection, caFile };
}

function isMongodbUri(uri: string): boolean {
  try {
    // Connects to nothing yet.
    return /^mongodb(?:\+srv)?:\/\/[^/?]+/.test(uri) && new MongoClient(uri) !== null;
  } catch {
    return false;
  }
}

/** A name that goes over a wire as it is: printable, not long, and not beginning with what servers keep for themselves. */
function readName(reader: ConfigReader, name: string, fallback: string, pattern = /^[A-Za-z0-9._:-]{1,200}$/): string {
  const value = reader.text(name, fallback);
  if (!pattern.test(value) || /^(?:amq|system)\./.test(value))
    reader.fault(name, 'a name of letters, digits and . _ - that no server keeps for itself');
  return value;
}

function isOn(reader: ConfigReader, name: string): boolean {
  return reader.choice(name, ['true', 'false'], 'false') === 'true';
}

/** PREFIX_CA_FILE, and PREFIX_CERT_FILE with PREFIX_KEY_FILE where the server wants to know its clients. */
function readTls(reader: ConfigReader, prefix: string, isOn: boolean): Tls {
  const [ca, cert, key] = ['CA', 'CERT', 'KEY'].map((kind) => readPem(reader, `${prefix}_${kind}_FILE`));
  if ((cert === undefined) !== (key === undefined))
    reader.fault(`${prefix}_CERT_FILE`, `a file, together with ${prefix}_KEY_FILE`);
  if (!isOn) {
    if (ca !== undefined || cert !== undefined)
      reader.fault(`${prefix}_CA_FILE`, 'nothing while the connection is not encrypted');
    return null;
  }
  return { ...(ca === undefined ? {} : { ca }), ...(cert === undefined || key === undefined ? {} : { cert, key }) };
}

function readPem(reader: ConfigReader, name: string): string | undefined {
  const file = reader.raw(name);
  if (file === undefined) return undefined;
  try {
    const text = readFileSync(file, 'utf8');
    if (text.includes('-----BEGIN ')) return text;
  } catch {
    // The fault below says the same of a file that is not there.
  }
  reader.fault(name, 'the path of a PEM file that can be read');
  return undefined;
}
