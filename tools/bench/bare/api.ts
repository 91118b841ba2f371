import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { JOB_MESSAGE_HEADERS_FIXED } from '@dtq/generated/messaging/headers.ts';
import type { ProgressReply } from '@dtq/generated/schemas/types.ts';
import { jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { type Message, Partitioners } from 'kafkajs';
import { connectRedis, kafkaOf, rabbitmqOf, readConfig, ready } from './drivers.ts';
import { Grouped } from './grouped.ts';

// What an API costs that does no more than it must: no validation, no deadlines, no log, no guard. A job goes to Kafka
// (acks=all), then its status to Redis, then 202; a question goes over RabbitMQ. With BARE_SEND=each, each job is a send.

const config = readConfig('api');
const topic = config.kafka.topics.weather;
const ttlSeconds = Math.ceil(config.redis.statusTtlMs / 1000);

const producer = kafkaOf(config).producer({
  allowAutoTopicCreation: false,
  createPartitioner: Partitioners.DefaultPartitioner,
});
await producer.connect();
const send = (messages: Message[]) => producer.send({ topic, acks: -1, messages });
const grouped = new Grouped<Message>(send, 500, 2);
const publish =
  process.env['BARE_SEND'] === 'each'
    ? (message: Message) => send([message])
    : (message: Message) => grouped.add(message);
const redis = await connectRedis(config);
const rpc = rabbitmqOf(config).createRPCClient({ confirm: false });

const app = new Hono();

app.post('/v1/jobs', async (c) => {
  const { job_type, payload } = await c.req.json<{ job_type: string; payload: object }>();
  const [job_id, trace_id, submitted_at] = [randomUUID(), randomUUID(), new Date().toISOString()];
  const job = { schema_version: '1.0', job_id, job_type, payload, submitted_at, trace_id };
  await publish({ key: job_id, value: JSON.stringify(job), headers: { ...JOB_MESSAGE_HEADERS_FIXED } });
  const key = jobStatusKey(job_id);
  const status = {
    job_id,
    trace_id,
    state: 'queued',
    progress_percent: 0,
    message: 'queued',
    updated_at: submitted_at,
  };
  await Promise.all([redis.hSet(key, status), redis.expire(key, ttlSeconds)]);
  return c.json({ job_id, trace_id, job_type, state: 'queued', submitted_at, message: 'queued' }, 202);
});

app.get('/v1/jobs/:job_id/status', async (c) => {
  const question = { job_id: c.req.param('job_id'), request_id: randomUUID(), requested_at: new Date().toISOString() };
  const { body } = await rpc.send(config.rabbitmq.requestQueue, question);
  return c.json(body as ProgressReply);
});

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
if (!server.listening) await once(server, 'listening');
ready(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
