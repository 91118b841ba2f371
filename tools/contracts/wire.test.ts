import { randomUUID } from 'node:crypto';
import { describeWithStack } from '@dtq/backend-distributed/test/stack.ts';
import { startPlatform } from '@dtq/chaos/platform.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { Connection } from 'rabbitmq-client';
import { expect, it, onTestFinished } from 'vitest';
import { consumerOf, kafkaOf, producerOf, readTopics, redisOf, resultsOf } from './wire-clients.ts';

// Programs in other languages speak these contracts: each test plays one of them with a bare client and the bytes that the
// contract prints, with no code of ours between. Everything is spelled out on purpose.

describeWithStack('another program on the wire', () => {
  it('publishes a job as the contract prints it, and one without schema_version: the worker completes both', async () => {
    const { space, client } = await startPlatform();
    const { topic } = kafkaOf(space);
    const producer = await producerOf(space);
    const [printed, older] = [randomUUID(), randomUUID()];
    const rest = `"job_type": "weather", "submitted_at": "2026-02-14T15:12:04Z", "trace_id": "5be4d82b-9c6f-4372-81d2-c0dc5a95a7a3", "payload": { "city": "Austin", "country_code": "US", "units": "metric" }`;
    await producer.send({
      topic,
      messages: [
        {
          key: printed,
          value: `{ "schema_version": "1.0", "job_id": "${printed}", ${rest} }`,
          headers: { 'content-type': 'application/json', 'schema-version': '1.0' },
        },
        { key: older, value: `{ "job_id": "${older}", ${rest}, "of_a_newer_producer": true }` },
      ],
    });
    for (const job_id of [printed, older]) {
      const stored = await eventually(
        'its document stands in MongoDB',
        () => resultsOf(space).findOne({ job_id }),
        30_000,
      );
      expect(stored).toMatchObject({
        schema_version: '1.0',
        job_type: 'weather',
        input: { city: 'Austin', country_code: 'US', units: 'metric' },
        final_state: 'completed',
        error: null,
        trace_id: '5be4d82b-9c6f-4372-81d2-c0dc5a95a7a3',
      });
      const hash = await eventually('its status is final', async () => {
        const found = await (await redisOf(space)).hGetAll(`job:${job_id}:status`);
        return found['state'] === 'completed' ? found : null;
      });
      // Until then the status goes before the document.
      expect((await client.getJob({ params: { path: { job_id } } })).data).toMatchObject({
        job_id,
        final_state: 'completed',
      });
      expect(hash).toMatchObject({
        state: 'completed',
        progress_percent: '100',
        message: 'completed',
        updated_at: expect.stringMatching(/Z$/),
      });
      const ttl = await (await redisOf(space)).ttl(`job:${job_id}:status`);
      expect(ttl).toBeGreaterThan(86_000);
      expect(ttl).toBeLessThanOrEqual(86_400);
    }
  });

  it('reads a job that our API published: its key, its headers, its JSON, and nothing more', async () => {
    const { space, client } = await startPlatform();
    const seen = await readTopics(space, [kafkaOf(space).topic]);
    const payload = { city: 'São Paulo', units: 'imperial' } as const;
    const { data } = await client.submitJob({ body: { job_type: 'weather', payload } });
    const message = await eventually('it is read', () => seen.find(({ key }) => key === data?.job_id), 30_000);
    expect(message.headers).toEqual({ 'content-type': 'application/json', 'schema-version': '1.0' });
    expect(JSON.parse(message.value)).toEqual({
      schema_version: '1.0',
      job_id: data?.job_id,
      job_type: 'weather',
      submitted_at: data?.submitted_at,
      trace_id: data?.trace_id,
      payload,
    });
  });

  it('asks for progress 200 times at once: each reply comes to its own question', async () => {
    const { space, client } = await startPlatform();
    const { data } = await client.submitJob({
      body: { job_type: 'weather', payload: { city: 'Austin', units: 'metric' } },
    });
    const job_id = String(data?.job_id);
    await eventually(
      'it completed',
      async () => (await client.getJobStatus({ params: { path: { job_id } } })).data?.state === 'completed',
      30_000,
    );
    const connection = new Connection({ url: String(space.environment['RABBITMQ_URL']), noDelay: true });
    onTestFinished(() => connection.unsafeDestroy());
    const channel = await connection.acquire();
    const { queue } = await channel.queueDeclare({ exclusive: true });
    expect(queue).toMatch(/^amq\.gen-/);
    const replies = new Map<string, { body: unknown; type: string | undefined }>();
    await channel.basicConsume({ queue, noAck: true }, (message) => {
      replies.set(String(message.correlationId), { body: message.body, type: message.contentType });
    });
    const questions = Array.from({ length: 200 }, (_, index) => ({
      request_id: randomUUID(),
      job_id: index % 2 === 0 ? job_id : randomUUID(),
    }));
    const requestQueue = String(space.environment['RABBITMQ_PROGRESS_REQUEST_QUEUE']);
    for (const { request_id, job_id: asked } of questions) {
      await channel.basicPublish(
        { routingKey: requestQueue, correlationId: request_id, replyTo: queue, contentType: 'application/json' },
        { job_id: asked, request_id, requested_at: '2026-02-14T15:12:05Z' },
      );
    }
    await eventually('all are answered', () => replies.size === questions.length);
    for (const { request_id, job_id: asked } of questions) {
      const expected =
        asked === job_id
          ? { state: 'completed', progress_percent: 100, message: 'completed' }
          : { state: 'not_found', progress_percent: 0, message: expect.any(String) };
      expect(replies.get(request_id)).toEqual({
        type: 'application/json',
        body: { job_id: asked, ...expected, timestamp: expect.stringMatching(/Z$/) },
      });
    }
  });

  it('is not answered where it asks wrongly, and does no harm', async () => {
    const { space, client } = await startPlatform();
    const connection = new Connection({ url: String(space.environment['RABBITMQ_URL']) });
    onTestFinished(() => connection.unsafeDestroy());
    const channel = await connection.acquire();
    const { queue } = await channel.queueDeclare({ exclusive: true });
    const victim = `victim-${randomUUID()}`;
    await channel.queueDeclare({ queue: victim, exclusive: true });
    const replies: unknown[] = [];
    await channel.basicConsume({ queue, noAck: true }, (message) => void replies.push(message.correlationId));
    const routingKey = String(space.environment['RABBITMQ_PROGRESS_REQUEST_QUEUE']);
    const good = { job_id: randomUUID(), request_id: 'r', requested_at: '2026-02-14T15:12:05Z' };
    const wrong: [object, unknown][] = [
      [{ replyTo: queue }, good],
      [{ correlationId: 'no reply_to' }, good],
      [{ correlationId: 'foreign queue', replyTo: victim }, good],
      [{ correlationId: 'the request queue itself', replyTo: routingKey }, good],
      [{ correlationId: 'no job_id', replyTo: queue }, { request_id: 'r' }],
      [{ correlationId: 'no JSON', replyTo: queue }, Buffer.from('{')],
      [{ correlationId: 'prototype', replyTo: queue }, Buffer.from('{"__proto__":{},"job_id":1}')],
      [{ correlationId: 'large', replyTo: queue }, Buffer.alloc(1_000_000, 'x')],
    ];
    for (const [properties, body] of wrong)
      await channel.basicPublish({ routingKey, contentType: 'application/json', ...properties }, body);
    await channel.basicPublish(
      { routingKey, contentType: 'application/json', correlationId: 'last', replyTo: queue },
      { ...good, request_id: 'last' },
    );
    await eventually('the one that is right is answered', () => replies.includes('last'));
    expect(replies).toEqual(['last']);
    expect((await channel.queueDeclare({ queue: victim, passive: true })).messageCount).toBe(0);
    expect((await client.getJobStatus({ params: { path: { job_id: good.job_id } } })).response.status).toBe(404);
  });

  it('writes a status and a document as the contract prints them: our API reads both', async () => {
    const { space, client } = await startPlatform();
    const [live, done] = [randomUUID(), randomUUID()];
    const redis = await redisOf(space);
    const updated_at = new Date().toISOString();
    await redis.hSet(`job:${live}:status`, {
      state: 'running',
      progress_percent: '50',
      updated_at,
      message: 'calling external provider',
      worker: 'w-1',
    });
    await redis.expire(`job:${live}:status`, 60);
    expect((await client.getJob({ params: { path: { job_id: live } } })).data).toEqual({
      state: 'running',
      progress_percent: 50,
      updated_at,
      message: 'calling external provider',
    });
    expect((await client.getJobStatus({ params: { path: { job_id: live } } })).data).toMatchObject({
      job_id: live,
      state: 'running',
      progress_percent: 50,
    });

    const document = {
      schema_version: '1.0',
      job_id: done,
      job_type: 'weather',
      input: { city: 'Austin', country_code: 'US', units: 'metric' },
      output: { temperature: 20.4, condition: 'Cloudy', humidity_pct: 61, wind_kph: 13.2 },
      final_state: 'completed',
      started_at: '2026-02-14T15:12:04Z',
      completed_at: '2026-02-14T15:12:06Z',
      error: null,
      trace_id: '5be4d82b-9c6f-4372-81d2-c0dc5a95a7a3',
    };
    await resultsOf(space).insertOne({ ...document, of_another_program: true });
    expect((await client.getJob({ params: { path: { job_id: done } } })).data).toEqual(document);
    expect((await client.getJobStatus({ params: { path: { job_id: done } } })).data).toEqual({
      job_id: done,
      state: 'completed',
      progress_percent: 100,
      message: 'completed',
      timestamp: '2026-02-14T15:12:06Z',
    });
  });

  it('replaces the worker: our API shows what it writes', async () => {
    const { space, client, worker } = await startPlatform();
    await worker.end('SIGTERM');
    const consumer = await consumerOf(space, 'other-worker');
    await consumer.subscribe({ topic: kafkaOf(space).topic, fromBeginning: true });
    const redis = await redisOf(space);
    await consumer.run({
      eachMessage: async ({ message }) => {
        const { job_id, payload, trace_id } = JSON.parse(String(message.value)) as {
          job_id: string;
          payload: object;
          trace_id: string;
        };
        const now = new Date().toISOString();
        await resultsOf(space).insertOne({
          job_id,
          job_type: 'weather',
          input: payload,
          output: null,
          final_state: 'failed',
          started_at: now,
          completed_at: now,
          error: { code: 'WEATHER_DOWN', message: 'no weather today' },
          trace_id,
        });
        await redis.hSet(`job:${job_id}:status`, {
          state: 'failed',
          progress_percent: '50',
          updated_at: now,
          message: 'no weather today',
          error_code: 'WEATHER_DOWN',
          error_message: 'no weather today',
        });
      },
    });
    const { data } = await client.submitJob({
      body: { job_type: 'weather', payload: { city: 'Austin', units: 'metric' } },
    });
    const path = { job_id: String(data?.job_id) };
    const result = await eventually(
      'it ends',
      async () => {
        const { data: job } = await client.getJob({ params: { path } });
        return job !== undefined && 'final_state' in job ? job : null;
      },
      30_000,
    );
    expect(result).toMatchObject({
      final_state: 'failed',
      error: { code: 'WEATHER_DOWN', message: 'no weather today' },
    });
  });
});
