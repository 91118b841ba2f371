import { systemClock } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { decodeJobMessage } from '@dtq/core/job-message.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Backend, Delivery, Outcome } from '@dtq/core/ports.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import type { ResponderId } from '@dtq/generated/messaging/channels.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { WorkerConfig } from './config.ts';
import type { Providers } from './providers/providers.ts';
import { refuse } from './refuse.ts';
import type { Responder } from './responder.ts';
import { runJob, type WorkerParts } from './run-job.ts';

export interface WorkerOptions {
  readonly backend: Backend;
  readonly config: WorkerConfig;
  readonly handlers: WorkerParts['handlers'];
  readonly responders: { readonly [Id in ResponderId]: Responder<Id> };
  readonly providers: Providers;
  readonly log: Logger;
}

export interface RunningWorker {
  /** Takes no new job, waits for those being done as long as the configuration allows, and hands back the rest. */
  stop(): Promise<void>;
}

/** Starts a worker over a backend that is open: it does jobs, and answers questions about their progress. */
export async function startWorker({
  backend,
  config,
  handlers,
  responders,
  providers,
  log,
}: WorkerOptions): Promise<RunningWorker> {
  const { statuses, results, queue } = backend;
  const parts: WorkerParts = {
    statuses,
    results,
    queue,
    handlers,
    providers,
    processTimeoutMs: config.processTimeoutMs,
    clock: systemClock,
  };
  const context = { statuses, results, queue, clock: systemClock };
  const stopAnswering = await backend.progress.answer((request) => responders.answerProgress(request, context));
  const concurrency = Object.fromEntries(
    JOB_TYPE_VALUES.map((jobType) => [jobType, JOB_POLICIES[jobType].concurrency]),
  );
  const consumer = await backend.queue.consume({
    jobTypes: config.jobTypes,
    concurrency,
    deliver: (delivery) => deliver(delivery, parts, log),
  });
  log.info({ job_types: config.jobTypes }, 'the worker takes jobs');
  return {
    stop: async () => {
      await consumer.stop(config.drainTimeoutMs);
      await stopAnswering();
    },
  };
}

async function deliver(delivery: Delivery, parts: WorkerParts, log: Logger): Promise<Outcome> {
  const decoded = decodeJobMessage(delivery.jobType, delivery.value);
  const { job_id, trace_id } = decoded.ok ? decoded.job : decoded;
  const jobLog = log.child({ job_id, trace_id, job_type: delivery.jobType });
  try {
    if (!decoded.ok) return await refuse(delivery, decoded, parts, jobLog);
    const outcome = await runJob(decoded.job, parts, delivery.signal, jobLog);
    return { kind: outcome };
  } catch (error) {
    if (error instanceof Unavailable) {
      jobLog.warn({ err: error }, 'a store does not answer; the job comes again');
      return { kind: 'again' };
    }
    // Another try would end here again, and hold up what comes after it. The bytes are kept; the log has the rest.
    jobLog.error(
      { err: error, source: delivery.source },
      'the job cannot be brought to an end; it goes to the dead letters',
    );
    return { kind: 'bury', reason: `a defect: ${error instanceof Error ? error.name : typeof error}` };
  }
}
