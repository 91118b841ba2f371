import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readApiConfig } from '@dtq/api/config.ts';
import { openEmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { systemClock } from '@dtq/core/clock.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { startScheduler } from '@dtq/core/scheduler.ts';
import { appOver, readConfig } from '@dtq/testkit/app-over.ts';
import { workerOver } from '@dtq/testkit/worker-over.ts';
import { readWorkerConfig } from '@dtq/worker/config.ts';
import type { Fetch } from '../http.ts';

export interface EmbeddedServer {
  /** Asks the API, without a socket. */
  readonly fetch: Fetch;
  /** Puts a message that is no job into the queue; a dead letter comes of it. */
  poison(text: string): Promise<void>;
  close(): Promise<void>;
}

/** API and worker in this process over one fresh file, outside of any test: it lives until it is closed. */
export async function embeddedServer(environment: Readonly<Record<string, string>> = {}): Promise<EmbeddedServer> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'dtq-conformance-'));
  const log = silentLogger();
  const backend = await openEmbeddedBackend({ dataDir, log });
  const worker = await workerOver(backend, { config: readConfig(readWorkerConfig, environment) });
  const { app } = appOver(backend, { config: readConfig(readApiConfig, environment) });
  const scheduler = startScheduler({ ...backend, clock: systemClock, log, owner: 'api' });
  return {
    fetch: async (request) => app.fetch(request),
    poison: (text) => backend.queue.put('weather', { key: null, value: Buffer.from(text), headers: {} }),
    close: async () => {
      await scheduler.stop();
      await worker.stop();
      await backend.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
