import { invalid, problem } from '@dtq/core/problem.ts';
import { fingerprintOf, submitIdOf } from '@dtq/core/submit-id.ts';
import { readSubmitTimes } from '@dtq/core/submit-times.ts';
import { operationPath, type RequestBody, type Response } from '@dtq/generated/rest/operations.ts';
import type { JobAccepted } from '@dtq/generated/schemas/types.ts';
import { lastChange, type MockJob } from './job.ts';
import { iso } from './life.ts';
import type { Preferences } from './prefer.ts';
import type { Mock } from './request.ts';

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
  const { run_at, expires_at } = times;
  const moments = {
    ...(run_at === undefined ? {} : { runAt: Date.parse(run_at) }),
    ...(expires_at === undefined ? {} : { expiresAt: Date.parse(expires_at) }),
  };
  const job = store.submit({ job_type, payload, priority, at: now, ...moments, job_id, example });
  const answer = acceptedOf(job);
  if (key !== undefined) store.keep(key, { fingerprint, answer });
  return accepted(answer);
}

/** The id that a key determines. Keys of other things, or with another seed, give others. */
export function idOf({ seed }: Pick<Mock, 'seed'>, kind: string, ...key: readonly string[]): string {
  return submitIdOf(`mock-${seed}`, kind, key.join('\n')).job_id;
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
