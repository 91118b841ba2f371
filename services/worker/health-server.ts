import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, timestamp } from '@dtq/core/clock.ts';
import type { Address } from '@dtq/core/config.ts';
import { checkParts } from '@dtq/core/health.ts';
import { METRICS_PATH, type Metrics } from '@dtq/core/metrics.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { OPERATIONS } from '@dtq/generated/rest/operations.ts';
import type { Health, Liveness, Readiness } from '@dtq/generated/schemas/types.ts';

export interface HealthServer {
  readonly url: string;
  stop(): Promise<void>;
}

type Answer = { status: 200 | 503; body: Health | Liveness | Readiness };

/**
 * The health routes of the REST contract for a worker: alive, ready (it takes jobs, and the queue and the result store that
 * every job needs answer), and each part; with `metrics`, what it counts too. Rejects where it cannot listen.
 */
export async function startHealthServer(
  checks: Backend['checks'],
  { host, port }: Address,
  isTakingWork: () => boolean,
  metrics?: Metrics,
): Promise<HealthServer> {
  const time = (): string => timestamp(systemClock);
  const answers: { readonly [path: string]: () => Promise<Answer> } = {
    [OPERATIONS.getLiveness.path]: async () => ({ status: 200, body: { status: 'ok', time: time() } }),
    [OPERATIONS.getReadiness.path]: async () => {
      const found = await checkParts(checks);
      const ready = isTakingWork() && found.kafka && found.mongodb;
      return { status: ready ? 200 : 503, body: { status: ready ? 'ready' : 'not_ready', time: time() } };
    },
    [OPERATIONS.getHealth.path]: async () => {
      const found = await checkParts(checks);
      const ok = Object.values(found).every(Boolean);
      return { status: ok ? 200 : 503, body: { status: ok ? 'ok' : 'degraded', checks: found, time: time() } };
    },
  };
  const server = createServer(
    { requestTimeout: 5000, headersTimeout: 5000, maxHeaderSize: 8192 },
    async (request, response) => {
      const path = URL.parse(request.url ?? '/', 'http://worker')?.pathname ?? '';
      const answer = Object.hasOwn(answers, path) && request.method === 'GET' ? await answers[path]?.() : undefined;
      response.setHeader('Cache-Control', 'no-store');
      if (metrics !== undefined && path === METRICS_PATH && request.method === 'GET')
        response.writeHead(200, { 'Content-Type': metrics.contentType }).end(await metrics.text());
      else if (answer === undefined) response.writeHead(404).end();
      else
        response
          .writeHead(answer.status, {
            'Content-Type': 'application/json',
            ...(answer.status === 503 ? { 'Retry-After': 1 } : {}),
          })
          .end(JSON.stringify(answer.body));
    },
  );
  server.maxConnections = 100;
  server.listen(port, host === '' ? undefined : host);
  await once(server, 'listening');
  const { port: real } = server.address() as AddressInfo;
  return {
    url: `http://${host === '' ? 'localhost' : host}:${real}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
