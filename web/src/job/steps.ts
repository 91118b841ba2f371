import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import { type JobView, percentOf, stateOf } from './job-view.ts';

/** A milestone of the job that the page shows. */
export interface Step {
  readonly name: string;
  readonly percent: number;
  readonly message: string;
  readonly phase: 'done' | 'current' | 'failed' | 'ahead';
  /** When it was reached, where that is known. */
  readonly at: string | null;
}

/** The milestones that every job passes, as far as this one came; none while its progress is unknown. */
export function stepsOf(view: JobView): readonly Step[] {
  const percent = percentOf(view);
  if (percent === null) return [];
  const failed = stateOf(view) === 'failed';
  // A milestone is written before the step that it announces, so a job stands in the last one that it reached.
  const standing = Math.max(...milestones().map((m) => (m.percent <= percent ? m.percent : 0)));
  return milestones().map((milestone) => ({
    ...milestone,
    phase: phaseOf(milestone.percent),
    at: timeOf(milestone.percent, view),
  }));

  function phaseOf(at: number): Step['phase'] {
    if (at !== standing) return at < standing ? 'done' : 'ahead';
    if (failed) return 'failed';
    return at === 100 ? 'done' : 'current';
  }
}

/** A job that waits for its time stands where one that waits for a worker does. */
function milestones() {
  return Object.entries(MILESTONES)
    .filter(([name]) => name !== ('scheduled' satisfies keyof typeof MILESTONES))
    .map(([name, { progress_percent, message }]) => ({ name, percent: progress_percent, message }));
}

/** A later attempt passes the milestones again: its times are the ones that count. */
function timeOf(percent: number, { status, result }: JobView): string | null {
  if (percent === 100) return result?.final_state === 'completed' ? result.completed_at : null;
  const entry = status?.history?.findLast((one) => one.progress_percent === percent && one.state !== 'failed');
  if (entry) return entry.at;
  if (percent === 20 && result && result.started_at !== result.completed_at) return result.started_at;
  return status?.progress_percent === percent && status.state !== 'failed' ? status.updated_at : null;
}
