import { JOB_STATE_VALUES, JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobState, JobType } from '@dtq/generated/schemas/types.ts';

/** Which jobs a list shows; it stands in the address, so that a link or a reload shows the same. */
export interface JobFilters {
  readonly type: JobType | null;
  readonly state: JobState | null;
  readonly errorCode: string | null;
  readonly traceId: string | null;
  /** Submitted in the last so long; moves with the clock. */
  readonly last: Last | null;
  /** Submitted at this time or later, in UTC. */
  readonly since: string | null;
  /** Submitted before this time, in UTC. */
  readonly until: string | null;
}

/** Spans of time that people ask for, in milliseconds. */
export const LASTS = { '15m': 900_000, '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000 } as const;

export type Last = keyof typeof LASTS;

export const NO_FILTERS: JobFilters = {
  type: null,
  state: null,
  errorCode: null,
  traceId: null,
  last: null,
  since: null,
  until: null,
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The filters that a query names; what is no filter of ours counts as left out. */
export function filtersOf(search: string): JobFilters {
  const { type, state, error_code, trace_id, last, since, until } = namedIn(search);
  return {
    type: JOB_TYPE_VALUES.find((known) => known === type) ?? null,
    state: JOB_STATE_VALUES.find((known) => known === state) ?? null,
    errorCode: within(error_code, /^.{1,64}$/),
    traceId: within(trace_id, UUID),
    last: last !== undefined && Object.hasOwn(LASTS, last) ? (last as Last) : null,
    since: timeOf(since),
    until: timeOf(until),
  };
}

/** The query of a list: its filters, and where its page begins. Empty for the plain list. */
export function searchOf(filters: JobFilters, cursor: string | null = null): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(namedBy(filters, cursor))) if (value !== null) query.set(name, value);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** Where the page begins that a query names; null for the newest jobs. */
export function cursorOf(search: string): string | null {
  return within(namedIn(search).cursor, /^[\w-]{1,400}$/);
}

/** What the API is asked for. `now` is in milliseconds since 1970. */
export function listQuery(filters: JobFilters, cursor: string | null, now: number) {
  const { type, state, errorCode, traceId, last, since, until } = filters;
  const from = last === null ? since : new Date(now - LASTS[last]).toISOString();
  return {
    ...(type && { job_type: type }),
    ...(state && { state }),
    ...(errorCode && { error_code: errorCode }),
    ...(traceId && { trace_id: traceId }),
    ...(from && { since: from }),
    ...(until && { until }),
    ...(cursor && { cursor }),
  };
}

/** How many filters are set, apart from type and state, which are in sight. */
export function foldedCount({ errorCode, traceId, last, since, until }: JobFilters): number {
  return [errorCode, traceId, last, since, until].filter((one) => one !== null).length;
}

/** Whether a text may be the id of a job or of a trace. */
export function isId(text: string): boolean {
  return UUID.test(text);
}

function namedBy({ errorCode, traceId, ...filters }: JobFilters, cursor: string | null) {
  return { ...filters, error_code: errorCode, trace_id: traceId, cursor };
}

/** What a query says, by the names that `searchOf` gives its parts. */
function namedIn(search: string): { readonly [N in keyof ReturnType<typeof namedBy>]?: string } {
  return Object.fromEntries(new URLSearchParams(search));
}

function within(text: string | undefined, pattern: RegExp): string | null {
  return text !== undefined && pattern.test(text) ? text : null;
}

function timeOf(text: string | undefined): string | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
