import { DEAD_LETTERS } from '@dtq/generated/storage/dead-letters.ts';
import { JOB_REPLAYS, JOB_REPLAYS_FIELD } from '@dtq/generated/storage/job-replays.ts';
import { JOB_RESULTS, JOB_RESULTS_FIELD } from '@dtq/generated/storage/job-results.ts';
import { JOB_SCHEDULE, JOB_SCHEDULE_FIELD } from '@dtq/generated/storage/job-schedule.ts';

/**
 * The one place where the stack's ports, users, names, images, versions and limits stand. Both roads read it: the
 * native road directly, compose through the file that `compose/environment.ts` writes. Topics and collections are not
 * here: they come from the contracts in `specs/`. Passwords are not here either: `secrets.ts` makes them at random.
 */

/** Every server listens here and nowhere else. */
export const HOST = '127.0.0.1';

/** Ports far from the servers' own, so that a developer's other servers do not clash, and below the ephemeral range. */
export const DEFAULT_PORTS = {
  kafka: 19092,
  kafkaController: 19093,
  rabbitmq: 19672,
  rabbitmqDistribution: 19673,
  rabbitmqEpmd: 19674,
  rabbitmqManagement: 19675,
  redis: 19379,
  mongodb: 19017,
  secantus: 19018,
  postgres: 19432,
} as const;

export type PortName = keyof typeof DEFAULT_PORTS;
export type Ports = Readonly<Record<PortName, number>>;

/** The environment variable that moves one port alone; `DTQ_INFRA_PORT_OFFSET` moves all of them together. */
export const PORT_VARIABLES: Readonly<Record<PortName, string>> = {
  kafka: 'DTQ_INFRA_KAFKA_PORT',
  kafkaController: 'DTQ_INFRA_KAFKA_CONTROLLER_PORT',
  rabbitmq: 'DTQ_INFRA_RABBITMQ_PORT',
  rabbitmqDistribution: 'DTQ_INFRA_RABBITMQ_DISTRIBUTION_PORT',
  rabbitmqEpmd: 'DTQ_INFRA_RABBITMQ_EPMD_PORT',
  rabbitmqManagement: 'DTQ_INFRA_RABBITMQ_MANAGEMENT_PORT',
  redis: 'DTQ_INFRA_REDIS_PORT',
  mongodb: 'DTQ_INFRA_MONGODB_PORT',
  secantus: 'DTQ_INFRA_SECANTUS_PORT',
  postgres: 'DTQ_INFRA_POSTGRES_PORT',
};

/** The user of each server that has users; FerretDB and SecantusDB have none and stay on loopback. */
export const USERS = { rabbitmq: 'dtq', redis: 'dtq', mongodb: 'dtq', postgres: 'dtq' } as const;

export const RABBITMQ_VHOST = 'dtq';
export const MONGO_DATABASE = 'dtq';
export const MONGO_COLLECTION = JOB_RESULTS.collection;

/** What compose runs. */
export const IMAGES = {
  kafka: 'apache/kafka:4.1.0',
  rabbitmq: 'rabbitmq:4.1-management',
  redis: 'redis:8-alpine',
  mongodb: 'mongo:8.0',
} as const;

/** What the native road fetches by version; everything else is the distribution's. */
export const VERSIONS = { kafka: '4.1.0', ferretdb: '1.24.2', secantus: '0.7.0b3' } as const;

/** What each container may take on compose (memory in the units of Docker, CPUs as a share of cores). */
export const LIMITS = {
  kafka: { memory: '1g', cpus: '2.0' },
  rabbitmq: { memory: '512m', cpus: '1.0' },
  redis: { memory: '512m', cpus: '1.0' },
  mongodb: { memory: '1g', cpus: '2.0' },
} as const;

/** The heap of Kafka's VM, the same on both roads. */
export const KAFKA_HEAP = '512m';

/** Where Redis refuses writes (it evicts nothing), below its container's limit; the same on both roads. */
export const REDIS_MAXMEMORY = '384mb';

/**
 * The longest value of a hash that Redis keeps packed, in bytes: a status has longer ones than the default (64), and packed it
 * takes 0.8 kB and not 1.5. Same on both roads.
 */
export const REDIS_HASH_MAX_LISTPACK_VALUE = 1024;

/** Databases of Redis: a test has one of its own, for the keys of some of what stands there name no space. Same on both roads. */
export const REDIS_DATABASES = 1024;

/**
 * Fields that are read by key. FerretDB filters by jsonb containment, which its own btree does not serve: each gets a
 * GIN index of its own once the collection exists (see `native/tune-ferretdb.ts`).
 */
export const KEY_FIELDS: readonly { readonly collection: string; readonly field: string }[] = [
  { collection: MONGO_COLLECTION, field: JOB_RESULTS_FIELD.job_id },
  { collection: MONGO_COLLECTION, field: JOB_RESULTS_FIELD.trace_id },
  { collection: JOB_SCHEDULE.collection, field: '_id' },
  { collection: JOB_SCHEDULE.collection, field: JOB_SCHEDULE_FIELD.job_id },
  { collection: DEAD_LETTERS.collection, field: '_id' },
  { collection: JOB_REPLAYS.collection, field: JOB_REPLAYS_FIELD.replay_of },
];

/** The servers that the platform talks to, in the order in which they are listed everywhere. */
export const PLATFORM_SERVERS = ['kafka', 'rabbitmq', 'redis', 'mongodb'] as const;

/** All servers; `postgres` is there only below FerretDB, `secantus` only when asked for. */
export const SERVERS = [...PLATFORM_SERVERS, 'postgres', 'secantus'] as const;

export type PlatformServer = (typeof PLATFORM_SERVERS)[number];
export type ServerName = (typeof SERVERS)[number];
