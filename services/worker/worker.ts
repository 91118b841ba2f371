import { type Clock, settlesWithin, systemClock } from '@dtq/core/clock.ts';
import { envelopeOf } from '@dtq/core/envelope.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { decodeJobMessage } from '@dtq/core/job-message.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Backend, Consumer, Delivery, Outcome } from '@dtq/core/ports.ts';
import { processName } from '@dtq/core/process-name.ts';
import { type SchedulerOptions, startScheduler } from '@dtq/core/scheduler.ts';
import { StatsRecorder } from '@dtq/core/stats.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import type { ResponderId } from '@dtq/generated/messaging/channels.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import { Activity } from './activity.ts';
import { CancelWatch } from './cancel-watch.ts';
import { CIRCUIT, Circuit, type CircuitOptions } from './circuit.ts';
import type { WorkerConfig } from './config.ts';
import { giveUp } from './give-up.ts';
import type { Providers } from './providers/providers.ts';
import { NO_INDEX, refuse, tooLong } from './refuse.ts';
import type { Responder } from './responder.ts';
import { runJob } from './run-job.ts';
import type { WorkerParts } from './running-job.ts';

export interface WorkerOptions {
  readonly backend: Backend;
  readonly config: WorkerConfig;
  readonly handlers: WorkerParts['handlers'];
  readonly responders: { readonly [Id in ResponderId]: Responder<Id> };
  readonly providers: Providers;
  readonly log: Logger;
  /** Default: those of the specs. */
  readonly policies?: WorkerParts['policies'];
  /** Default: CIRCUIT. */
  readonly circuit?: CircuitOptions;
  /** Default: as scheduler.ts has it. */
  readonly scheduler?: SchedulerOptions;
  /** Default: the system's. What waits within a worker, such as backoff, takes its time all the same. */
  readonly clock?: Clock;
}

export interface RunningWorker {
  /** Takes no new job, waits for those being done as long as the configuration allows, and hands back the rest. */
  stop(): Promise<void>;
}

/**
 * Starts a worker over a backend that is open: it does jobs, puts those whose time has come on the queue, and answers
 * questions about their progress.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const {
    backend,
    config,
    handlers,
    responders,
    providers,
    policies = JOB_POLICIES,
    clock = systemClock,
    log,
  } = options;
  const { statuses, queue, schedule, openJobs, capabilities } = backend;
  const worker = processName();
  const recorder = new StatsRecorder({ stats: backend.stats, clock, log });
  const results = recorder.counting(backend.results);
  const seats = new Seats(policies);
  const circuits = forEachType(
    (jobType) =>
      new Circuit(
        {
          jobType,
          concurrency: policies[jobType].concurrency,
          limit: (concurrency) => seats.limit(jobType, concurrency),
          clock,
          log,
        },
        options.circuit ?? CIRCUIT,
      ),
  );
  const cancels = new CancelWatch();
  const concurrency = (): Record<string, number> =>
    Object.fromEntries(config.jobTypes.map((jobType) => [jobType, seats.concurrency[jobType]]));
  const activity = new Activity({ workers: backend.workers, worker, clock, log, concurrency });
  const { processTimeoutMs, maxResultBytes } = config;
  const limits = { processTimeoutMs, maxResultBytes };
  const parts = {
    ...{
      statuses,
      results,
      schedule,
      openJobs,
      handlers,
      providers,
      policies,
      circuits,
      cancels,
      activity,
      worker,
      clock,
    },
    ...limits,
  } satisfies WorkerParts;
  const context = { statuses, results, queue, schedule, openJobs, clock };
  const stopAnswering = await backend.progress.answer((request) => responders.answerProgress(request, context));
  await cancels.start(backend.cancels, log);
  const consumer = await queue.consume({
    jobTypes: config.jobTypes,
    concurrency: { ...seats.concurrency },
    deliver: (delivery) => deliver(delivery, parts, config.maxMessageBytes, log),
  });
  seats.of(consumer);
  const scheduler = startScheduler(
    { queue, statuses, results, schedule, capabilities, clock, log, owner: worker },
    options.scheduler,
  );
  activity.start();
  log.info({ job_types: config.jobTypes, worker }, 'the worker takes jobs');
  return {
    stop: async () => {
      for (const circuit of Object.values(circuits)) circuit.stop();
      // Rows that it is kept from doing have a lease that ends.
      const scheduled = settlesWithin(config.drainTimeoutMs, scheduler.stop());
      await Promise.all([consumer.stop(config.drainTimeoutMs), scheduled]);
      await Promise.all([stopAnswering(), cancels.stop(), activity.stop(), recorder.flush()]);
    },
  };
}

/** How many jobs of each type may be done at once; told to the consumer once there is one. */
class Seats {
  readonly concurrency: { [T in JobType]: number };
  #consumer: Consumer | undefined;

  constructor(policies: WorkerParts['policies']) {
    this.concurrency = forEachType((jobType) => policies[jobType].concurrency);
  }

  /** Also tells it what has changed while it started: its first deliveries may have opened a circuit. */
  of(consumer: Consumer): void {
    this.#consumer = consumer;
    for (const jobType of this.#changed) consumer.limit(jobType, this.concurrency[jobType]);
  }

  limit(jobType: JobType, concurrency: number): void {
    this.concurrency[jobType] = concurrency;
    this.#changed.add(jobType);
    this.#consumer?.limit(jobType, concurrency);
  }

  readonly #changed = new Set<JobType>();
}

function forEachType<V>(make: (jobType: JobType) => V): { [T in JobType]: V } {
  return Object.fromEntries(JOB_TYPE_VALUES.map((jobType) => [jobType, make(jobType)])) as { [T in JobType]: V };
}

async function deliver(delivery: Delivery, parts: WorkerParts, maxBytes: number, log: Logger): Promise<Outcome> {
  const { jobType, value, headers, priority, signal, source } = delivery;
  const isTooLong = value.byteLength > maxBytes;
  const decoded = isTooLong ? tooLong(delivery, maxBytes) : decodeJobMessage(jobType, value);
  const { job_id, trace_id } = decoded.ok ? decoded.job : decoded;
  const jobLog = log.child({ job_id, trace_id, job_type: jobType });
  try {
    if (!decoded.ok)
      return await refuse(delivery, decoded, isTooLong ? { ...parts, openJobs: NO_INDEX } : parts, jobLog);
    return { kind: await runJob(decoded.job, envelopeOf(headers, priority), parts, signal, jobLog) };
  } catch (error) {
    if (error instanceof Unavailable) {
      jobLog.warn({ err: error }, 'a store does not answer; the job comes again');
      return { kind: 'again' };
    }
    // Another try would end here again, and hold up what comes after it. The bytes are kept; the log has the rest.
    jobLog.error({ err: error, source }, 'the job cannot be brought to an end; it goes to the dead letters');
    if (decoded.ok) {
      const outcome = await giveUp(decoded.job, envelopeOf(headers, priority), parts, signal, jobLog);
      if (outcome === 'again') return { kind: 'again' };
    }
    const reason = `a defect: ${error instanceof Error ? error.name : typeof error}`;
    return { kind: 'bury', reason, jobId: job_id, traceId: trace_id };
  }
}
