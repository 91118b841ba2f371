import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';

/** What the form opens with; it stands in the address, so that a link can say it. */
export interface OpeningDraft {
  readonly jobType: JobType;
  readonly payload?: object | undefined;
}

/** The draft that a query names; whatever it lacks or has wrong is as on a plain form. */
export function draftOf(search: string): OpeningDraft {
  const query = new URLSearchParams(search);
  const jobType = JOB_TYPE_VALUES.find((known) => known === query.get('type')) ?? JOB_TYPE_VALUES[0];
  return { jobType, payload: objectOf(query.get('payload')) };
}

/** The query that names a draft. */
export function searchOfDraft({ jobType, payload }: OpeningDraft): string {
  const query = new URLSearchParams({ type: jobType });
  if (payload !== undefined) query.set('payload', JSON.stringify(payload));
  return `?${query}`;
}

function objectOf(text: string | null): object | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
