import { randomUUID } from 'node:crypto';
import { aQuestion, aReply } from '@dtq/backend-conformance/samples.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { JOB_STATUS_FIELD, jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { type AsyncMessage, type Channel, Connection } from 'rabbitmq-client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openDistributedBackend } from './backend.ts';
import { RedisConnection } from './redis-client.ts';
import { describeWithStack, freshSpace, stack } from './test/stack.ts';
import { deployTopology } from './topology.ts';

// What other programs see and say over RabbitMQ and in Redis, by bare clients, as the contracts print it.

const log = silentLogger();

describeWithStack('the wire, as another program sees it: RabbitMQ and Redis', () => {
  const space = freshSpace();
  const config = space.config('worker');
  let backend: Backend;

  beforeAll(async () => {
    await deployTopology({ config, log });
    backend = await openDistributedBackend({ config, role: 'worker', log });
  });

  afterAll(async () => {
    await backend.close();
    await space.remove();
  });

  describe('RabbitMQ', () => {
    let connection: Connection;
    let channel: Channel;
    let replyQueue: string;
    const replies: AsyncMessage[] = [];

    beforeAll(async () => {
      connection = new Connection({ url: stack().RABBITMQ_URL, noDelay: true });
      channel = await connection.acquire();
      replyQueue = (await channel.queueDeclare({ exclusive: true, autoDelete: true })).queue;
      await channel.basicConsume({ queue: replyQueue, noAck: true }, (message) => replies.push(message));
    });

    afterAll(async () => {
      await channel.close();
      await connection.close();
    });

    const ask = (body: unknown, properties: Readonly<Record<string, unknown>> = {}): Promise<void> =>
      channel.basicPublish(
        {
          routingKey: config.rabbitmq.requestQueue,
          replyTo: replyQueue,
          contentType: 'application/json',
          ...properties,
        },
        Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      );

    it('200 questions at once are each answered under their own correlation, as JSON', async () => {
      onTestFinished(await backend.progress.answer(async ({ job_id }) => aReply(job_id)));
      const questions = Array.from({ length: 200 }, () => aQuestion());
      await Promise.all(questions.map((question) => ask(question, { correlationId: question.request_id })));
      await eventually('all are answered', () => replies.length >= questions.length);
      const byCorrelation = new Map(replies.map((reply) => [reply.correlationId, reply]));
      for (const { request_id, job_id } of questions) {
        const reply = byCorrelation.get(request_id);
        expect(reply?.contentType).toBe('application/json');
        expect(reply?.body).toEqual(aReply(job_id));
        expect(strict.ProgressReply(structuredClone(reply?.body))).toBe(true);
      }
    });

    it('what is no question, or would be answered to somebody else, is dropped, and the next one is answered', async () => {
      const asked: string[] = [];
      onTestFinished(
        await backend.progress.answer(async ({ job_id, request_id }) => {
          asked.push(request_id);
          return aReply(job_id);
        }),
      );
      const victim = `t-${randomUUID()}`;
      await channel.queueDeclare({ queue: victim, autoDelete: true, exclusive: true });
      const [bad, good] = [aQuestion(), aQuestion()];
      const withCorrelation = { correlationId: bad.request_id };
      await ask(bad);
      await ask(bad, { ...withCorrelation, replyTo: undefined });
      await ask(bad, { ...withCorrelation, replyTo: victim });
      await ask(bad, { ...withCorrelation, replyTo: 'amq.gen' });
      await ask('no JSON', withCorrelation);
      await ask('{"__proto__": 1}', withCorrelation);
      await ask(`{"job_id":${'['.repeat(20_000)}`, withCorrelation);
      await ask(`${'['.repeat(5000)}${']'.repeat(5000)}`, withCorrelation);
      await ask({ ...bad, job_id: 'no id' }, withCorrelation);
      await ask({ ...bad, padding: 'x'.repeat(100_000) }, withCorrelation);
      await ask(JSON.stringify(bad), { ...withCorrelation, contentType: 'text/plain', replyTo: 'another.queue' });
      await ask({ ...good, unheard_of: 1 }, { correlationId: good.request_id });
      await eventually('the good one is answered', () =>
        replies.some((reply) => reply.correlationId === good.request_id),
      );
      expect(asked).toEqual([good.request_id]);
      expect(replies.filter((reply) => reply.correlationId === bad.request_id)).toEqual([]);
      expect((await channel.queueDeclare({ queue: victim, passive: true })).messageCount).toBe(0);
      const { messageCount } = await channel.queueDeclare({ queue: config.rabbitmq.requestQueue, passive: true });
      expect(messageCount).toBe(0);
    });

    it('what we ask: correlation, reply queue and JSON as the contract has them', async () => {
      const question = aQuestion();
      const asking = backend.progress.ask(question, 5000);
      const seen = Promise.withResolvers<AsyncMessage>();
      const { consumerTag } = await channel.basicConsume(
        { queue: config.rabbitmq.requestQueue, noAck: true },
        seen.resolve,
      );
      const message = await seen.promise;
      await channel.basicCancel({ consumerTag });
      expect(message).toMatchObject({
        correlationId: question.request_id,
        contentType: 'application/json',
        durable: false,
      });
      expect(message.replyTo).toMatch(/^amq\.gen-/);
      expect(message.body).toEqual(question);
      // One that speaks of another job does not end it, one without its correlation neither.
      const reply = (job_id: string, correlationId: string | undefined): Promise<void> =>
        channel.basicPublish(
          { routingKey: message.replyTo ?? '', ...(correlationId === undefined ? {} : { correlationId }) },
          aReply(job_id),
        );
      await reply(randomUUID(), question.request_id);
      await reply(question.job_id, undefined);
      await reply(question.job_id, question.request_id);
      expect(await asking).toEqual(aReply(question.job_id));
    });

    it('the queue of questions is durable and has no arguments, so that others may declare it so', async () => {
      await channel.queueDeclare({ queue: config.rabbitmq.requestQueue, durable: true });
    });

    it('a queue of questions that somebody took away is made again', async () => {
      await backend.progress.ask(aQuestion(), 50).catch(() => undefined);
      await channel.queueDelete({ queue: config.rabbitmq.requestQueue });
      await expect(backend.progress.ask(aQuestion(), 2000)).rejects.toBeInstanceOf(Unavailable);
      onTestFinished(await backend.progress.answer(async ({ job_id }) => aReply(job_id)));
      await eventually('questions are answered', () => backend.progress.ask(aQuestion(), 500));
    });
  });

  describe('Redis', () => {
    it('the hash: every field as text, and a time to live', async () => {
      const redis = new RedisConnection(config.redis, 'dtq-test', log);
      onTestFinished(() => redis.close());
      await redis.settled();
      const id = randomUUID();
      await backend.statuses.begin({
        job_id: id,
        state: 'running',
        progress_percent: 20,
        message: 'started',
        updated_at: '2026-02-14T15:12:06Z',
      });
      const key = jobStatusKey(id);
      expect(key).toBe(`job:${id}:status`);
      const fields = (await redis.send(['HGETALL', key])) as string[];
      const names = fields.filter((_, index) => index % 2 === 0);
      expect(names.every((name) => name in JOB_STATUS_FIELD)).toBe(true);
      expect(fields[fields.indexOf('progress_percent') + 1]).toBe('20');
      const ttl = Number(await redis.send(['TTL', key]));
      expect(ttl).toBeGreaterThan(86_300);
      expect(ttl).toBeLessThanOrEqual(86_400);
    });
  });
});
