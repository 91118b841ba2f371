import { serve } from '@hono/node-server';
import { Hono } from 'hono';

// The least that listens: a Hono server with one route, on the port that it is given.

const app = new Hono();
app.get('/readyz', (c) => c.json({ status: 'ok' }));
serve({ fetch: app.fetch, port: Number(process.env['PORT']), hostname: '127.0.0.1' });
process.on('SIGTERM', () => process.exit(0));
