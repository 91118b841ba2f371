import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import { jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import { openJobsKey } from '@dtq/generated/storage/open-jobs.ts';
import { OPEN_JOBS_EPOCH } from '@dtq/generated/storage/open-jobs-epoch.ts';
import { statsHoursKey } from '@dtq/generated/storage/stats-hours.ts';
import { statsMinutesKey } from '@dtq/generated/storage/stats-minutes.ts';
import { submitKeysKey } from '@dtq/generated/storage/submit-keys.ts';
import { workerReportsKey } from '@dtq/generated/storage/worker-reports.ts';
import { WORKERS } from '@dtq/generated/storage/workers.ts';

/** Where a value stands in a key. */
const ANY = '*';

/** Of each job or moment there is one, and it goes by itself. */
const PASSING = [jobStatusKey, submitKeysKey, workerReportsKey, statsMinutesKey, statsHoursKey].map((keyOf) =>
  patternOf(keyOf(ANY)),
);
/** Each stands once, for ever. */
const STANDING = [OPEN_JOBS_EPOCH, WORKERS];
/** Each goes when its last member goes: none is there when no job is open. */
const OPEN = JOB_TYPE_VALUES.map((type) => patternOf(openJobsKey(type, ANY)));

/** The keys that would pile up: those that the contract does not know, those that stay although they should go, and open jobs. */
export function keysLeftOver(keys: ReadonlyMap<string, number>): string[] {
  return [...keys].flatMap(([key, ttlMs]) => {
    if (STANDING.includes(key)) return [];
    if (OPEN.some((pattern) => pattern.test(key))) return [`${key} has jobs that are open`];
    if (!PASSING.some((pattern) => pattern.test(key))) return [`${key} is not of the contract`];
    // -2 is of a key that went while it was looked at.
    return ttlMs === -1 ? [`${key} stays for ever`] : [];
  });
}

function patternOf(key: string): RegExp {
  return new RegExp(`^${key.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll(ANY, '.+')}$`);
}
