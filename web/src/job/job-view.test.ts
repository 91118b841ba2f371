import type { JobResult, JobStatus, Problem } from '@dtq/generated/schemas/types.ts';
import { describe, expect, it } from 'vitest';
import { advance, errorOf, isSettled, percentOf, stateOf, unknownJob } from './job-view.ts';
import { nowText } from './now-text.ts';
import { stepsOf } from './steps.ts';

const ID = '6aab8fca-7059-40c4-97d4-53f55fd5bf67';
const at = (second: number) => `2026-02-14T15:12:0${second}.000Z`;
const entry = (sequence: number, attempt: number, progress_percent: number, second: number) =>
  ({
    sequence,
    attempt,
    state: progress_percent === 0 ? 'queued' : 'running',
    progress_percent,
    at: at(second),
  }) as const;

const running: JobStatus = {
  state: 'running',
  progress_percent: 50,
  message: 'calling external provider',
  updated_at: at(3),
  history: [entry(1, 1, 0, 1), entry(2, 1, 20, 2), entry(3, 1, 50, 3)],
};
const input = { city: 'Austin', units: 'metric' } as const;
const base = { job_id: ID, job_type: 'weather', input, started_at: at(2), completed_at: at(5) } as const;
const completed: JobResult = {
  ...base,
  output: { temperature: 20.4, condition: 'Cloudy', humidity_pct: 61, wind_kph: 13.2 },
  final_state: 'completed',
  error: null,
};
const failed: JobResult = {
  ...base,
  output: null,
  final_state: 'failed',
  error: { code: 'city_not_found', message: 'no place' },
};
const problem = (status: number): Problem => ({ type: '/docs', title: 'A problem', status, code: 'internal_error' });

const fresh = unknownJob(ID);
const seen = advance(fresh, { kind: 'ok', data: running });
const phases = (view: typeof fresh) => stepsOf(view).map(({ phase }) => phase);

describe('a job that runs', () => {
  it('stands in the milestone that it reached', () => {
    expect([stateOf(seen), percentOf(seen), isSettled(seen)]).toEqual(['running', 50, false]);
    expect(phases(seen)).toEqual(['done', 'done', 'current', 'ahead', 'ahead']);
    expect(stepsOf(seen).map((step) => step.at)).toEqual([at(1), at(2), at(3), null, null]);
    expect(nowText(seen)).toBe('Running, 50 %: calling external provider');
  });

  it('shows the times of its latest attempt', () => {
    const history = [...(running.history ?? []), entry(4, 2, 20, 6)];
    const again = advance(seen, { kind: 'ok', data: { ...running, progress_percent: 20, updated_at: at(6), history } });
    expect(phases(again)).toEqual(['done', 'current', 'ahead', 'ahead', 'ahead']);
    expect(stepsOf(again)[1]?.at).toBe(at(6));
  });

  it('is watched on through silence and server errors, keeping what was seen', () => {
    const silent = advance(seen, { kind: 'unreachable' });
    expect([silent.status, silent.trouble, isSettled(silent)]).toEqual([running, 'unreachable', false]);
    expect(nowText(silent)).toBe('Last seen: Running, 50 %: calling external provider');
    const down = advance(silent, { kind: 'problem', problem: problem(503), retryAfterMs: 0 });
    expect(isSettled(down)).toBe(false);
    expect(advance(down, { kind: 'ok', data: running }).trouble).toBeNull();
  });
});

describe('a job that ended', () => {
  it('completed: every step is done', () => {
    const view = advance(seen, { kind: 'ok', data: completed });
    expect([stateOf(view), percentOf(view), isSettled(view), errorOf(view)]).toEqual(['completed', 100, true, null]);
    expect(phases(view)).toEqual(['done', 'done', 'done', 'done', 'done']);
    expect(stepsOf(view).map((step) => step.at)).toEqual([at(1), at(2), at(3), null, at(5)]);
  });

  it('failed: it stopped where it was last seen', () => {
    const view = advance(seen, { kind: 'ok', data: failed });
    expect(errorOf(view)).toEqual(failed.error);
    expect(phases(view)).toEqual(['done', 'done', 'failed', 'ahead', 'ahead']);
  });

  it('failed and never seen before: no progress is made up', () => {
    expect(stepsOf(advance(fresh, { kind: 'ok', data: failed }))).toEqual([]);
  });

  it('failed, while its document cannot be read yet: the live status names the error', () => {
    const status: JobStatus = { ...running, state: 'failed', message: 'failed', error_code: 'timed_out' };
    const view = advance(seen, { kind: 'ok', data: status });
    expect([errorOf(view), isSettled(view)]).toEqual([{ code: 'timed_out', message: 'failed' }, false]);
  });
});

describe('a job that the API refuses', () => {
  it.each([
    [404, true],
    [400, true],
    [429, false],
    [500, false],
  ])('%i settles: %s', (status, settled) => {
    expect(isSettled(advance(fresh, { kind: 'problem', problem: problem(status), retryAfterMs: 0 }))).toBe(settled);
  });
});
