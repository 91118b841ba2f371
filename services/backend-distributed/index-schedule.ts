import type { Clock } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import { statusOfRow } from '@dtq/core/look-up.ts';
import type { ResultStore, StatusStore } from '@dtq/core/ports.ts';
import type { ScheduledJob } from '@dtq/generated/schemas/types.ts';
import { hasEnded } from './index-walk.ts';
import type { MongodbJobSchedule } from './mongo-schedule.ts';

// A job that waits for its time, or for its next attempt, stands in no topic: the group that reads ahead (index-keeper.ts) does
// not meet it. So every worker also walks through the schedule, slowly and again and again, and gives those a status that have
// none: what was scheduled while Redis was away, and everything after Redis was emptied.

/** So many rows are looked at in one step. */
const AT_ONCE = 500;

export interface ScheduleWalkParts {
  readonly schedule: Pick<MongodbJobSchedule, 'walk'>;
  readonly statuses: Pick<StatusStore, 'get' | 'advance'>;
  readonly results: Pick<ResultStore, 'get'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Looks at the rows that come after an id; gives the last one of theirs, or null at the end of the schedule. */
export async function walkSchedule(parts: ScheduleWalkParts, after: string | null): Promise<string | null> {
  const { rows, last } = await parts.schedule.walk(after, AT_ONCE);
  for (const row of rows) if (row.kind === 'run') await fill(row, parts);
  return last;
}

async function fill(row: ScheduledJob, { statuses, results, clock, log }: ScheduleWalkParts): Promise<void> {
  const { job_id, schedule_id, attempt, message } = row;
  if ((await statuses.get(job_id)) !== null || (await hasEnded(job_id, results))) return;
  // The guard of the status makes it harmless where the job has gone on meanwhile.
  await statuses.advance({ ...statusOfRow(row, clock), attempt: Math.max(1, attempt - 1) });
  log.info({ job_id, trace_id: message.trace_id, schedule_id }, 'a job of the schedule has its status again');
}
