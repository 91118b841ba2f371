import { randomUUID } from 'node:crypto';
import { type Admin, Kafka, logLevel, Partitioners } from 'kafkajs';

/** What the protocol calls a topic among the things that have settings; the driver declares a name for it that it does not export. */
const TOPIC_RESOURCE = 2;

/** A message as it stands in a topic. */
export interface TopicMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
}

export interface KafkaWire {
  readonly admin: Admin;
  /** Puts a message into a topic and gives where it stands. */
  publish(
    topic: string,
    message: {
      key: string | null;
      value: string | Buffer;
      headers?: Readonly<Record<string, string>>;
      partition?: number;
    },
  ): Promise<{ readonly partition: number; readonly offset: string }>;
  /** What was put into the topics since the kit began. */
  readonly seen: readonly TopicMessage[];
  /** The topics among those asked for that there are, with their settings. */
  configuration(topics: readonly string[]): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>>;
  /** The offset that a group will go on from; -1 where it has none. */
  committed(group: string, topic: string, partition: number): Promise<bigint>;
  close(): Promise<void>;
}

/** Joins the brokers and reads the topics from now on, those of them that there are. */
export async function openKafka(brokers: string, topics: readonly string[]): Promise<KafkaWire> {
  const kafka = new Kafka({
    clientId: 'dtq-conformance',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3000,
    requestTimeout: 10_000,
  });
  const admin = kafka.admin();
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  const groupId = `dtq-conformance-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 300 });
  const seen: TopicMessage[] = [];
  await Promise.all([admin.connect(), producer.connect(), consumer.connect()]);
  const there = new Set(await admin.listTopics());
  const read = topics.filter((topic) => there.has(topic));
  const ends = new Map(
    await Promise.all(read.map(async (topic) => [topic, await admin.fetchTopicOffsets(topic)] as const)),
  );
  if (read.length > 0) {
    await consumer.subscribe({ topics: read });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ topic, partition, message: { key, headers, value, offset } }) => {
        const texts = Object.entries(headers ?? {}).map(([name, bytes]) => [name, String(bytes)] as const);
        seen.push({
          topic,
          partition,
          offset,
          key: key === null ? null : key.toString(),
          headers: Object.fromEntries(texts),
          value: value ?? Buffer.alloc(0),
        });
      },
    });
    // What stands there already is another's; what is put there while the group is still forming must not be missed.
    for (const [topic, partitions] of ends)
      for (const { partition, high } of partitions) consumer.seek({ topic, partition, offset: high });
  }
  return {
    admin,
    seen,
    publish: async (topic, { partition, ...message }) => {
      const [stands] = await producer.send({
        topic,
        acks: -1,
        messages: [partition === undefined ? message : { ...message, partition }],
      });
      return { partition: stands?.partition ?? 0, offset: stands?.baseOffset ?? '0' };
    },
    configuration: async (names) => {
      const known = new Set(await admin.listTopics());
      const resources = names.filter((name) => known.has(name)).map((name) => ({ type: TOPIC_RESOURCE, name }));
      if (resources.length === 0) return new Map();
      const { resources: found } = await admin.describeConfigs({ includeSynonyms: false, resources });
      return new Map(
        found.map(({ resourceName, configEntries }) => [
          resourceName,
          Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
        ]),
      );
    },
    committed: async (group, topic, partition) => {
      const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      return BigInt(offsets?.partitions.find((one) => one.partition === partition)?.offset ?? '-1');
    },
    close: async () => {
      await consumer.disconnect();
      await producer.disconnect();
      await admin.deleteGroups([groupId]).catch(() => undefined);
      await admin.disconnect();
    },
  };
}
