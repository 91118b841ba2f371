import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from '@dtq/core/config.ts';
import type { Logger } from '@dtq/core/log.ts';
import { METRICS_PATH, type Metrics } from '@dtq/core/metrics.ts';

/** Metrics on a listener of their own, where an address is given. Rejects where it cannot listen. */
export async function startMetricsServer(
  address: Address | null,
  metrics: Metrics,
  log: Logger,
): Promise<{ stop(): Promise<void> }> {
  if (address === null) return { stop: async () => undefined };
  const { host, port } = address;
  const server = createServer(
    { requestTimeout: 5000, headersTimeout: 5000, maxHeaderSize: 8192 },
    async (request, response) => {
      const path = URL.parse(request.url ?? '/', 'http://metrics')?.pathname;
      response.setHeader('Cache-Control', 'no-store');
      if (path !== METRICS_PATH || request.method !== 'GET') response.writeHead(404).end();
      else response.writeHead(200, { 'Content-Type': metrics.contentType }).end(await metrics.text());
    },
  );
  server.maxConnections = 100;
  server.listen(port, host === '' ? undefined : host);
  await once(server, 'listening');
  log.info({ metrics_port: (server.address() as AddressInfo).port }, 'metrics have a listener of their own');
  return {
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
