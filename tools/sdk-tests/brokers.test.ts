import { randomUUID } from 'node:crypto';
import { describeWithStack } from '@dtq/backend-distributed/test/stack.ts';
import { startPlatform } from '@dtq/chaos/platform.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import { createClient } from '@dtq/sdk';
import { createProgressClient } from '@dtq/sdk/amqp';
import { createConsumer, createPublisher, type JobMessage, topicOf } from '@dtq/sdk/kafka';
import { eventually } from '@dtq/testkit/wait.ts';
import { Kafka, logLevel } from 'kafkajs';
import { Connection } from 'rabbitmq-client';
import { expect, it, onTestFinished } from 'vitest';
import { examples, PEERS, replaced } from './readme.ts';
import { addPackages, makeStranger } from './stranger.ts';
import { useTarball } from './tarball.ts';

// A team that lives on the brokers, beside the running platform: its own clients, the SDK around them.

const tarball = useTarball();

describeWithStack('the SDK on real brokers', () => {
  it('publishes jobs that are done, reads them as they pass, and asks how far they are', {
    timeout: 180_000,
  }, async () => {
    const { api, space } = await startPlatform({ PRIORITY_TOPICS: 'on' });
    const { KAFKA_BROKERS = '', KAFKA_TOPIC_TEMPLATE: topicTemplate = '', RABBITMQ_URL = '' } = space.environment;
    const dtq = createClient({ baseUrl: api.url });
    const kafka = new Kafka({ brokers: KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING });

    const seen: JobMessage<'weather'>[] = [];
    const refused: string[] = [];
    const consumer = createConsumer({
      kafka,
      topicTemplate,
      groupId: `reports-${randomUUID()}`,
      fromBeginning: true,
      onJob: { weather: (job) => void seen.push(job) },
      onInvalid: ({ message }) => void refused.push(message),
      consumer: { maxWaitTimeInMs: 100 },
    });
    await consumer.start();
    onTestFinished(() => consumer.stop());

    const publisher = createPublisher({ kafka, topicTemplate });
    await publisher.connect();
    onTestFinished(() => publisher.disconnect());
    const job = await publisher.publish('weather', { city: 'Austin', units: 'metric' });
    // The same id again is the same job.
    await publisher.publish(
      'weather',
      { city: 'Austin', units: 'metric' },
      { jobId: job.job_id, traceId: job.trace_id },
    );

    // It is known once the worker has it, which nobody but the worker can say.
    await eventually('the platform knows the job', () => dtq.get(job).catch(() => undefined), 60_000);
    const ended = await dtq.wait(job, { timeoutMs: 60_000 });
    expect(ended).toMatchObject({ job_id: job.job_id, input: job.payload, trace_id: job.trace_id });

    const late = await publisher.publish(
      'weather',
      { city: 'Austin', units: 'metric' },
      { priority: 'high', expiresAt: new Date(Date.now() - 1000) },
    );
    await eventually('the platform knows the late job', () => dtq.get(late).catch(() => undefined), 60_000);
    await expect(dtq.wait(late, { timeoutMs: 60_000 })).rejects.toMatchObject({ code: 'expired' });

    const producer = kafka.producer();
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    await producer.send({
      topic: topicOf('weather', 'normal', topicTemplate),
      messages: [{ key: 'x', value: '{"job_id":1}' }],
    });
    await eventually('the consumer has seen all', () => seen.length >= 3 && refused.length >= 1, 60_000);
    expect(seen.filter(({ job_id }) => job_id === job.job_id)).toEqual([
      job,
      expect.objectContaining({ job_id: job.job_id }),
    ]);
    expect(seen).toContainEqual(late);
    expect(refused[0]).toContain('/job_id');

    const connection = new Connection(RABBITMQ_URL);
    const progress = createProgressClient({ connection, queue: space.environment['RABBITMQ_PROGRESS_REQUEST_QUEUE'] });
    // In this order, or the connection waits for its channel.
    onTestFinished(async () => {
      await progress.close();
      await connection.close();
    });
    const done: JobStatus['state'] = 'completed';
    expect(await progress.ask(job)).toMatchObject({ job_id: job.job_id, state: done, progress_percent: 100 });
    const asked = await Promise.all(
      Array.from({ length: 20 }, () => progress.ask(randomUUID(), { timeoutMs: 20_000 })),
    );
    expect(asked.map(({ state }) => state)).toEqual(Array(20).fill('not_found'));
  });

  it('does what the README shows', { timeout: 180_000 }, async () => {
    const project = await makeStranger((await tarball()).file);
    addPackages(project, ...Object.values(PEERS));
    const { space } = await startPlatform();
    const { KAFKA_BROKERS = '', KAFKA_TOPIC_TEMPLATE: topicTemplate, RABBITMQ_URL = '' } = space.environment;
    const queue = space.environment['RABBITMQ_PROGRESS_REQUEST_QUEUE'];
    const example = (peer: string): string => examples.find((one) => one.peer === peer)?.code ?? '';

    // The names of this test's own space in place of the contract's.
    const named = JSON.stringify({ topicTemplate }).slice(1, -1);
    const kafka = replaced(example('kafka'), "['127.0.0.1:9092']", JSON.stringify(KAFKA_BROKERS.split(',')));
    const published = replaced(kafka, 'createPublisher({ kafka })', `createPublisher({ kafka, ${named} })`);
    project.write('kafka.ts', replaced(published, '  groupId:', `  ${named},\n  groupId:`));
    expect(await project.run(process.execPath, ['kafka.ts'])).toMatchObject({ code: 0 });

    const amqp = replaced(example('amqp'), 'amqp://guest:guest@127.0.0.1:5672', RABBITMQ_URL);
    const asked = replaced(amqp, '{ connection }', `{ connection, ${JSON.stringify({ queue }).slice(1, -1)} }`);
    project.write('amqp.ts', asked);
    expect(await project.run(process.execPath, ['amqp.ts'])).toMatchObject({ code: 0, stdout: 'not_found 0\n' });
  });
});
