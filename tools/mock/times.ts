import type { RequestBody } from '@dtq/generated/rest/operations.ts';
import type { Violation } from '@dtq/generated/schemas/types.ts';
import { iso } from './life.ts';

/** As far ahead as a submit may ask (specs/schemas/SubmitJobRequest.json). */
const LONGEST_WAIT_DAYS = 30;
const LATEST_EXPIRY_DAYS = 60;

const DAY_MS = 86_400_000;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS };

/** Both in milliseconds since 1970. */
export interface SubmitTimes {
  readonly runAt?: number;
  readonly expiresAt?: number;
}

/** The times of a submit that is made at `now`, or what its schema cannot find wrong with them. */
export function readSubmitTimes(
  { run_at, delay, expires_at }: Pick<RequestBody<'submitJob'>, 'run_at' | 'delay' | 'expires_at'>,
  now: number,
): { readonly times: SubmitTimes; readonly faults: readonly Violation[] } {
  const faults: Violation[] = [];
  const read = (name: string, text: string | undefined, reader: (text: string) => number | string) => {
    const value = text === undefined ? undefined : reader(text);
    if (typeof value !== 'string') return value;
    faults.push({ pointer: `/${name}`, message: `${value}, not ${JSON.stringify(text)}` });
    return undefined;
  };
  if (run_at !== undefined && delay !== undefined)
    faults.push({ pointer: '/delay', message: `must not stand beside run_at ${JSON.stringify(run_at)}` });
  const at = read('run_at', run_at, (text) => within(text, now, LONGEST_WAIT_DAYS));
  const wait = read('delay', delay, (text) => {
    const ms = durationOf(text);
    return ms <= LONGEST_WAIT_DAYS * DAY_MS ? ms : `must be at most ${LONGEST_WAIT_DAYS}d`;
  });
  const runAt = at ?? now + (wait ?? 0);
  const expiresAt = read('expires_at', expires_at, (text) => {
    const moment = within(text, now, LATEST_EXPIRY_DAYS);
    if (typeof moment === 'string') return moment;
    if (moment <= now) return `must be later than now, ${iso(now)}`;
    return moment <= runAt ? `must be later than the job may start, ${iso(runAt)}` : moment;
  });
  const times = { ...(runAt > now ? { runAt } : {}), ...(expiresAt === undefined ? {} : { expiresAt }) };
  return { times, faults };
}

/** The span of a list in milliseconds since 1970; the schema takes a leap second, which no clock here has. */
export function readSpan({ since, until }: { readonly since?: string; readonly until?: string }, prefix: string) {
  const faults: Violation[] = [];
  const read = (name: string, text: string | undefined): number | undefined => {
    const moment = text === undefined ? undefined : Date.parse(text);
    if (moment === undefined || !Number.isNaN(moment)) return moment;
    const message = `must be a time that clocks have, not ${JSON.stringify(text)}`;
    faults.push({ pointer: `${prefix}/${name}`, message });
    return undefined;
  };
  return { since: read('since', since), until: read('until', until), faults };
}

/** "90m" in milliseconds. */
export function durationOf(text: string): number {
  const [, count, unit = ''] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
  return Number(count) * (UNITS[unit] ?? Number.NaN);
}

function within(text: string, now: number, days: number): number | string {
  const moment = Date.parse(text);
  const latest = now + days * DAY_MS;
  if (Number.isNaN(moment)) return 'must be a time that clocks have';
  return moment > latest ? `must be at most ${days} days ahead, ${iso(latest)}` : moment;
}
