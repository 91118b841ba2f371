import { sleep, timestamp } from '@dtq/core/clock.ts';
import type { Envelope } from '@dtq/core/envelope.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { CANCELLED, documented, documentOf, endAttempt, expired, type JobEnd } from '@dtq/core/job-document.ts';
import type { Logger } from '@dtq/core/log.ts';
import { ATTEMPT_TAKEN } from '@dtq/core/metrics.ts';
import { OUTCOME_COMPLETED } from '@dtq/core/outcomes.ts';
import { LONGEST_SEATED_WAIT_MS } from '@dtq/core/retry.ts';
import { scheduledJob, scheduleId, WAITING_FOR_NEXT_ATTEMPT } from '@dtq/core/scheduled-job.ts';
import { tracedHere } from '@dtq/core/tracing.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobAttempt, JobError, JobMessage } from '@dtq/generated/schemas/types.ts';
import { beginJob } from './begin-job.ts';
import { makeAttempt, type Verdict } from './make-attempt.ts';
import { isHopeless, nextAttemptMs } from './next-attempt.ts';
import type { BegunAttempt, JobOutcome, RunningJob, WorkerParts } from './running-job.ts';
import { StatusWriter } from './status-writer.ts';
import { untilStored } from './until-stored.ts';

// A job, from its delivery to its outcome. Each milestone is written before the step that it announces:
//
//   begin (20) -> calling (50) -> handler -> output validated -> storing (80) -> document (durable) -> final status
//     ^                              |
//     |                              +-- failed, and another attempt may do better: it waits
//     +-- here, up to 5 s -----------+
//                                    +-- longer: row in the schedule (durable) -> status with next_attempt_at -> done
//
// The status is a projection: where its store is silent the job goes on without it. The document, or the row, is the outcome:
// where its store is silent the job waits for it, and nothing is committed. Whoever else ends the job meanwhile (a cancel, an
// expiry) inserts a document too: the first one stands, and is what is published.

/** Does a job whose message has been validated. `signal` aborts when the job is taken away. */
export async function runJob(
  job: JobMessage,
  envelope: Envelope,
  parts: WorkerParts,
  signal: AbortSignal,
  log: Logger,
): Promise<JobOutcome> {
  const status = new StatusWriter(parts, job, log, MILESTONES.queued.progress_percent);
  const cancel = parts.cancels.follow(job.job_id);
  const running = { job, envelope, status, cancel, signal, log };
  try {
    const beginning = await beginJob(running, parts);
    if (beginning.kind === 'expired') return await fail(running, [], expired(beginning.expiresAt), parts);
    if (beginning.kind === 'cancelled') return await fail(running, beginning.attempt.attempts, CANCELLED, parts);
    if (beginning.kind !== 'begun') return beginning.kind;
    void forgetExpiry(running, parts);
    return await makeAttempts(running, beginning.attempt, parts);
  } finally {
    cancel.stop();
  }
}

async function makeAttempts(running: RunningJob, first: BegunAttempt, parts: WorkerParts): Promise<JobOutcome> {
  const { job, status, cancel, signal, log } = running;
  const policy = parts.policies[job.job_type];
  const circuit = parts.circuits[job.job_type];
  if (isHopeless(first.number, policy)) {
    const message = `${first.number - 1} attempts brought no end; its workers were lost`;
    return await fail(running, first.attempts.slice(0, -1), { code: 'internal_error', message }, parts);
  }
  let { number, attempts } = first;
  for (;;) {
    const tell = circuit.attempt();
    const hide = parts.activity.show(job, number);
    const start = { name: `attempt ${job.job_type}`, kind: 'internal', attributes: { 'dtq.attempt': number } } as const;
    const verdict = await tracedHere(start, async (span) => {
      const found = await makeAttempt(running, number, parts).finally(hide);
      if ('failure' in found) span?.fail(found.failure.code);
      return found;
    });
    parts.telemetry.metrics.attempts.inc({ job_type: job.job_type, outcome: outcomeOf(verdict) });
    if (verdict.kind === 'taken') return 'again';
    if (verdict.kind === 'ended') return 'done';
    if (verdict.kind === 'cancelled') return await fail(running, attempts, CANCELLED, parts);
    tell(verdict.kind === 'failed' ? verdict.failure : null);
    if (verdict.kind === 'completed')
      return await end(running, attempts, { output: verdict.output, error: null }, parts);

    const { failure } = verdict;
    const { code, message } = failure;
    const waitMs = nextAttemptMs(failure, number, policy, circuit.closedToJobsMs());
    if (waitMs === null) return await fail(running, attempts, { code, message }, parts);
    const ended_at = timestamp(parts.clock);
    const soFar = endAttempt(attempts, { ended_at, outcome: 'retried', error: { code, message } });
    if (waitMs > LONGEST_SEATED_WAIT_MS) return await makeLater(running, { number, attempts: soFar }, waitMs, parts);

    log.info({ attempt: number, code, wait_ms: waitMs }, 'the attempt failed; another is to follow');
    try {
      await sleep(waitMs, AbortSignal.any([signal, cancel.signal]));
    } catch {
      return signal.aborted ? 'again' : await fail(running, soFar, CANCELLED, parts);
    }
    number += 1;
    const next = { number, worker: parts.worker, waited_ms: waitMs, started_at: timestamp(parts.clock) };
    attempts = [...soFar, next];
    status.attempt = number;
    // One change ends the attempt before and begins this one: nobody finds it without an end, and takes it for lost.
    const found = await status.write({ ...MILESTONES.started, attempts });
    if (found === 'ended') return 'done';
    if (found === 'cancel') cancel.cancel();
  }
}

/** An attempt's outcome as dtq_attempts_total has it. What was ended by others was theirs to end: it came too late. */
function outcomeOf(verdict: Verdict): string {
  if ('failure' in verdict) return verdict.failure.code;
  return verdict.kind === 'completed' ? OUTCOME_COMPLETED : ATTEMPT_TAKEN;
}

/** Leaves the next attempt to the schedule, and gives up the job's seat. */
async function makeLater(
  { job, envelope, status, signal, log }: RunningJob,
  { number, attempts }: BegunAttempt,
  waitMs: number,
  { schedule, clock }: WorkerParts,
): Promise<JobOutcome> {
  const next_attempt_at = timestamp({ now: () => clock.now() + waitMs });
  const next = { ...envelope, attempt: number + 1, waited_ms: waitMs };
  const row = scheduledJob('run', job, next_attempt_at, next, attempts);
  const isStored = await untilStored(() => schedule.put(row).then(() => true), signal, log);
  if (isStored === null) return 'again';
  // Only now: whoever reads next_attempt_at drops what comes of the attempts before.
  const { state } = MILESTONES.started;
  const step = { state, progress_percent: status.progress, message: WAITING_FOR_NEXT_ATTEMPT };
  await status.write({ ...step, attempts, next_attempt_at });
  const code = attempts.at(-1)?.error?.code;
  log.info({ attempt: number, code, next_attempt_at }, 'the attempt failed; the schedule has the next one');
  return 'done';
}

function fail(
  running: RunningJob,
  attempts: readonly JobAttempt[],
  error: JobError,
  parts: WorkerParts,
): Promise<JobOutcome> {
  return end(running, attempts, { output: null, error }, parts);
}

/** Ends the job, and its last attempt where that has no end yet, unless others have ended it. */
async function end(
  running: RunningJob,
  attempts: readonly JobAttempt[],
  how: JobEnd,
  parts: WorkerParts,
): Promise<JobOutcome> {
  const { job, envelope, status, signal, log } = running;
  const { error } = how;
  const at = timestamp(parts.clock);
  const outcome = error === null ? 'completed' : error.code === CANCELLED.code ? 'cancelled' : 'failed';
  const all =
    attempts.at(-1)?.outcome === undefined ? endAttempt(attempts, { ended_at: at, outcome, error }) : attempts;
  const document = documentOf(documented(job, envelope, all), how, at);
  const kept = await tracedHere({ name: 'store result', kind: 'client' }, () =>
    untilStored(() => parts.results.insert(document), signal, log),
  );
  if (kept === null) return 'again';
  await status.finish(kept.stored);
  void forgetExpiry(running, parts);
  const { final_state: state, error: stored } = kept.stored;
  log.info({ attempt: status.attempt, state, code: stored?.code, first: kept.inserted }, 'ended');
  return 'done';
}

/** A job that was started, or has ended, does not expire. Where its row stays, whoever comes to it finds that out. */
async function forgetExpiry({ job, envelope, log }: RunningJob, { schedule }: WorkerParts): Promise<void> {
  if (envelope.expires_at === undefined) return;
  try {
    await schedule.remove(scheduleId(job.job_id, 'expire'));
  } catch (error) {
    if (error instanceof Unavailable) log.debug({ err: error }, 'the row of its expiry stays');
    else log.error({ err: error }, 'the row of its expiry cannot be removed');
  }
}
