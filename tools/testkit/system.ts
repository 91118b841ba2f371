import { createApp } from '@dtq/api/app.ts';
import { type ApiConfig, readApiConfig } from '@dtq/api/config.ts';
import { type EmbeddedBackend, openEmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { systemClock } from '@dtq/core/clock.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { type Client, createClient } from '@dtq/generated/rest/client.ts';
import { handlers } from '@dtq/generated/wiring/handlers.ts';
import { responders } from '@dtq/generated/wiring/responders.ts';
import { routes } from '@dtq/generated/wiring/routes.ts';
import { readWorkerConfig } from '@dtq/worker/config.ts';
import { sandboxProviders } from '@dtq/worker/providers/providers.ts';
import { startWorker, type WorkerOptions } from '@dtq/worker/worker.ts';
import { onTestFinished } from 'vitest';
import { contractFaults } from './contract-response.ts';
import { freshFolder } from './folder.ts';

export interface SystemOptions {
  /** Whether a worker runs; true unless said otherwise. */
  readonly worker?: boolean;
  /** Ports to put in place of the backend's own in the API, such as one that is down. */
  readonly broken?: Partial<Backend>;
  readonly handlers?: Partial<WorkerOptions['handlers']>;
  readonly config?: Partial<ApiConfig>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly isTakingWork?: () => boolean;
  readonly dataDir?: string;
}

export interface System {
  /** The generated client, which calls the API in this process. */
  readonly client: Client;
  readonly backend: EmbeddedBackend;
  /** Any request; its answer has been held to the OpenAPI document, as every answer to the client has. */
  request(path: string, init?: RequestInit): Promise<Response>;
}

/** The whole system in this process over a fresh embedded backend, ended with the running test. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const log = silentLogger();
  const backend = await openEmbeddedBackend({ dataDir: options.dataDir ?? freshFolder(), log });
  onTestFinished(() => backend.close());
  const reader = new ConfigReader(options.environment ?? {});
  if (options.worker !== false) {
    const worker = await startWorker({
      backend,
      config: readWorkerConfig(reader),
      handlers: { ...handlers, ...options.handlers },
      responders,
      providers: sandboxProviders(),
      log,
    });
    onTestFinished(() => worker.stop());
  }
  const config = { ...readApiConfig(reader), ...options.config };
  reader.finish();
  const context = {
    ...backend,
    ...options.broken,
    config,
    clock: systemClock,
    log,
    isTakingWork: options.isTakingWork ?? (() => true),
  };
  const app = createApp({ routes, context });
  const call = async (request: Request): Promise<Response> => {
    const { method, url } = request;
    const response = await app.fetch(request);
    const faults = new URL(url).pathname === '/openapi.json' ? [] : await contractFaults({ method, url }, response);
    if (faults.length > 0) throw new Error(`the answer to ${method} ${url} breaks the contract:\n${faults.join('\n')}`);
    return response;
  };
  return {
    client: createClient({ baseUrl: 'http://dtq.test', fetch: call }),
    backend,
    request: (path, init) => call(new Request(new URL(path, 'http://dtq.test'), init)),
  };
}
