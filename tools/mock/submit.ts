import { createHash, createHmac } from 'node:crypto';
import { operationPath, type RequestBody, type Response } from '@dtq/generated/rest/operations.ts';
import type { JobAccepted } from '@dtq/generated/schemas/types.ts';
import { lastChange, type MockJob } from './job.ts';
import { canonical } from './json.ts';
import { iso } from './life.ts';
import type { Preferences } from './prefer.ts';
import { invalid, problem } from './problem.ts';
import { uuidOf } from './random.ts';
import type { Mock } from './request.ts';
import { readSubmitTimes } from './times.ts';

export type SubmitAnswer = Response<'submitJob'>;

/** Answers one submit: alone, or as one of many. */
export function submit(
  body: RequestBody<'submitJob'>,
  key: string | undefined,
  { example }: Preferences,
  mock: Mock,
): SubmitAnswer {
  const { store } = mock;
  const now = mock.now();
  const { times, faults } = readSubmitTimes(body, now);
  const fingerprint = fingerprintOf(body);
  const known = key === undefined ? undefined : store.key(key);
  if (known !== undefined) {
    if (known.fingerprint === fingerprint) return accepted(known.answer);
    const detail = 'The Idempotency-Key was sent with another body before; choose a new one for each thing to be done.';
    return problem('submit_key_reused', { job_id: known.answer.job_id, detail });
  }
  if (faults.length > 0) return invalid(faults);
  const { job_type, payload, priority = 'normal' } = body;
  const job_id = key === undefined ? undefined : idOf(mock, 'submit', key);
  const job = store.submit({ job_type, payload, priority, at: now, ...times, job_id, example });
  const answer = acceptedOf(job);
  if (key !== undefined) store.keep(key, { fingerprint, answer });
  return accepted(answer);
}

/** The id that a key determines, in the form of a UUID version 4. Keys of other things, or with another seed, give others. */
export function idOf({ seed }: Pick<Mock, 'seed'>, ...parts: readonly string[]): string {
  return uuidOf(createHmac('sha256', `mock-${seed}`).update(parts.join('\n')).digest());
}

/** Of two bodies that mean the same it is the same. */
export function fingerprintOf(body: unknown): string {
  return createHash('sha256').update(canonical(body)).digest('hex');
}

function acceptedOf(job: MockJob): JobAccepted {
  const { job_id, trace_id, job_type, submittedAt } = job;
  const { message } = lastChange(job, submittedAt);
  return { job_id, trace_id, job_type, state: 'queued', submitted_at: iso(submittedAt), message };
}

function accepted(body: JobAccepted): SubmitAnswer {
  const { job_id } = body;
  const headers = { Location: operationPath('getJobStatus', { job_id }) };
  return { status: 202, type: 'application/json', body, headers };
}
