import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { ScheduledJob } from '@dtq/generated/schemas/types.ts';
import { takesPriorities } from './accept-job.ts';
import { type Clock, sleep, timestamp } from './clock.ts';
import { PLAIN } from './envelope.ts';
import { Unavailable } from './errors.ts';
import { documented, documentOf, expired, finalStatus } from './job-document.ts';
import { factsOf } from './job-facts.ts';
import type { Logger } from './log.ts';
import type { Backend, StatusChange } from './ports.ts';
import { envelopeOfRow, scheduleId, WAITING_FOR_NEXT_ATTEMPT } from './scheduled-job.ts';
import { NO_TELEMETRY, type Telemetry } from './telemetry.ts';
import { traced } from './tracing.ts';

// Does what rows of the schedule ask for, once they are due. Any number of schedulers may run over one schedule.
//
// Nothing is lost: a row goes only after what it asks for is durable (the queue holds the job, or its document stands), and a
// scheduler that dies, or meets a store that is silent, leaves a row whose lease ends. Nothing is doubled, although a row may
// be done twice: it has the same job_id each time, so that the guard of the status and the one document of a job take the
// second message for a repeat; and an expiry is an insert, of which the first one stands.

export interface SchedulerParts extends Pick<Backend, 'queue' | 'statuses' | 'results' | 'schedule' | 'capabilities'> {
  readonly clock: Clock;
  readonly log: Logger;
  /** Who takes the rows, in words of at most 128 characters; of each scheduler its own. */
  readonly owner: string;
  /** Default: none. */
  readonly telemetry?: Telemetry;
}

export interface SchedulerOptions {
  /** How often it looks for rows, in milliseconds. A time to run is kept to within about this. */
  readonly everyMs?: number;
  /** How long a row that was taken is left to whoever took it, in milliseconds; above all deadlines of the ports together. */
  readonly leaseMs?: number;
  /** How many rows it takes at once: as many as one flush of a producer sends. */
  readonly limit?: number;
}

const DEFAULTS = { everyMs: 1000, leaseMs: 30_000, limit: 100 } as const satisfies SchedulerOptions;

/** A store that stays silent is asked less often, up to this, in milliseconds. */
const LONGEST_PAUSE_MS = 10_000;

export interface Scheduler {
  /** Takes no more rows, and resolves when those it took are done. May be called twice. */
  stop(): Promise<void>;
}

/** Starts a scheduler. It never rejects: what fails is logged, and comes again. */
export function startScheduler(parts: SchedulerParts, options: SchedulerOptions = {}): Scheduler {
  const stopping = new AbortController();
  const running = run(parts, { ...DEFAULTS, ...options }, stopping.signal);
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

async function run(parts: SchedulerParts, options: Required<SchedulerOptions>, signal: AbortSignal): Promise<void> {
  const { everyMs, leaseMs, limit } = options;
  let pauseMs = everyMs;
  while (!signal.aborted) {
    const taken = await takeAndDo(parts, leaseMs, limit);
    if (taken === limit) continue;
    pauseMs = taken === null ? Math.min(2 * pauseMs, Math.max(everyMs, LONGEST_PAUSE_MS)) : everyMs;
    await sleep(pauseMs, signal).catch(() => undefined);
  }
}

/** Resolves to how many rows were taken; null where the schedule does not answer. */
async function takeAndDo(parts: SchedulerParts, leaseMs: number, limit: number): Promise<number | null> {
  const { schedule, log, owner } = parts;
  try {
    const rows = await schedule.claim({ owner, leaseMs, limit });
    await Promise.all(rows.map((row) => doRow(row, parts)));
    return rows.length;
  } catch (error) {
    parts.telemetry?.metrics.scheduleFailures.inc();
    if (error instanceof Unavailable) log.warn({ err: error }, 'the schedule does not answer');
    else log.error({ err: error }, 'the schedule cannot be read');
    return null;
  }
}

async function doRow(row: ScheduledJob, parts: SchedulerParts): Promise<void> {
  const { job_id, job_type, schedule_id, kind, attempt } = row;
  const { tracer, metrics } = parts.telemetry ?? NO_TELEMETRY;
  const { trace_id: traceId } = row.message;
  const log = parts.log.child({ job_id, job_type, trace_id: traceId });
  const attributes = { 'dtq.job_id': job_id, 'dtq.job_type': job_type, 'dtq.attempt': attempt };
  const parent = row.traceparent ?? null;
  const start = { name: `schedule ${kind} ${job_type}`, kind: 'producer', traceId, parent, attributes } as const;
  try {
    await traced(tracer, start, (span) =>
      kind === 'run' ? runRow(row, span?.traceparent, parts, log) : expireRow(row, parts, log),
    );
    // Only of this attempt: it may have ended already, and have put the next one in its place.
    await parts.schedule.remove(schedule_id, attempt);
    metrics.scheduleLag.observe({ kind }, Math.max(0, parts.clock.now() - Date.parse(row.due_at)) / 1000);
  } catch (error) {
    metrics.scheduleFailures.inc();
    const words = 'a row of the schedule could not be done; it comes again';
    if (error instanceof Unavailable) log.warn({ err: error, schedule_id }, words);
    else log.error({ err: error, schedule_id }, words);
  }
}

async function runRow(
  row: ScheduledJob,
  traceparent: string | undefined,
  parts: SchedulerParts,
  log: Logger,
): Promise<void> {
  const { queue, statuses, clock, capabilities } = parts;
  const { message, attempt, attempts, due_at } = row;
  const put = { ...envelopeOfRow(row), ...(traceparent === undefined ? {} : { traceparent }) };
  // It was accepted where jobs of other priorities are taken, which may have changed while it waited.
  const envelope = takesPriorities(capabilities) ? put : { ...put, priority: PLAIN.priority };
  const facts = factsOf(message, envelope);
  const at = { updated_at: timestamp(clock) };
  const write = async (change: StatusChange): Promise<void> => {
    try {
      await statuses.advance(change);
    } catch (error) {
      // A projection: the start of the attempt writes it anew. To keep the row would put the job on the queue again and again.
      if (!(error instanceof Unavailable)) throw error;
      log.warn({ err: error }, 'the status could not be written');
    }
  };
  // Where the status has vanished meanwhile, or never heard of the wait, the record of the attempts is put back: a message
  // does not carry it. It is refused where the status knows of the wait, or of more.
  if (attempt > 1) {
    const { state, progress_percent } = MILESTONES.calling;
    const wait = { state, progress_percent, message: WAITING_FOR_NEXT_ATTEMPT, next_attempt_at: due_at };
    await write({ ...facts, ...at, ...wait, attempt: attempt - 1, ...(attempts === undefined ? {} : { attempts }) });
  }
  await queue.publish(message, envelope);
  if (attempt === 1) await write({ ...facts, ...at, ...MILESTONES.queued, attempt });
  log.info({ attempt, due_at }, 'its time has come; it is on the queue');
}

async function expireRow(row: ScheduledJob, parts: SchedulerParts, log: Logger): Promise<void> {
  const { job_id, message, due_at, expires_at = due_at } = row;
  const { statuses, results, schedule, clock } = parts;
  const status = await statuses.get(job_id);
  if (status !== null && status.state !== 'queued') return;
  const at = timestamp(clock);
  const document = documentOf(
    documented(message, envelopeOfRow(row)),
    { output: null, error: expired(expires_at) },
    at,
  );
  // Should it have ended without its status, or a worker begin right now, then the first document stands.
  const { stored, inserted } = await results.insert(document);
  await statuses.advance(finalStatus(stored, { attempt: 1, progress_percent: 0, at }));
  await schedule.remove(scheduleId(job_id, 'run'));
  if (inserted) log.info({ expires_at }, 'nobody has started it in time: it has expired');
}
