import { type Clock, settlesWithin, systemClock } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Backend, Consumer } from '@dtq/core/ports.ts';
import { processName } from '@dtq/core/process-name.ts';
import { type SchedulerOptions, startScheduler } from '@dtq/core/scheduler.ts';
import { StatsRecorder } from '@dtq/core/stats.ts';
import { NO_TELEMETRY, type Telemetry } from '@dtq/core/telemetry.ts';
import { traced } from '@dtq/core/tracing.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import type { ResponderId } from '@dtq/generated/messaging/channels.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import { Activity } from './activity.ts';
import { CancelWatch } from './cancel-watch.ts';
import { CIRCUIT, Circuit, type CircuitOptions, type CircuitState } from './circuit.ts';
import type { WorkerConfig } from './config.ts';
import { deliver } from './deliver.ts';
import type { Providers } from './providers/providers.ts';
import type { Responder } from './responder.ts';
import type { WorkerParts } from './running-job.ts';

export interface WorkerOptions {
  readonly backend: Backend;
  readonly config: WorkerConfig;
  readonly handlers: WorkerParts['handlers'];
  readonly responders: { readonly [Id in ResponderId]: Responder<Id> };
  readonly providers: Providers;
  readonly log: Logger;
  /** Default: none. */
  readonly telemetry?: Telemetry;
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
    telemetry = NO_TELEMETRY,
    log,
  } = options;
  const { statuses, queue, schedule, openJobs, capabilities } = backend;
  const worker = processName();
  const { metrics, tracer } = telemetry;
  const recorder = new StatsRecorder({ stats: backend.stats, clock, log, metrics });
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
      telemetry,
      worker,
      clock,
    },
    ...limits,
  } satisfies WorkerParts;
  const context = { statuses, results, queue, schedule, openJobs, clock };
  const stopAnswering = await backend.progress.answer((request, traceparent) => {
    const attributes = { 'dtq.job_id': request.job_id };
    const start = { name: 'answer progress', kind: 'server', parent: traceparent ?? null, attributes } as const;
    return traced(tracer, start, () => responders.answerProgress(request, context));
  });
  const forget = metrics.collect(() => {
    for (const job_type of config.jobTypes) {
      metrics.seats.set({ job_type }, seats.concurrency[job_type]);
      metrics.busySeats.set({ job_type }, activity.countOf(job_type));
      metrics.circuit.set({ job_type }, CIRCUIT_FIGURES[circuits[job_type].state]);
    }
  });
  await cancels.start(backend.cancels, log);
  const consumer = await queue.consume({
    jobTypes: config.jobTypes,
    concurrency: { ...seats.concurrency },
    deliver: (delivery) => deliver(delivery, parts, config.maxMessageBytes, log),
  });
  seats.of(consumer);
  const scheduler = startScheduler(
    { queue, statuses, results, schedule, capabilities, clock, log, owner: worker, telemetry },
    options.scheduler,
  );
  activity.start();
  log.info({ job_types: config.jobTypes, worker }, 'the worker takes jobs');
  return {
    stop: async () => {
      forget();
      for (const circuit of Object.values(circuits)) circuit.stop();
      // Rows that it is kept from doing have a lease that ends.
      const scheduled = settlesWithin(config.drainTimeoutMs, scheduler.stop());
      await Promise.all([consumer.stop(config.drainTimeoutMs), scheduled]);
      await Promise.all([stopAnswering(), cancels.stop(), activity.stop(), recorder.flush()]);
    },
  };
}

/** As dtq_circuit_state has them. */
const CIRCUIT_FIGURES: { readonly [S in CircuitState]: number } = { closed: 0, half_open: 1, open: 2 };

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
