import { rmSync } from 'node:fs';
import { type EmbeddedBackend, openEmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { headersOf } from '@dtq/core/envelope.ts';
import { encodeJobMessage } from '@dtq/core/job-message.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { type Scheduler, startScheduler } from '@dtq/core/scheduler.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import { createClient } from '@dtq/generated/rest/client.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import { handlers } from '@dtq/generated/wiring/handlers.ts';
import { responders } from '@dtq/generated/wiring/responders.ts';
import { appOver, readConfig } from '@dtq/testkit/app-over.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { CIRCUIT } from '@dtq/worker/circuit.ts';
import { readWorkerConfig } from '@dtq/worker/config.ts';
import { sandboxProviders } from '@dtq/worker/providers/providers.ts';
import { type RunningWorker, startWorker, type WorkerOptions } from '@dtq/worker/worker.ts';
import { RULES } from './job-model.ts';
import { HandClock, HeldProvider, type Platform } from './platform.ts';

const log = silentLogger();

/** What a busy provider asks to wait, in milliseconds. */
export const BUSY_MS = 60_000;

/** Far above all that a history moves its clock by, and within what a timer takes: nothing that is looked at goes by itself. */
const KEPT_MS = 20 * 24 * 3_600_000;

/** Looks often, for a history waits for nothing else; what a crash has kept is given to others with the next step of time. */
const SCHEDULER = { everyMs: 2, leaseMs: 1 } as const;

/** The worker of every platform: the rules of the model, a seat for every job, and no circuit, which is a matter of its own. */
export function workerOptions(providers: HeldProvider): Omit<WorkerOptions, 'backend'> {
  const policy = {
    attempts: RULES.attempts,
    retry: { baseMs: 1, capMs: 600_000 },
    timeoutMs: 3_600_000,
    concurrency: 1000,
  };
  const policies = Object.fromEntries(
    JOB_TYPE_VALUES.map((jobType) => [jobType, { ...JOB_POLICIES[jobType], ...policy }]),
  ) as typeof JOB_POLICIES;
  return {
    config: readConfig(readWorkerConfig, { WORKER_SHUTDOWN_DRAIN_TIMEOUT: '1ms', WORKER_PROCESS_TIMEOUT: '1h' }),
    handlers: { ...handlers, weather: providers.handler },
    responders,
    providers: sandboxProviders(),
    policies,
    circuit: { ...CIRCUIT, failures: Number.POSITIVE_INFINITY },
    scheduler: SCHEDULER,
    log,
  };
}

/** The whole platform over one file, in this process, on a clock that is moved by hand. */
export async function embeddedPlatform(): Promise<Platform & { readonly clock: HandClock }> {
  const dataDir = freshFolder();
  const clock = new HandClock();
  const providers = new HeldProvider(BUSY_MS);
  let life = await begin();
  let worker: RunningWorker | null = await work(life.backend);

  async function begin() {
    const backend = await openEmbeddedBackend({ dataDir, log, clock, statusTtlMs: KEPT_MS, visibilityMs: KEPT_MS });
    const { app } = appOver(backend, { clock });
    const scheduler: Scheduler = startScheduler({ ...backend, clock, log, owner: 'api' }, SCHEDULER);
    return { backend, app, scheduler };
  }

  function work(backend: EmbeddedBackend): Promise<RunningWorker> {
    return startWorker({ ...workerOptions(providers), backend, clock });
  }

  return {
    clock,
    providers,
    client: createClient({ baseUrl: 'http://dtq', fetch: async (request) => life.app.fetch(request) }),
    advance: async (ms) => {
      clock.advance(ms);
      await life.backend.lookAgain();
    },
    stopWorker: async () => {
      await worker?.stop();
      worker = null;
    },
    startWorker: async () => {
      worker = await work(life.backend);
    },
    crash: async () => {
      const [gone, wasWorking] = [life, worker];
      // The file is closed under everything that runs: nothing that goes on can leave a mark.
      await gone.backend.close();
      life = await begin();
      worker = wasWorking === null ? null : await work(life.backend);
      // Not a part of the crash: timers of what is dead already.
      await Promise.all([wasWorking?.stop(), gone.scheduler.stop()]);
    },
    publish: async (job) =>
      life.backend.queue.put(job.job_type, { key: job.job_id, value: encodeJobMessage(job), headers: headersOf({}) }),
    poison: async (bytes) => life.backend.queue.put('weather', { key: null, value: bytes, headers: {} }),
    close: async () => {
      await worker?.stop();
      await life.scheduler.stop();
      await life.backend.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
