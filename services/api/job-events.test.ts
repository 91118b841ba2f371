import { applyChange } from '@dtq/core/lifecycle.ts';
import type { StatusChange } from '@dtq/core/ports.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import { describe, expect, it } from 'vitest';
import { JobEvents } from './job-events.ts';

/** The statuses of a job that passes these percents, as the status store has them one after the other. */
function statuses(hour: number, ...percents: number[]): JobStatus[] {
  const found: JobStatus[] = [];
  for (const [index, progress_percent] of percents.entries()) {
    const change: StatusChange = {
      job_id: '6aab8fca-7059-40c4-97d4-53f55fd5bf67',
      attempt: 1,
      state: progress_percent === 0 ? 'queued' : progress_percent === 100 ? 'completed' : 'running',
      progress_percent,
      message: `at ${progress_percent}`,
      updated_at: `2026-02-14T${hour}:12:0${index}.000Z`,
    };
    const next = applyChange(found.at(-1) ?? null, change);
    if (next !== null) found.push(next);
  }
  return found;
}

function told(lastEventId: string | undefined, ...known: (JobStatus | undefined)[]): string[] {
  const events = new JobEvents(lastEventId);
  return known
    .flatMap((status) => (status === undefined ? [] : events.of(status)))
    .map(({ id, data }) => {
      return `${id} ${'message' in data ? data.message : ''}`;
    });
}

describe('the events of a job', () => {
  const [queued, started, calling, storing, completed] = statuses(10, 0, 20, 50, 80, 100);

  it('tell what was missed between two statuses, with the words of its milestone', () => {
    expect(told(undefined, queued, calling)).toEqual(['1 at 0', '2 started', '3 at 50']);
  });

  it('tell nothing twice, and no old news', () => {
    expect(told(undefined, calling, calling, queued, started, storing, calling, completed)).toEqual([
      '1 waiting for a worker',
      '2 started',
      '3 at 50',
      '4 at 80',
      '5 at 100',
    ]);
  });

  it('begin after the last one that was received', () => {
    expect(told('2', storing, completed)).toEqual(['3 calling external provider', '4 at 80', '5 at 100']);
    expect(told('4', storing, completed)).toEqual(['5 at 100']);
    expect(told('5', completed)).toEqual([]);
  });

  it('tell a history that has begun anew from its beginning, also where it is shorter', () => {
    const [again, later] = statuses(11, 20, 50);
    expect(told(undefined, storing, again, later).slice(4)).toEqual(['1 at 20', '2 at 50']);
    expect(told('4', storing, again, later)).toEqual(['1 at 20', '2 at 50']);
  });

  it('tell each change of a status that another program wrote, which counts nothing', () => {
    const foreign = (status: JobStatus | undefined) =>
      status && { ...status, sequence: undefined, attempt: undefined, history: undefined };
    expect(told('7', foreign(started), foreign(started), foreign(calling))).toEqual([
      'undefined at 20',
      'undefined at 50',
    ]);
  });
});
