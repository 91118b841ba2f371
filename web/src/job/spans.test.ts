import type { JobResult, JobStatus } from '@dtq/generated/schemas/types.ts';
import { describe, expect, it } from 'vitest';
import { type JobView, unknownJob } from './job-view.ts';
import { lifeOf } from './spans.ts';

const T0 = Date.parse('2026-02-14T15:12:00.000Z');
const at = (ms: number) => new Date(T0 + ms).toISOString();
const view = (status: Partial<JobStatus> | null, result: unknown = null): JobView => ({
  ...unknownJob('6aab8fca-7059-40c4-97d4-53f55fd5bf67'),
  status: status && { state: 'running', progress_percent: 20, message: '', updated_at: at(0), ...status },
  result: result as JobResult | null,
});
const spansOf = (seen: JobView, now: number) =>
  lifeOf(seen, T0 + now)?.spans.map(({ kind, from, to, isOpen, attempt }) => [
    kind,
    from - T0,
    to - T0,
    isOpen,
    attempt,
  ]);

describe('lifeOf', () => {
  it('is nothing while nothing is known', () => {
    expect(lifeOf(view(null), T0)).toBeNull();
  });

  it('waits up to now', () => {
    expect(spansOf(view({ state: 'queued', submitted_at: at(0) }), 700)).toEqual([['waiting', 0, 700, true, null]]);
  });

  it('waits for its time, and then for a worker', () => {
    const scheduled = view({ state: 'queued', submitted_at: at(0), run_at: at(1000) });
    expect(spansOf(scheduled, 400)).toEqual([['scheduled', 0, 400, true, null]]);
    expect(spansOf(scheduled, 1500)).toEqual([
      ['scheduled', 0, 1000, false, null],
      ['waiting', 1000, 1500, true, null],
    ]);
  });

  it('has waited for its time, by its history, when nothing else tells of it any more', () => {
    const entry = (sequence: number, state: 'queued' | 'running', ms: number) => {
      return { sequence, attempt: 1, state, progress_percent: 0 as const, at: at(ms) };
    };
    const history = [entry(1, 'queued', 0), entry(2, 'queued', 1000), entry(3, 'running', 1200)];
    const attempts = [{ number: 1, started_at: at(1200) }];
    expect(spansOf(view({ submitted_at: at(0), attempts, history }), 1500)).toEqual([
      ['scheduled', 0, 1000, false, null],
      ['waiting', 1000, 1200, false, null],
      ['attempt', 1200, 1500, true, 1],
    ]);
  });

  it('tells each attempt and the waits between them', () => {
    const attempts = [
      { number: 1, started_at: at(100), ended_at: at(300), outcome: 'retried' as const },
      { number: 2, started_at: at(1000), ended_at: at(1400), outcome: 'completed' as const },
    ];
    const ended = {
      submitted_at: at(0),
      started_at: at(1000),
      completed_at: at(1450),
      final_state: 'completed',
      attempts,
    };
    expect(spansOf(view(null, ended), 9000)).toEqual([
      ['waiting', 0, 100, false, null],
      ['attempt', 100, 300, false, 1],
      ['backoff', 300, 1000, false, 2],
      ['attempt', 1000, 1400, false, 2],
    ]);
    expect(lifeOf(view(null, ended), T0 + 9000)).toMatchObject({ from: T0, to: T0 + 1450 });
  });

  it('runs, or waits for the next attempt, up to now', () => {
    const first = { number: 1, started_at: at(100) };
    expect(spansOf(view({ submitted_at: at(0), attempts: [first] }), 500)?.at(-1)).toEqual([
      'attempt',
      100,
      500,
      true,
      1,
    ]);
    const retried = { ...first, ended_at: at(300), outcome: 'retried' as const };
    expect(spansOf(view({ submitted_at: at(0), attempts: [retried] }), 500)?.at(-1)).toEqual([
      'backoff',
      300,
      500,
      true,
      2,
    ]);
  });

  it('an attempt without an end that was followed by another ended there', () => {
    const attempts = [
      { number: 1, started_at: at(100) },
      { number: 2, started_at: at(700) },
    ];
    expect(spansOf(view({ submitted_at: at(0), attempts }), 900)).toEqual([
      ['waiting', 0, 100, false, null],
      ['attempt', 100, 700, false, 1],
      ['attempt', 700, 900, true, 2],
    ]);
  });

  it("makes one attempt of another program's document", () => {
    const ended = { started_at: at(100), completed_at: at(400), final_state: 'completed' };
    expect(spansOf(view(null, ended), 900)).toEqual([['attempt', 100, 400, false, 1]]);
  });

  it('never started: it only waited', () => {
    const ended = {
      submitted_at: at(0),
      started_at: at(400),
      completed_at: at(400),
      final_state: 'failed',
      attempts: [],
    };
    expect(spansOf(view(null, ended), 900)).toEqual([['waiting', 0, 400, false, null]]);
  });

  it('marks the milestones of the history', () => {
    const history = [
      { sequence: 1, attempt: 1, state: 'queued' as const, progress_percent: 0 as const, at: at(0) },
      { sequence: 2, attempt: 1, state: 'running' as const, progress_percent: 50 as const, at: at(200) },
    ];
    expect(lifeOf(view({ submitted_at: at(0), history }), T0 + 500)?.marks).toEqual([
      { at: T0 + 200, percent: 50, attempt: 1 },
    ]);
  });
});
