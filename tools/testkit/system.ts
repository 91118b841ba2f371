import { type ApiConfig, readApiConfig } from '@dtq/api/config.ts';
import type { LiveClients } from '@dtq/api/live-clients.ts';
import { type EmbeddedBackend, openEmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { type Clock, systemClock } from '@dtq/core/clock.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import { type Logger, silentLogger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import type { JobPolicy } from '@dtq/generated/jobs/index.ts';
import { type Client, createClient } from '@dtq/generated/rest/client.ts';
import { readWorkerConfig } from '@dtq/worker/config.ts';
import type { WorkerOptions } from '@dtq/worker/worker.ts';
import { onTestFinished } from 'vitest';
import { appOver } from './app-over.ts';
import { heldToContract } from './contract-response.ts';
import { freshFolder } from './folder.ts';
import { quickPolicies } from './quick-policies.ts';
import { workerOver } from './worker-over.ts';

export interface SystemOptions {
  /** Whether a worker runs; true unless said otherwise. */
  readonly worker?: boolean;
  /** Ports to put in place of the backend's own in the API, such as one that is down, or one made of the backend's. */
  readonly broken?: Partial<Backend> | ((backend: Backend) => Partial<Backend>);
  readonly handlers?: Partial<WorkerOptions['handlers']>;
  /** In place of what every type's policy says; the waits between attempts are short unless it says otherwise. */
  readonly policy?: Partial<JobPolicy>;
  readonly config?: Partial<ApiConfig>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly isTakingWork?: () => boolean;
  readonly dataDir?: string;
  /** Of the API; the system's, unless said otherwise. */
  readonly clock?: Clock;
  /** Default: one that says nothing. */
  readonly log?: Logger;
}

export interface System {
  /** The generated client, which calls the API in this process. */
  readonly client: Client;
  readonly backend: EmbeddedBackend;
  /** The API itself; its answers are not held to anything. */
  readonly app: ReturnType<typeof appOver>['app'];
  /** Those who wait for what becomes of a job. */
  readonly clients: LiveClients;
  /** Any request; its answer has been held to the OpenAPI document, as every answer to the client has. */
  request(path: string, init?: RequestInit): Promise<Response>;
}

/** The whole system in this process over a fresh embedded backend, ended with the running test. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const { log = silentLogger() } = options;
  const backend = await openEmbeddedBackend({ dataDir: options.dataDir ?? freshFolder(), log });
  onTestFinished(() => backend.close());
  const reader = new ConfigReader(options.environment ?? {});
  if (options.worker !== false) {
    const worker = await workerOver(backend, {
      config: readWorkerConfig(reader),
      handlers: options.handlers,
      policies: quickPolicies(options.policy),
      log,
    });
    onTestFinished(() => worker.stop());
  }
  const config = { ...readApiConfig(reader), ...options.config };
  reader.finish();
  const broken = typeof options.broken === 'function' ? options.broken(backend) : options.broken;
  const { isTakingWork = () => true, clock = systemClock } = options;
  const { app, clients } = appOver({ ...backend, ...broken }, { config, isTakingWork, clock, log });
  const call = async (request: Request): Promise<Response> => {
    const response = await app.fetch(request);
    return new URL(request.url).pathname === '/openapi.json' ? response : await heldToContract(request, response);
  };
  return {
    client: createClient({ baseUrl: 'http://dtq.test', fetch: call }),
    backend,
    app,
    clients,
    request: (path, init) => call(new Request(new URL(path, 'http://dtq.test'), init)),
  };
}
