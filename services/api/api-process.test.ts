import { openEmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import { ConfigError } from '@dtq/core/errors.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { createClient } from '@dtq/generated/rest/client.ts';
import { routes } from '@dtq/generated/wiring/routes.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startApi } from './api.ts';
import { readApiConfig } from './config.ts';
import { bury } from './test/bury.ts';
import { inMs, JOB } from './test/requests.ts';

/** An API on a port of its own, and no worker. */
async function start() {
  const log = silentLogger();
  const backend = await openEmbeddedBackend({ dataDir: freshFolder(), log });
  onTestFinished(() => backend.close());
  const config = { ...readApiConfig(new ConfigReader({})), address: { host: '127.0.0.1', port: 0 } };
  const api = await startApi({ backend, config, routes, log });
  onTestFinished(() => api.stop(0));
  return { api, backend, client: createClient({ baseUrl: api.url }) };
}

describe('an API without a worker', () => {
  it('puts a job on the queue when its time has come', async () => {
    const { client, backend } = await start();
    const { data } = await client.submitJob({ body: { ...JOB, delay: '200ms' } });
    const jobId = String(data?.job_id);
    await eventually('it is on the queue', () => backend.queue.holds(jobId));
    const status = await eventually('its status says so', async () => {
      const found = await backend.statuses.get(jobId);
      return found?.run_at === undefined ? found : null;
    });
    expect(status).toMatchObject({ state: 'queued', message: 'waiting for a worker' });
    await eventually('its row goes', async () => (await backend.schedule.find(jobId)).length === 0);
  });

  it('gives a job up that nobody started in time', async () => {
    const { client, backend } = await start();
    const { data } = await client.submitJob({ body: { ...JOB, expires_at: inMs(3000) } });
    const result = await eventually('it expires', () => backend.results.get(String(data?.job_id)));
    expect(result.error?.code).toBe('expired');
  });

  it('stops with all that it began, and may be stopped twice', async () => {
    const { api } = await start();
    await Promise.all([api.stop(100), api.stop(100)]);
    await expect(fetch(`${api.url}/livez`)).rejects.toThrow();
  });
});

describe('a body that need not be sent', () => {
  it('may be missing, empty, or come in pieces', async () => {
    const { api, backend } = await start();
    const [letter] = await bury(backend, 'quote', ['{"payload":{"limit":1}}']);
    const url = `${api.url}/v1/dead-letters/${letter?.dead_letter_id}/replay`;
    // Without a length: as chunks, which fetch asks to be told of.
    const pieces = (text: string): RequestInit & { duplex: 'half' } => ({
      body: new Blob([text]).stream(),
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    });
    const requests: RequestInit[] = [
      {},
      { body: '' },
      { headers: { 'content-type': 'application/json' } },
      pieces(''),
      pieces('{}'),
      pieces('{"payload":{"limit":2}}'),
    ];
    for (const init of requests) {
      const response = await fetch(url, { method: 'POST', ...init });
      expect([response.status, await response.json()]).toEqual([202, expect.objectContaining({ kind: 'dead_letter' })]);
    }
    expect(await backend.replays.of([String(letter?.dead_letter_id)])).toHaveLength(requests.length);
    const text = await fetch(url, { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } });
    expect(text.status).toBe(415);
    await text.text();
  });
});

describe('the configuration', () => {
  const read = (environment: Record<string, string>) => {
    const reader = new ConfigReader(environment);
    const config = readApiConfig(reader);
    reader.finish();
    return config;
  };

  it('has defaults', () => {
    expect(read({})).toMatchObject({ maxBatchBytes: 4_194_304, idempotencySecret: expect.stringMatching(/.{16}/) });
    expect(read({ API_MAX_BATCH_BYTES: '2048', IDEMPOTENCY_SECRET: 'sixteen letters!' })).toMatchObject({
      maxBatchBytes: 2048,
      idempotencySecret: 'sixteen letters!',
    });
  });

  it('refuses a short secret, and does not show it', () => {
    expect(() => read({ IDEMPOTENCY_SECRET: 'too short' })).toThrow(
      new ConfigError([
        'IDEMPOTENCY_SECRET="***" is not valid: it takes at least 16 characters, the same on every API',
      ]),
    );
    expect(() => read({ API_MAX_BATCH_BYTES: '7' })).toThrow(/^API_MAX_BATCH_BYTES="7" is not valid/);
  });
});
