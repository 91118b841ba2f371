import { byThen } from '@dtq/core/by-then.ts';
import { timestamp } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { invalid, problem } from '@dtq/core/problem.ts';
import { findStoredSubmit, isSameSubmit, type StoredSubmit } from '@dtq/core/stored-submit.ts';
import { fingerprintOf, type SubmitId, submitIdOf } from '@dtq/core/submit-id.ts';
import { readSubmitTimes, type SubmitTimes } from '@dtq/core/submit-times.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobAccepted, SubmitRecord, Violation } from '@dtq/generated/schemas/types.ts';
import { accepted, acceptSubmit, roomFor, type SubmitAnswer, type SubmitRequest } from './accept-submit.ts';
import type { ApiContext } from './route.ts';

// A submit with an Idempotency-Key. The key determines the job_id, and so no repeat can make a second job, whatever was lost:
// what is put on the queue twice under one id is done once. The record of the key only makes the answers right:
//
//   stored job (another body: 422) -> claim the key -> accept -> settle the record with the answer
//
// The stores are asked before the key is claimed, so that a body that does not belong to the key never takes its record. What
// the record says counts before what the stores say: it holds the very answer. Where its store is silent, the stores alone
// decide, and where they know nothing, the job is accepted.

/** A step before the job is accepted may take this part of what is left of the request's time, and no more. */
const SHARE_OF_STEP = 1 / 4;

/** Whatever the rest took, in milliseconds: a record that is not settled holds up the repeats. */
const LEAST_TO_SETTLE_MS = 50;

/** Answers one submit with a key. `faults` are those of what the body asks for now; of a repeat they do not matter. */
export async function submitWithKey(
  request: SubmitRequest,
  key: string,
  { times, faults }: { readonly times: SubmitTimes; readonly faults: readonly Violation[] },
  context: ApiContext,
): Promise<SubmitAnswer> {
  const { body, end } = request;
  const { clock, config } = context;
  const id = submitIdOf(config.idempotencySecret, request.caller, key);
  const stepMs = (): number => Math.max(0, (end - clock.now()) * SHARE_OF_STEP);
  const { stored, silent } = await findStoredSubmit(context, id.job_id, stepMs());
  if (stored !== null && !isSameSubmit(stored, body)) return reused(id);
  const known = stored?.isAccepted ? accepted(answerOf(stored, request, id, timestamp(clock))) : null;
  if (faults.length > 0) {
    // The time that it names may have come since it was first sent.
    if (known !== null) return known;
    if (silent !== null) throw silent;
    return invalid(faults);
  }
  // Before the key is claimed, so that one that was refused is free for another body; a repeat gets its answer all the same.
  const full = known === null ? await roomFor(body, times, context) : null;
  if (full !== null) return full;
  const record: SubmitRecord = {
    state: 'in_flight',
    fingerprint: fingerprintOf(body),
    job_id: id.job_id,
    at: timestamp(clock),
  };
  const there = await claim(id, record, stepMs(), request, context);
  if (there !== null) {
    if (there.fingerprint !== record.fingerprint) return reused(id);
    if (there.answer !== undefined) return accepted(there.answer);
    return known ?? inFlight(id);
  }
  const settle = (settled: SubmitRecord): Promise<void> =>
    settleKey(id, settled, Math.max(stepMs(), LEAST_TO_SETTLE_MS), request, context);
  try {
    const answer = known ?? (await acceptSubmit(request, id.job_id, times, context));
    await settle(answer.status === 202 ? { ...record, state: 'answered', answer: answer.body } : unknown(record));
    return answer;
  } catch (error) {
    await settle(unknown(record));
    throw error;
  }
}

function unknown(record: SubmitRecord): SubmitRecord {
  return { ...record, state: 'unknown' };
}

/** Writes what came of the key, where its store answers. */
async function settleKey(
  { recordKey, job_id }: SubmitId,
  record: SubmitRecord,
  ms: number,
  { log }: SubmitRequest,
  { submitKeys }: ApiContext,
): Promise<void> {
  try {
    await byThen(submitKeys.settle(recordKey, record), ms, 'redis');
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    log.warn({ err: error, job_id }, 'the record of a key could not be settled');
  }
}

/** What stands under the key; null where it was free, and where nobody can say. */
async function claim(
  { recordKey, job_id }: SubmitId,
  record: SubmitRecord,
  ms: number,
  { log }: SubmitRequest,
  { submitKeys }: ApiContext,
): Promise<SubmitRecord | null> {
  try {
    return await byThen(submitKeys.claim(recordKey, record), ms, 'redis');
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    log.warn({ err: error, job_id }, 'the record of a key cannot be read; its job_id is determined all the same');
    return null;
  }
}

/** The answer that the first submit got, from what is stored of its job. */
function answerOf(
  { trace_id, ...stored }: StoredSubmit,
  { body, traceId }: SubmitRequest,
  { job_id }: SubmitId,
  now: string,
): JobAccepted {
  const { submitted_at = now } = stored;
  const { times } = readSubmitTimes(body, Date.parse(submitted_at));
  const { state, message } = times.run_at === undefined ? MILESTONES.queued : MILESTONES.scheduled;
  return { job_id, trace_id: trace_id ?? traceId, job_type: body.job_type, state, submitted_at, message };
}

function reused({ job_id }: SubmitId): SubmitAnswer {
  return problem('submit_key_reused', {
    job_id,
    detail: 'The Idempotency-Key was sent with another body before; choose a new one for each thing to be done.',
  });
}

function inFlight({ job_id }: SubmitId): SubmitAnswer {
  return problem('submit_in_flight', {
    job_id,
    detail: 'A request with the same Idempotency-Key is being answered.',
  });
}
