import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InfraError } from '../errors.ts';
import { run } from '../run.ts';
import { HOST, KAFKA_HEAP, type Ports, VERSIONS } from '../stack.ts';
import { ensureArtefact, sourceMark } from './artefact.ts';
import type { Context, NativeServer } from './context.ts';
import { findJava, findTool } from './tools.ts';

const JAVA = 17;
const POM = fileURLToPath(new URL('kafka/pom.xml', import.meta.url));

/** The jars' folder in the cache. */
const NAME = `kafka-${VERSIONS.kafka}-${sourceMark([POM])}`;

/** Kafka from Maven Central: one node that is broker and controller (KRaft), on loopback, without a password. */
export const kafka: NativeServer = {
  name: 'kafka',
  ports: ['kafka', 'kafkaController'],
  stopSignal: 'SIGTERM',
  stopMs: 20_000,
  startMs: 90_000,

  async missing(context) {
    const packages: string[][] = [];
    if ((await findJava(JAVA)) === undefined) packages.push(['openjdk-17-jre-headless', 'default-jre-headless']);
    if (!existsSync(librariesPath(context)) && findTool('mvn') === undefined) packages.push(['maven']);
    return packages;
  },

  async prepare(context) {
    const libraries = await ensureArtefact(context, 'kafka', NAME, 'jars from Maven Central (46 MB)', (temporary) =>
      copyJars(context, temporary),
    );
    const data = dataPath(context);
    mkdirSync(data, { recursive: true, mode: 0o700 });
    // Written at each start: the ports may have changed.
    writeFileSync(configurationPath(context), kafkaProperties(context.settings.ports, data));
    if (existsSync(join(data, 'meta.properties'))) return;
    context.progress.report('kafka', 'preparing', 'formatting its data folder');
    // A folder that an interrupted format left is not one that Kafka takes.
    rmSync(data, { recursive: true, force: true });
    const tool = ['-cp', join(libraries, '*'), 'kafka.tools.StorageTool'];
    await run(await java(), [...tool, 'format', '-t', clusterId(), '-c', configurationPath(context)], {
      logFile: join(context.settings.dir, 'logs', 'kafka-format.log'),
    });
  },

  async launch(context) {
    const logging = '-Dorg.slf4j.simpleLogger.';
    return {
      command: await java(),
      args: [
        `-Xmx${KAFKA_HEAP}`,
        '-XX:+ExitOnOutOfMemoryError',
        `${logging}defaultLogLevel=warn`,
        `${logging}showDateTime=true`,
        `${logging}dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX`,
        '-cp',
        join(librariesPath(context), '*'),
        'kafka.Kafka',
        configurationPath(context),
      ],
    };
  },
};

/**
 * An id for a new cluster: 16 random bytes in base64url, which never begins with a hyphen, as Kafka's own `Uuid.randomUuid`
 * sees to it: its tools would take that for an option.
 */
export function clusterId(random: (size: number) => Buffer = randomBytes): string {
  for (;;) {
    const id = random(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

/** The broker's settings as the text of a properties file. Topics are made by the platform, never by a first message. */
export function kafkaProperties(ports: Ports, data: string): string {
  const lines = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${HOST}:${ports.kafkaController}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://${HOST}:${ports.kafka},CONTROLLER://${HOST}:${ports.kafkaController}`,
    'advertised.listeners': `PLAINTEXT://${HOST}:${ports.kafka}`,
    'log.dirs': data,
    'auto.create.topics.enable': false,
    'num.partitions': 1,
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    // The default of 50 is for clusters; on one node it is only files to open at each start.
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    // After a crash the controller holds the old broker for alive this long; the default is 9 s.
    'broker.session.timeout.ms': 5000,
    'broker.heartbeat.interval.ms': 1000,
    // Deleted topics (tests make many) give their space back soon.
    'log.segment.delete.delay.ms': 5000,
  };
  return `${Object.entries(lines)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`;
}

async function copyJars(context: Context, folder: string): Promise<void> {
  const maven = findTool('mvn');
  if (maven === undefined) throw new InfraError('missing: mvn, which fetches Kafka from Maven Central');
  // Maven writes a `target` beside the pom: it gets a copy, so that the source folder stays clean.
  const work = `${folder}.work`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  cpSync(POM, join(work, 'pom.xml'));
  try {
    await run(
      maven,
      [
        '-q',
        '-B',
        'dependency:copy-dependencies',
        '-DincludeScope=runtime',
        `-DoutputDirectory=${folder}`,
        `-Dkafka.version=${VERSIONS.kafka}`,
      ],
      { cwd: work, logFile: join(context.settings.dir, 'logs', 'kafka-install.log') },
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function java(): Promise<string> {
  const path = await findJava(JAVA);
  if (path === undefined) throw new InfraError(`missing: Java ${JAVA} or later (openjdk-17-jre-headless), for Kafka`);
  return path;
}

function librariesPath(context: Context): string {
  return join(context.settings.cacheDir, NAME);
}

function dataPath(context: Context): string {
  return join(context.settings.dir, 'data', 'kafka');
}

function configurationPath(context: Context): string {
  return join(context.settings.dir, 'data', 'kafka.properties');
}
