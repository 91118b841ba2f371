import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Queue } from 'bullmq';
import { Hono } from 'hono';
import { BULLMQ_QUEUE } from './bullmq.ts';
import { connectRedis, readConfig, ready } from './drivers.ts';

// BullMQ's `add` behind a route, as somebody would write it who wants no more: no validation, no log.

const queue = new Queue(BULLMQ_QUEUE, { connection: await connectRedis(readConfig('api')) });
queue.on('error', (error) => console.error(error));

const app = new Hono();
app.post('/v1/jobs', async (c) => {
  const { job_type, payload } = await c.req.json<{ job_type: string; payload: object }>();
  const { id: job_id } = await queue.add(job_type, payload);
  return c.json({ job_id, job_type, state: 'queued' }, 202);
});

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
if (!server.listening) await once(server, 'listening');
ready(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
