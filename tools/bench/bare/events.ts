import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import { connectRedis, readConfig, ready } from './drivers.ts';

// Pushes what comes over pub/sub to whoever has asked for the job: node:http, one text for all who listen to it, no more.

const config = readConfig('api');
const [redis, subscriber] = await Promise.all([connectRedis(config), connectRedis(config)]);
const listeners = new Map<string, Set<ServerResponse>>();

const server = createServer(async (request, response) => {
  const key = jobStatusKey(request.url?.split('/')[3] ?? '');
  let those = listeners.get(key);
  if (those === undefined) {
    const them = new Set<ServerResponse>();
    those = them;
    listeners.set(key, them);
    await subscriber.subscribe(key, (status) => {
      const text = textOf(status);
      for (const listener of them) listener.write(text);
    });
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(textOf(JSON.stringify(await redis.hGetAll(key))));
  those.add(response);
  response.on('close', () => those.delete(response));
});

function textOf(status: string): string {
  return `event: status\ndata: ${status}\n\n`;
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
ready(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
