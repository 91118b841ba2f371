import { JOB_TITLES } from '@dtq/generated/jobs/index.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';

/** The type that a name means; null for one that is newer than the page. */
export function knownType(name: string): JobType | null {
  return JOB_TYPE_VALUES.find((known) => known === name) ?? null;
}

/** A type as people call it; its name where the page does not know it. */
export function typeTitle(name: string): string {
  const type = knownType(name);
  return type === null ? name : JOB_TITLES[type].title;
}
