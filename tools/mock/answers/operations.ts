import { readSpan } from '@dtq/core/list-query.ts';
import { invalid, problem } from '@dtq/core/problem.ts';
import { revive } from '@dtq/core/replay-dead-letter.ts';
import { fingerprintOf } from '@dtq/core/submit-id.ts';
import { operationPath } from '@dtq/generated/rest/operations.ts';
import type { DeadLetter, FailureReport, JobPriority, Replay, ReplayReport } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { lastChange, type MockJob } from '../job.ts';
import { iso } from '../life.ts';
import { pageOf, readCursor } from '../pages.ts';
import type { Preferences } from '../prefer.ts';
import type { Answer, Mock } from '../request.ts';
import { idOf } from '../submit.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The bounds of the contract (specs/schemas/ReplayJobsRequest.json, DeadLetterReport.json, specs/openapi.yaml). */
const MOST_REPLAYED = 1000;
const MOST_REPLAYS_SHOWN = 100;
const OLDEST_FAILURE_MS = 30 * DAY_MS;

export const listFailures: Answer<'listFailures'> = ({ query }, { store, now: clock }) => {
  const now = clock();
  const { since = now - DAY_MS, faults } = readSpan(query);
  if (faults.length > 0) return invalid(faults);
  if (since < now - OLDEST_FAILURE_MS)
    return invalid([{ pointer: '#/query/since', message: `must be at most 30 days ago, not ${query.since}` }]);
  const from = floor(since);
  const groups = new Map<string, FailureReport['groups'][number]>();
  const failed = store
    .jobs(now)
    .map((job) => ({ job, ...lastChange(job, now) }))
    .filter(({ job, at, error }) => {
      const isAsked = query.job_type === undefined || job.job_type === query.job_type;
      return error !== undefined && isAsked && at >= from;
    })
    .sort((a, b) => a.at - b.at);
  for (const { job, at, error } of failed) {
    const { job_type } = job;
    const error_code = error?.code ?? '';
    const hour = iso(floor(at));
    const key = `${job_type} ${error_code}`;
    const group = groups.get(key) ?? { job_type, error_code, count: 0, last_at: hour, series: [] };
    const last = group.series.at(-1);
    if (last?.at === hour) last.count += 1;
    else group.series.push({ at: hour, count: 1 });
    groups.set(key, { ...group, count: group.count + 1, last_at: hour });
  }
  const sorted = [...groups.values()].sort((a, b) => b.count - a.count || (a.error_code < b.error_code ? -1 : 1));
  return { status: 200, type: 'application/json', body: { since: iso(from), groups: sorted }, headers: {} };
};

export const listDeadLetters: Answer<'listDeadLetters'> = ({ query }, { store }) => {
  const { job_type, limit, cursor } = query;
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, faults } = readSpan(query);
  const { after, faults: cursorFaults } = readCursor(cursor, strict.DeadLetterId);
  if (faults.length + cursorFaults.length > 0) return invalid([...faults, ...cursorFaults]);
  const placeOf = (letter: DeadLetter) => ({ at: Date.parse(letter.buried_at), id: letter.dead_letter_id });
  const found = store.letters().filter((letter) => {
    const { at } = placeOf(letter);
    return (job_type === undefined || letter.job_type === job_type) && at >= since && at < until;
  });
  const { items, next_cursor } = pageOf(found, placeOf, { limit, after });
  const dead_letters = items.map(({ headers: _headers, value_base64: _value, ...summary }) => summary);
  return { status: 200, type: 'application/json', body: { dead_letters, next_cursor }, headers: {} };
};

export const getDeadLetter: Answer<'getDeadLetter'> = ({ path: { dead_letter_id } }, { store }) => {
  const dead_letter = store.letter(dead_letter_id);
  if (dead_letter === undefined) return letterNotFound(dead_letter_id);
  const replays = store.replaysOf(dead_letter_id).slice(0, MOST_REPLAYS_SHOWN);
  return { status: 200, type: 'application/json', body: { dead_letter, replays }, headers: {} };
};

export const replayDeadLetter: Answer<'replayDeadLetter'> = ({ path, body, header, prefer }, mock) => {
  const { dead_letter_id } = path;
  const { store } = mock;
  const letter = store.letter(dead_letter_id);
  if (letter === undefined) return letterNotFound(dead_letter_id);
  const revived = revive(letter, body?.payload);
  if (!revived.ok) return invalid(revived.faults);
  const { job_type, payload, corrected } = revived;
  const key = header['idempotency-key'];
  const job_id = key === undefined ? undefined : idOf(mock, 'replay', key, dead_letter_id);
  const made = job_id === undefined ? undefined : store.job(job_id);
  if (made !== undefined && fingerprintOf(made.payload) !== fingerprintOf(payload)) {
    const message = `must be a new one for another payload, not ${JSON.stringify(key)}`;
    return invalid([{ pointer: '#/header/idempotency-key', message }]);
  }
  const known = store.replaysOf(dead_letter_id).find((replay) => replay.job_id === job_id);
  const source = { kind: 'dead_letter', replay_of: dead_letter_id, corrected } as const;
  const replay = known ?? replayOne(source, { job_type, payload, priority: 'normal', job_id }, prefer, mock);
  const headers = { Location: operationPath('getJobStatus', { job_id: replay.job_id }) };
  return { status: 202, type: 'application/json', body: replay, headers };
};

export const replayJobs: Answer<'replayJobs'> = ({ body, header, prefer }, mock) => {
  const { filter, limit = MOST_REPLAYED, again = false, dry_run = false } = body;
  const { store } = mock;
  const now = mock.now();
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, faults } = readSpan(filter, '/filter');
  if (faults.length > 0) return invalid(faults);
  const asked = filter.job_ids === undefined ? null : new Set(filter.job_ids.map((jobId) => jobId.toLowerCase()));
  const key = header['idempotency-key'];
  const ownId = ({ job_id }: MockJob) => (key === undefined ? undefined : idOf(mock, 'replay', key, job_id));
  const isOurs = (job: MockJob): boolean =>
    store.replaysOf(job.job_id).some(({ job_id }) => key !== undefined && job_id === ownId(job));
  const found = store.jobs(now).filter((job) => {
    const { error } = lastChange(job, now);
    // What nobody could read cannot be submitted.
    if (error === undefined || error.code === 'invalid_message') return false;
    if (filter.job_type !== undefined && job.job_type !== filter.job_type) return false;
    if (filter.error_code !== undefined && error.code !== filter.error_code) return false;
    if (job.submittedAt < since || job.submittedAt >= until) return false;
    if (asked !== null && !asked.has(job.job_id)) return false;
    return again || isOurs(job) || store.replaysOf(job.job_id).length === 0;
  });
  const matched = found.slice(0, limit);
  const report = (replays: Replay[]): ReplayReport => {
    return { matched: matched.length, is_complete: matched.length === found.length, replays };
  };
  if (dry_run) return { status: 200, type: 'application/json', body: report([]), headers: {} };
  const replays = matched.map((job) => {
    const job_id = ownId(job);
    const known = store.replaysOf(job.job_id).find((replay) => replay.job_id === job_id);
    const { job_type, payload, priority } = job;
    const source = { kind: 'job', replay_of: job.job_id, corrected: false } as const;
    return known ?? replayOne(source, { job_type, payload, priority, job_id }, prefer, mock);
  });
  return { status: 202, type: 'application/json', body: report(replays), headers: {} };
};

interface Remake extends Pick<MockJob, 'job_type' | 'payload'> {
  readonly priority: JobPriority;
  readonly job_id: string | undefined;
}

function replayOne(
  source: Pick<Replay, 'kind' | 'replay_of' | 'corrected'>,
  remake: Remake,
  { example }: Preferences,
  { store, now }: Mock,
): Replay {
  const at = now();
  const { job_id } = store.submit({ ...remake, at, replay_of: source.replay_of, example });
  const replay = { job_id, ...source, replayed_at: iso(at) };
  store.record(replay);
  return replay;
}

function letterNotFound(id: string) {
  return problem('dead_letter_not_found', { detail: `No dead letter has the id ${id}.` });
}

/** The beginning of the hour. */
function floor(moment: number): number {
  return Math.floor(moment / HOUR_MS) * HOUR_MS;
}
