import { parseDuration } from '@dtq/core/config.ts';
import { readSpan } from '@dtq/core/list-query.ts';
import { invalid, jobNotFound, problem } from '@dtq/core/problem.ts';
import { violationsOf } from '@dtq/core/request-body.ts';
import { isFinal } from '@dtq/generated/lifecycle.ts';
import { BODIES } from '@dtq/generated/rest/bodies.ts';
import { EVENT_STREAM } from '@dtq/generated/rest/operations.ts';
import type { JobCounts, JobVerdict } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { END_ID, eventsOf, MOST_CLIENTS, untilEnd } from '../follow.ts';
import { isScheduled, jobNow, lastChange, lived, type MockJob, stateOf, statusAfter, summaryOf } from '../job.ts';
import { iso } from '../life.ts';
import { pageOf, readCursor } from '../pages.ts';
import type { Answer } from '../request.ts';
import { submit } from '../submit.ts';

export const submitJob: Answer<'submitJob'> = ({ body, header, prefer }, mock) =>
  submit(body, header['idempotency-key'], prefer, mock);

export const submitJobs: Answer<'submitJobs'> = ({ body, header, prefer }, mock) => {
  const rule = BODIES.submitJob;
  const key = header['idempotency-key'];
  const results = body.jobs.map((job, index): JobVerdict => {
    const found = rule === null ? [] : violationsOf(job, rule);
    const itemKey = key === undefined ? undefined : `${key}\n${index}`;
    const answer =
      found.length > 0 ? invalid(found) : submit(job as Parameters<typeof submit>[0], itemKey, prefer, mock);
    if (answer.status === 202) return { status: 202, body: answer.body };
    return { status: answer.status, body: answer.body };
  });
  const accepted = results.filter(({ status }) => status === 202).length;
  const report = { results, accepted, refused: results.length - accepted };
  return { status: 207, type: 'application/json', body: report, headers: {} };
};

export const listJobs: Answer<'listJobs'> = ({ query }, { store, now: clock }) => {
  const now = clock();
  const { job_type, state, trace_id, error_code, limit, cursor } = query;
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, faults } = readSpan(query);
  const { after, faults: cursorFaults } = readCursor(cursor, strict.JobId);
  if (faults.length + cursorFaults.length > 0) return invalid([...faults, ...cursorFaults]);
  const all = store.jobs(now).filter((job) => job_type === undefined || job.job_type === job_type);
  const counts: JobCounts = { queued: 0, running: 0, completed: 0, failed: 0 };
  for (const job of all) counts[stateOf(job, now)] += 1;
  const found = all.filter((job) => {
    if (job.submittedAt < since || job.submittedAt >= until) return false;
    if (trace_id !== undefined && job.trace_id !== trace_id) return false;
    const change = lastChange(job, now);
    return (
      (state === undefined || change.state === state) && (error_code === undefined || change.error?.code === error_code)
    );
  });
  const placeOf = ({ submittedAt, job_id }: MockJob) => ({ at: submittedAt, id: job_id });
  const { items, next_cursor } = pageOf(found, placeOf, { limit, after });
  const jobs = items.map((job) => summaryOf(job, now));
  return { status: 200, type: 'application/json', body: { jobs, next_cursor, counts }, headers: {} };
};

export const getJob: Answer<'getJob'> = async ({ path: { job_id }, query, signal }, mock) => {
  const job = mock.store.job(job_id);
  if (job === undefined) return jobNotFound(job_id);
  if (query.wait !== undefined) {
    if (mock.clients.count >= MOST_CLIENTS) return problem('too_many_clients', { job_id });
    mock.clients.count += 1;
    try {
      await untilEnd(job, mock, signal, mock.now() + (parseDuration(query.wait) ?? 0));
    } finally {
      mock.clients.count -= 1;
    }
  }
  return { status: 200, type: 'application/json', body: jobNow(job, mock.now()), headers: {} };
};

export const getJobStatus: Answer<'getJobStatus'> = ({ path: { job_id } }, { store, now: clock }) => {
  const now = clock();
  const job = store.job(job_id);
  if (job === undefined) return jobNotFound(job_id);
  const { state, progress_percent, message } = lastChange(job, now);
  const reply = { job_id: job.job_id, state, progress_percent, message, timestamp: iso(now) };
  return { status: 200, type: 'application/json', body: reply, headers: {} };
};

export const watchJob: Answer<'watchJob'> = ({ path: { job_id }, header, signal }, mock) => {
  const job = mock.store.job(job_id);
  if (job === undefined) return jobNotFound(job_id);
  const now = mock.now();
  const lastId = header['last-event-id'];
  if (lastId === END_ID && isFinal(stateOf(job, now))) return { status: 204, type: null, body: null, headers: {} };
  if (mock.clients.count >= MOST_CLIENTS) return problem('too_many_clients', { job_id });
  mock.clients.count += 1;
  const received = lastId === undefined || lastId === END_ID ? 0 : Number(lastId);
  // Of a number that this job has never had only the current status can follow.
  const after = received > lived(job, now) ? lived(job, now) - 1 : received;
  const body = eventsOf(job, after, mock, signal, () => {
    mock.clients.count -= 1;
  });
  return { status: 200, type: EVENT_STREAM, body, headers: { 'X-Accel-Buffering': 'no' } };
};

export const getJobPosition: Answer<'getJobPosition'> = ({ path: { job_id } }, { store, now: clock }) => {
  const now = clock();
  const job = store.job(job_id);
  if (job === undefined) return jobNotFound(job_id);
  const waits = (one: MockJob): boolean => stateOf(one, now) === 'queued' && !isScheduled(one, now);
  const before = (one: MockJob): boolean => one.job_type === job.job_type && one.submittedAt < job.submittedAt;
  const ahead = waits(job) ? store.jobs(now).filter((one) => before(one) && waits(one)).length : null;
  const startsAt = job.life[lived(job, now)]?.at;
  const estimated_wait_ms = ahead === null || startsAt === undefined ? null : Math.max(0, Math.round(startsAt - now));
  const body = { job_id: job.job_id, ahead, estimated_wait_ms };
  return { status: 200, type: 'application/json', body, headers: {} };
};

export const cancelJob: Answer<'cancelJob'> = ({ path: { job_id } }, { store, now: clock }) => {
  const now = clock();
  const job = store.job(job_id);
  if (job === undefined) return jobNotFound(job_id);
  if (!store.cancel(job, now)) {
    const state = stateOf(job, now);
    return problem('job_already_final', { job_id, state, detail: `The job ${job_id} has ${state} already.` });
  }
  const message = statusAfter(job, job.life.length).error_message ?? '';
  const body = { job_id: job.job_id, state: 'failed', error_code: 'cancelled', message } as const;
  return { status: 202, type: 'application/json', body, headers: {} };
};
