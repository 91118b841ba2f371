import { type EmbeddedBackend, openEmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import type { JobPolicy } from '@dtq/generated/jobs/index.ts';
import type { JobResult } from '@dtq/generated/schemas/types.ts';
import { handlers } from '@dtq/generated/wiring/handlers.ts';
import { responders } from '@dtq/generated/wiring/responders.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { quickPolicies } from '@dtq/testkit/quick-policies.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { onTestFinished } from 'vitest';
import { readWorkerConfig } from '../config.ts';
import { createProviders, sandboxProviders } from '../providers/providers.ts';
import { NOWHERE } from '../providers/testing/config.ts';
import { type RunningWorker, startWorker, type WorkerOptions } from '../worker.ts';

export interface TestWorkerOptions extends Partial<Pick<WorkerOptions, 'circuit' | 'log' | 'providers'>> {
  /** Default: a fresh one, which ends with the running test. */
  readonly backend?: EmbeddedBackend;
  /** Ports to put in place of the backend's own. */
  readonly replaced?: (backend: EmbeddedBackend) => Partial<Backend>;
  readonly handlers?: Partial<WorkerOptions['handlers']>;
  readonly environment?: Readonly<Record<string, string>>;
  /** In place of what every type's policy says; the waits between attempts are short unless it says otherwise. */
  readonly policy?: Partial<JobPolicy>;
}

export interface TestWorker extends RunningWorker {
  readonly backend: EmbeddedBackend;
  /** The document of a job, once the worker has ended it and said so. */
  ended(jobId: string, timeoutMs?: number): Promise<JobResult>;
}

/** The waits between calls and between attempts that tests need not wait for. */
export const AT_ONCE = {
  backoff: { baseMs: 1, capMs: 2 },
  retry: { baseMs: 1, capMs: 2 },
} as const satisfies Partial<JobPolicy>;

export async function openTestBackend(): Promise<EmbeddedBackend> {
  const backend = await openEmbeddedBackend({ dataDir: freshFolder(), log: silentLogger() });
  onTestFinished(() => backend.close());
  return backend;
}

/** A worker over an embedded backend and the sandbox, until the running test ends. */
export async function startTestWorker(options: TestWorkerOptions = {}): Promise<TestWorker> {
  const { backend = await openTestBackend(), replaced, policy, environment = {}, ...given } = options;
  const reader = new ConfigReader(environment);
  const config = readWorkerConfig(reader);
  reader.finish();
  const worker = await startWorker({
    responders,
    providers: sandboxProviders(),
    log: silentLogger(),
    ...given,
    config,
    backend: { ...backend, ...replaced?.(backend) },
    handlers: { ...handlers, ...options.handlers },
    policies: quickPolicies(policy),
    scheduler: { everyMs: 50 },
  });
  onTestFinished(() => worker.stop());
  return {
    backend,
    stop: () => worker.stop(),
    ended: async (jobId, timeoutMs) => {
      const document = await eventually(`${jobId} has ended`, () => backend.results.get(jobId), timeoutMs);
      await eventually('and says so', async () => {
        return (await backend.statuses.get(jobId))?.state === document.final_state;
      });
      return document;
    },
  };
}

/** Live providers, all at one address. */
export function providersAt(url: string): WorkerOptions['providers'] {
  const urls = Object.fromEntries(Object.keys(NOWHERE).map((name) => [name, url]));
  return createProviders({ ...NOWHERE, ...urls, mode: 'live', githubToken: undefined }, silentLogger());
}
