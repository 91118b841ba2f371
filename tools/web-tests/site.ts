import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startApi } from '@dtq/api/api.ts';
import { readApiConfig } from '@dtq/api/config.ts';
import { type EmbeddedBackend, openEmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { type Client, createClient } from '@dtq/generated/rest/client.ts';
import type { SubmitJobRequest } from '@dtq/generated/schemas/types.ts';
import { routes } from '@dtq/generated/wiring/routes.ts';
import { readConfig } from '@dtq/testkit/app-over.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { workerOver } from '@dtq/testkit/worker-over.ts';
import type { WorkerOptions } from '@dtq/worker/worker.ts';
import { onTestFinished } from 'vitest';

const PAGE = path.resolve(import.meta.dirname, '../../web/dist/index.html');

export interface SiteOptions {
  /** Whether a worker runs; true unless said otherwise. */
  readonly worker?: boolean;
  readonly handlers?: Partial<WorkerOptions['handlers']>;
}

export interface Site {
  readonly url: string;
  readonly client: Client;
  readonly backend: EmbeddedBackend;
  /** Submits a job as another program would; gives its id. */
  submit(body: SubmitJobRequest): Promise<string>;
  /** Waits until a job has ended. */
  ended(jobId: string): Promise<void>;
}

/** The whole of dtq with its page over a fresh embedded backend, on a port of its own, ended with the running test. */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const { close, ...site } = await openSite(options);
  onTestFinished(close);
  return site;
}

/** The same, until it is closed. */
export async function openSite(options: SiteOptions = {}): Promise<Site & { close(): Promise<void> }> {
  if (!existsSync(PAGE)) throw new Error('the page has not been built: npm run build');
  const log = silentLogger();
  const dataDir = mkdtempSync(path.join(tmpdir(), 'dtq-web-'));
  const backend = await openEmbeddedBackend({ dataDir, log });
  const worker = options.worker === false ? null : await workerOver(backend, { handlers: options.handlers });
  const config = readConfig(readApiConfig, { API_ADDR: '127.0.0.1:0' });
  const api = await startApi({ backend, config, routes, log });
  const client = createClient({ baseUrl: api.url });
  return {
    url: api.url,
    client,
    backend,
    close: async () => {
      await api.stop(0);
      await worker?.stop();
      await backend.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
    submit: async (body) => {
      const { data, error } = await client.submitJob({ body });
      if (data === undefined) throw new Error(`not accepted: ${JSON.stringify(error)}`);
      return data.job_id;
    },
    ended: async (job_id) => {
      await eventually(`job ${job_id} has ended`, async () => {
        const { data } = await client.getJob({ params: { path: { job_id } } });
        return data !== undefined && 'final_state' in data;
      });
    },
  };
}
