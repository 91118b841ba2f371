import type { Backend } from '@dtq/core/ports.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startHealthServer } from './health-server.ts';

const up = async (): Promise<void> => undefined;
const down = (): Promise<void> => Promise.reject(new Error('down'));

async function start(checks: Partial<Backend['checks']> = {}, isTakingWork = true): Promise<string> {
  const all = { kafka: up, redis: up, rabbitmq: up, mongodb: up, ...checks };
  const server = await startHealthServer(all, { host: '127.0.0.1', port: 0 }, () => isTakingWork);
  onTestFinished(() => server.stop());
  return server.url;
}

describe('the health routes of a worker', () => {
  it('answer as the REST contract says', async () => {
    const url = await start();
    const [health, ready, live] = await Promise.all(
      ['/healthz', '/readyz', '/livez'].map((path) => fetch(`${url}${path}`)),
    );
    expect([health?.status, ready?.status, live?.status]).toEqual([200, 200, 200]);
    expect(strict.Health(await health?.json())).toBe(true);
    expect(strict.Readiness(await ready?.json())).toBe(true);
    expect(strict.Liveness(await live?.json())).toBe(true);
  });

  it('say which part does not answer; only what every job needs makes it unready', async () => {
    const url = await start({ redis: down });
    const health = await fetch(`${url}/healthz`);
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({ status: 'degraded', checks: { redis: false, kafka: true } });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await fetch(`${await start({ mongodb: down })}/readyz`)).status).toBe(503);
    expect((await fetch(`${await start({}, false)}/readyz`)).status).toBe(503);
  });

  it('outlive whatever is asked of them', async () => {
    const url = await start();
    for (const path of ['//', '/%', '/healthz/x', '/__proto__', '/constructor', '/?x'])
      expect((await fetch(`${url}${path}`)).status, path).toBe(404);
    expect((await fetch(`${url}/livez`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });
});
