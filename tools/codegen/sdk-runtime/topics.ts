import { CHANNELS, JOB_CHANNELS } from '@dtq/generated/messaging/channels.ts';
import { JOB_PRIORITY_VALUES, JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobPriority, JobType } from '@dtq/generated/schemas/types.ts';

/** What a template says instead of the job type. */
const PLACE = '%s';

/**
 * The topic of a type's jobs of a priority. A template such as `staging.jobs.%s.v1` (KAFKA_TOPIC_TEMPLATE of the
 * deployment) gives other names than the contract's. Throws RangeError for a template without its place.
 */
export function topicOf(type: JobType, priority: JobPriority, template?: string): string {
  const { jobs } = JOB_CHANNELS[type];
  const own = CHANNELS[jobs[priority]].address;
  if (template === undefined) return own;
  if (template.split(PLACE).length !== 2)
    throw new RangeError(
      `a topic template has ${PLACE} once, in place of the job type, not as in ${JSON.stringify(template)}`,
    );
  return template.replace(PLACE, type) + own.slice(CHANNELS[jobs.normal].address.length);
}

/**
 * The type and the priority of the jobs in each topic of some types.
 *
 * @internal
 */
export function topicsOf(
  types: readonly JobType[],
  template?: string,
): ReadonlyMap<string, { readonly type: JobType; readonly priority: JobPriority }> {
  return new Map(
    types.flatMap((type) =>
      JOB_PRIORITY_VALUES.map((priority) => [topicOf(type, priority, template), { type, priority }]),
    ),
  );
}

/** @internal */
export const ALL_TYPES: readonly JobType[] = JOB_TYPE_VALUES;
