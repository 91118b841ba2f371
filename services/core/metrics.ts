import { JOB_ERRORS, PROBLEMS } from '@dtq/generated/errors.ts';
import { JOB_PRIORITY_VALUES, JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import { JOB_RESULTS_FIELD } from '@dtq/generated/storage/job-results.ts';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { settlesWithin } from './clock.ts';
import { OUTCOME_COMPLETED } from './outcomes.ts';

// What a process counts, for Prometheus. Names follow its conventions: dtq_ before, the unit behind, _total for counters.
// Labels are of closed lists alone (types, codes, operations, parts): an id would make a series of each job. Series of closed
// lists are there from the start, for of one that appears with its first fault nobody can tell that it grew.

/** Where metrics are asked for; on no path of the contract. */
export const METRICS_PATH = '/metrics';

/** An attempt's outcome beside the codes of its errors. */
export const ATTEMPT_TAKEN = 'taken';

/** The label of a job's type, which is called as everywhere. */
const TYPE = JOB_RESULTS_FIELD.job_type;

/** A scrape waits so long at most for what must be asked for; what is late is missing from it. In milliseconds. */
const COLLECT_MS = 2500;

// In seconds. The deadlines that matter (0.25 for a status, 1, 5 for a request) are bounds of their own.
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const JOB_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600];

/** The operations that ask for new jobs. */
const SUBMITS = ['submitJob', 'submitJobs'] as const;

export type Collector = () => Promise<void> | void;

export class Metrics {
  readonly #registry = new Registry();
  readonly #collectors = new Set<Collector>();
  #scrape: Promise<string> | null = null;

  readonly #only = { registers: [this.#registry] };

  readonly accepted = new Counter({
    name: 'dtq_jobs_accepted_total',
    help: 'Jobs that were accepted: durable in the queue, or in the schedule until their time.',
    labelNames: [TYPE, 'priority'],
    ...this.#only,
  });
  readonly rejected = new Counter({
    name: 'dtq_submits_rejected_total',
    help: 'Submits, alone or in a batch, that were answered with a problem, by its code.',
    labelNames: ['code'],
    ...this.#only,
  });
  readonly requests = new Histogram({
    name: 'dtq_http_request_duration_seconds',
    help: 'How long requests took to be answered, by operation of the contract and status; of event streams, to begin.',
    labelNames: ['operation', 'status'],
    buckets: REQUEST_SECONDS,
    ...this.#only,
  });
  readonly ended = new Counter({
    name: 'dtq_jobs_ended_total',
    help: 'Jobs whose document this process made durable, by outcome: completed, or the code of the error.',
    labelNames: [TYPE, 'outcome'],
    ...this.#only,
  });
  readonly wait = new Histogram({
    name: 'dtq_job_wait_seconds',
    help: 'How long ended jobs had waited for a worker before their first attempt, beside what they were asked to wait.',
    labelNames: [TYPE],
    buckets: JOB_SECONDS,
    ...this.#only,
  });
  readonly run = new Histogram({
    name: 'dtq_job_run_seconds',
    help: 'How long the last attempt of ended jobs took, until their document was made.',
    labelNames: [TYPE],
    buckets: JOB_SECONDS,
    ...this.#only,
  });
  readonly attempts = new Counter({
    name: 'dtq_attempts_total',
    help: 'Attempts of this worker, by outcome: completed, the code of the error, or taken (its job was taken away, or had ended).',
    labelNames: [TYPE, 'outcome'],
    ...this.#only,
  });
  readonly deadLetters = new Counter({
    name: 'dtq_dead_letters_total',
    help: 'Messages that this worker put among the dead letters.',
    labelNames: [TYPE],
    ...this.#only,
  });
  readonly providerCalls = new Histogram({
    name: 'dtq_provider_call_duration_seconds',
    help: 'Calls of providers until their answer began, by outcome: ok, client_error, rate_limited, server_error, unreachable or given_up.',
    labelNames: ['provider', 'outcome'],
    buckets: REQUEST_SECONDS,
    ...this.#only,
  });
  readonly circuit = new Gauge({
    name: 'dtq_circuit_state',
    help: 'The circuit of a type in this worker: 0 closed, 1 half open (one job tries), 2 open (its jobs wait in the queue).',
    labelNames: [TYPE],
    ...this.#only,
  });
  readonly seats = new Gauge({
    name: 'dtq_worker_seats',
    help: 'How many jobs of a type this worker may do at once.',
    labelNames: [TYPE],
    ...this.#only,
  });
  readonly busySeats = new Gauge({
    name: 'dtq_worker_busy_seats',
    help: 'How many jobs of a type this worker does now.',
    labelNames: [TYPE],
    ...this.#only,
  });
  readonly scheduleLag = new Histogram({
    name: 'dtq_schedule_lag_seconds',
    help: 'How long after its time a row of the schedule was done by this process: run or expire.',
    labelNames: ['kind'],
    buckets: JOB_SECONDS,
    ...this.#only,
  });
  readonly scheduleFailures = new Counter({
    name: 'dtq_schedule_failures_total',
    help: 'Rows of the schedule that could not be done, and looks at the schedule that failed; both come again.',
    ...this.#only,
  });
  readonly liveClients = new Gauge({
    name: 'dtq_live_clients',
    help: 'Clients that hold an event stream, or a request that waits for a job, at this API.',
    ...this.#only,
  });

  // What all processes share; each asks for it when it is scraped, so that of several the maximum counts.
  readonly partUp = new Gauge({
    name: 'dtq_part_up',
    help: 'Whether a part (kafka, redis, rabbitmq, mongodb) answers this process: 1 or 0.',
    labelNames: ['part'],
    ...this.#only,
  });
  readonly waiting = new Gauge({
    name: 'dtq_jobs_waiting',
    help: 'Jobs that wait for a worker, in the whole system.',
    labelNames: [TYPE],
    ...this.#only,
  });
  readonly scheduled = new Gauge({
    name: 'dtq_jobs_scheduled',
    help: 'Submitted jobs that wait for their time, in the whole system.',
    labelNames: [TYPE],
    ...this.#only,
  });
  readonly running = new Gauge({
    name: 'dtq_jobs_running',
    help: 'Jobs that are being done or wait between two attempts, in the whole system.',
    labelNames: [TYPE],
    ...this.#only,
  });
  readonly oldestWaiting = new Gauge({
    name: 'dtq_jobs_oldest_waiting_seconds',
    help: 'How long ago the job was submitted that waits longest for a worker; 0 where none waits.',
    labelNames: [TYPE],
    ...this.#only,
  });
  readonly lagMessages = new Gauge({
    name: 'dtq_queue_lag_messages',
    help: 'Messages that the workers of a type have not committed yet (Kafka).',
    labelNames: [TYPE, 'priority'],
    ...this.#only,
  });
  readonly lagSeconds = new Gauge({
    name: 'dtq_queue_lag_seconds',
    help: 'How long the oldest message that is not committed has stood in the queue, at least (Kafka); told from what earlier scrapes saw.',
    labelNames: [TYPE, 'priority'],
    ...this.#only,
  });
  readonly scheduleRows = new Gauge({
    name: 'dtq_schedule_rows',
    help: 'Rows of the schedule: submits and attempts that wait for their time, and expiries. About.',
    ...this.#only,
  });
  readonly scheduleOverdue = new Gauge({
    name: 'dtq_schedule_overdue_seconds',
    help: 'How long the row of the schedule that is due the longest has been so; 0 where none is.',
    ...this.#only,
  });
  readonly workers = new Gauge({
    name: 'dtq_workers',
    help: 'Workers that were heard of in the last 15 seconds.',
    ...this.#only,
  });
  readonly poolUsed = new Gauge({
    name: 'dtq_pool_used',
    help: 'What of a bounded resource of this process is taken.',
    labelNames: ['pool'],
    ...this.#only,
  });
  readonly poolLimit = new Gauge({
    name: 'dtq_pool_limit',
    help: 'How much there is of it.',
    labelNames: ['pool'],
    ...this.#only,
  });

  constructor() {
    for (const job_type of JOB_TYPE_VALUES) {
      for (const priority of JOB_PRIORITY_VALUES) this.accepted.inc({ job_type, priority }, 0);
      for (const outcome of [OUTCOME_COMPLETED, ...Object.keys(JOB_ERRORS)]) {
        this.ended.inc({ job_type, outcome }, 0);
        this.attempts.inc({ job_type, outcome }, 0);
      }
      this.attempts.inc({ job_type, outcome: ATTEMPT_TAKEN }, 0);
      this.deadLetters.inc({ job_type }, 0);
    }
    for (const code of Object.keys(PROBLEMS)) this.rejected.inc({ code }, 0);
  }

  /** Counts a submit that was refused; other operations are none. */
  refused(operation: string, code: string): void {
    if (SUBMITS.some((submit) => submit === operation)) this.rejected.inc({ code });
  }

  /** Adds what Node tells of the process: event loop, garbage, memory, handles. Once a process; the names are prom-client's. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  /**
   * Something to be asked for at each scrape, until the returned function is called. What it rejects with, and what is late,
   * leaves the rest as it is.
   */
  collect(collector: Collector): () => void {
    this.#collectors.add(collector);
    return () => this.#collectors.delete(collector);
  }

  /** Everything in the text format 0.0.4; those who ask at the same time get the same. Never rejects for a part that is down. */
  text(): Promise<string> {
    this.#scrape ??= this.#collectAll().finally(() => {
      this.#scrape = null;
    });
    return this.#scrape;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async #collectAll(): Promise<string> {
    const collecting = [...this.#collectors].map(async (collector) => collector());
    await settlesWithin(COLLECT_MS, Promise.allSettled(collecting));
    return this.#registry.metrics();
  }
}
