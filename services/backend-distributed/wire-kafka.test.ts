import { randomUUID } from 'node:crypto';
import { aJob } from '@dtq/backend-conformance/samples.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { decodeJobMessage } from '@dtq/core/job-message.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend, Delivery } from '@dtq/core/ports.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { openDistributedBackend } from './backend.ts';
import { describeWithStack, freshSpace } from './test/stack.ts';
import { deployTopology } from './topology.ts';

// What other programs see of the topics of jobs and put into them, by bare clients, as the contracts print it.

const log = silentLogger();

describeWithStack('the wire, as another program sees it: Kafka', () => {
  const space = freshSpace();
  const config = space.config('worker');
  const kafka = new Kafka({ brokers: [...config.kafka.brokers], logLevel: logLevel.NOTHING });
  let backend: Backend;

  beforeAll(async () => {
    await deployTopology({ config, log });
    backend = await openDistributedBackend({ config, role: 'worker', log });
  });

  afterAll(async () => {
    await backend.close();
    await space.remove();
  });

  /** Reads a topic from its beginning as a bare consumer does. */
  const reading = async (topic: string): Promise<KafkaMessage[]> => {
    const messages: KafkaMessage[] = [];
    const consumer = kafka.consumer({ groupId: `t-${randomUUID()}`, maxWaitTimeInMs: 100 });
    onTestFinished(() => consumer.disconnect());
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void messages.push(message) });
    return messages;
  };
  const consuming = async (other: Backend = backend): Promise<Delivery[]> => {
    const deliveries: Delivery[] = [];
    const consumer = await other.queue.consume({
      jobTypes: ['weather'],
      concurrency: {},
      deliver: async (delivery) => {
        deliveries.push(delivery);
        return { kind: 'done' };
      },
    });
    onTestFinished(() => consumer.stop(1000));
    return deliveries;
  };
  const send = async (topic: string, key: string, value: string): Promise<void> => {
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ key, value }] });
    await producer.disconnect();
  };

  it('what we publish: the id as key, the two headers, the JSON of the contract', async () => {
    const job = aJob();
    await backend.queue.publish(job);
    const messages = await reading(config.kafka.topics.weather);
    const message = await eventually('it is there', () => messages.find(({ key }) => key?.toString() === job.job_id));
    expect(JSON.parse(message.value?.toString() ?? '')).toEqual(job);
    expect(strict.JobMessage.weather(JSON.parse(message.value?.toString() ?? ''))).toBe(true);
    expect(Object.entries(message.headers ?? {}).map(([name, value]) => [name, value?.toString()])).toEqual([
      ['content-type', 'application/json'],
      ['schema-version', '1.0'],
    ]);
  });

  it('what another program publishes, without version and headers, with a field of its own', async () => {
    const deliveries = await consuming();
    const { schema_version: _, ...job } = aJob();
    await send(config.kafka.topics.weather, job.job_id, JSON.stringify({ ...job, unheard_of: 1 }));
    const delivery = await eventually('it is delivered', () => deliveries.find(({ key }) => key === job.job_id));
    expect(delivery.headers).toEqual({});
    const decoded = decodeJobMessage('weather', delivery.value);
    expect(decoded.ok && decoded.job).toEqual(job);
  });

  it('what goes along with a job: headers, and the topic of its priority, in the one group of its type', async () => {
    const job = aJob();
    await backend.queue.publish(job, {
      priority: 'high',
      attempt: 3,
      waited_ms: 1500,
      expires_at: '2040-01-01T00:00:00.000Z',
      replay_of: job.trace_id,
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    });
    const topic = `${config.kafka.topics.weather}.high`;
    const messages = await reading(topic);
    const message = await eventually('it is there', () => messages.find(({ key }) => key?.toString() === job.job_id));
    expect(JSON.parse(message.value?.toString() ?? '')).toEqual(job);
    const headers = {
      'content-type': 'application/json',
      'schema-version': '1.0',
      'dtq-attempt': '3',
      'dtq-waited-ms': '1500',
      'dtq-expires-at': '2040-01-01T00:00:00.000Z',
      'dtq-replay-of': job.trace_id,
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    };
    expect(Object.fromEntries(Object.entries(message.headers ?? {}).map(([n, v]) => [n, v?.toString()]))).toEqual(
      headers,
    );
    const deliveries = await consuming();
    const delivery = await eventually('it is delivered', () => deliveries.find(({ key }) => key === job.job_id));
    expect(delivery).toMatchObject({ priority: 'high', headers, source: { topic } });
    const admin = kafka.admin();
    await admin.connect();
    await eventually('its group stands behind it', async () => {
      const [offsets] = await admin.fetchOffsets({ groupId: `${config.kafka.groupId}-weather`, topics: [topic] });
      const { partition, offset } = delivery.source;
      return offsets?.partitions.some((one) => one.partition === partition && Number(one.offset) > Number(offset));
    });
    await admin.disconnect();
  });

  it('without priority topics only normal jobs are taken, and the topics are not made', {
    timeout: 40_000,
  }, async () => {
    const own = freshSpace();
    onTestFinished(() => own.remove());
    const ownConfig = own.config('worker', { PRIORITY_TOPICS: 'off' });
    await deployTopology({ config: ownConfig, log });
    const other = await openDistributedBackend({ config: ownConfig, role: 'worker', log });
    onTestFinished(() => other.close());
    expect(other.capabilities.find(({ name }) => name === 'priority-topics')).toMatchObject({ supported: false });
    await expect(other.queue.publish(aJob(), { priority: 'low' })).rejects.toThrow(
      'a weather job of low priority has no topic: PRIORITY_TOPICS is off',
    );
    const job = aJob();
    await other.queue.publish(job, { priority: 'normal' });
    const deliveries = await consuming(other);
    const delivery = await eventually('it is delivered', () => deliveries.find(({ key }) => key === job.job_id));
    expect(delivery.priority).toBe('normal');
    const admin = kafka.admin();
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(ownConfig.kafka.topics.weather));
    await admin.disconnect();
    expect(topics.toSorted()).toEqual([ownConfig.kafka.topics.weather, ownConfig.kafka.deadLetterTopics.weather]);
  });

  it('one key goes to the partition that other clients choose for it', async () => {
    const job = aJob();
    await send(config.kafka.topics.weather, job.job_id, 'theirs');
    await backend.queue.publish(job);
    const deliveries = await consuming();
    await eventually('both are delivered', () => deliveries.filter(({ key }) => key === job.job_id).length === 2);
    const partitions = deliveries.filter(({ key }) => key === job.job_id).map(({ source }) => source.partition);
    expect(new Set(partitions).size).toBe(1);
  });

  it("a type's group starts where the shared group stands", { timeout: 40_000 }, async () => {
    const own = freshSpace();
    onTestFinished(() => own.remove());
    const ownConfig = own.config('worker');
    const topic = ownConfig.kafka.topics.weather;
    await deployTopology({ config: ownConfig, log });
    const [before, after] = [aJob(), aJob()];
    await send(topic, before.job_id, JSON.stringify(before));
    // Another deployment, whose one group takes all types, has done the first.
    const admin = kafka.admin();
    await admin.connect();
    const ends = await eventually('its leaders answer', () => admin.fetchTopicOffsets(topic));
    await admin.setOffsets({
      groupId: ownConfig.kafka.groupId,
      topic,
      partitions: ends.map(({ partition, high }) => ({ partition, offset: high })),
    });
    await send(topic, after.job_id, JSON.stringify(after));
    const other = await openDistributedBackend({ config: ownConfig, role: 'worker', log });
    onTestFinished(() => other.close());
    const deliveries = await consuming(other);
    await eventually('the second is delivered', () => deliveries.some(({ key }) => key === after.job_id));
    expect(deliveries.map(({ key }) => key)).toEqual([after.job_id]);
    const groupId = `${ownConfig.kafka.groupId}-weather`;
    await eventually('its own group stands behind it', async () => {
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return offsets?.partitions.some(({ partition, offset }) => {
        return (
          partition === deliveries[0]?.source.partition && Number(offset) === Number(deliveries[0].source.offset) + 1
        );
      });
    });
    await admin.disconnect();
  });

  it('a topic that is missing: a publish says so in time, a consumer waits for it', { timeout: 40_000 }, async () => {
    const own = freshSpace();
    onTestFinished(() => own.remove());
    const ownConfig = own.config('worker');
    const other = await openDistributedBackend({ config: ownConfig, role: 'worker', log });
    onTestFinished(() => other.close());
    const topic = ownConfig.kafka.topics.weather;
    const admin = kafka.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topic] });
    await eventually('it is gone', async () => !(await admin.listTopics()).includes(topic));
    const deliveries = await consuming(other);
    const began = performance.now();
    await expect(other.queue.publish(aJob())).rejects.toBeInstanceOf(Unavailable);
    expect(performance.now() - began).toBeLessThan(4500);
    await deployTopology({ config: ownConfig, log });
    const job = aJob();
    await eventually('it can be published', () => other.queue.publish(job).then(() => true), 20_000);
    await eventually('it is delivered', () => deliveries.some(({ key }) => key === job.job_id), 20_000);
    await admin.disconnect();
  });
});
