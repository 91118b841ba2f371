import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger } from '@dtq/core/log.ts';
import { createProviders } from '@dtq/worker/providers/providers.ts';
import { readBody } from '@dtq/worker/providers/read-body.ts';
import { PROVIDER_PATHS } from './provider-paths.ts';

// Plays all providers over HTTP with the sandbox's answers, on PROVIDER_PORT, so that calls have connections that can break.

/** How long an answer takes, in milliseconds. */
const LATENCY_MS = 20;
/** Longer than any answer of the sandbox. */
const MOST_BYTES = 100_000;
/** Longer than anybody waits. */
const CALL_MS = 60_000;

const address = 'http://127.0.0.1';
const urls = { geocodingUrl: address, forecastUrl: address, quoteUrl: address, exchangeRateUrl: address };
const providers = createProviders({ mode: 'sandbox', githubUrl: address, ...urls }, silentLogger(), {
  latency: () => LATENCY_MS,
});

const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
  const url = new URL(request.url ?? '/', address);
  const name = Object.entries(PROVIDER_PATHS).find(([, path]) => url.pathname.startsWith(path))?.[0];
  if (name === undefined) return void response.writeHead(404).end();
  url.pathname = url.pathname.slice(PROVIDER_PATHS[name as keyof typeof PROVIDER_PATHS].length);
  const signal = AbortSignal.timeout(CALL_MS);
  const { fetch } = providers[name as keyof typeof PROVIDER_PATHS];
  const { response: answer } = await fetch({ url, headers: {}, signal, timeoutMs: CALL_MS, number: 1 });
  const told = ['content-type', 'retry-after'].flatMap((header) => {
    const value = answer.headers.get(header);
    return value === null ? [] : [header, value];
  });
  response.writeHead(answer.status, told).end(await readBody(answer, MOST_BYTES));
});
server.listen(Number(process.env['PROVIDER_PORT'] ?? 0), '127.0.0.1');
await once(server, 'listening');
process.on('SIGTERM', () => process.exit(0));
console.log(JSON.stringify({ url: `${address}:${(server.address() as AddressInfo).port}` }));
