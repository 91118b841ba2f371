import type { Violation } from '@dtq/generated/schemas/types.ts';

/** Bounds of a submit, in days from now (specs/schemas/SubmitJobRequest.json, Delay.json). */
const LONGEST_WAIT_DAYS = 30;
const LATEST_EXPIRY_DAYS = 60;

const DAY_MS = 24 * 3_600_000;
const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS } as const;

/** The times of a submit as they stand in its body. */
export interface SubmittedTimes {
  readonly run_at?: string | undefined;
  readonly delay?: string | undefined;
  readonly expires_at?: string | undefined;
}

export interface SubmitTimes {
  /** When the job may start, in toISOString's form; undefined where that is now. */
  readonly run_at?: string;
  /** By when somebody must have started it, likewise. */
  readonly expires_at?: string;
}

/**
 * The times of a submit that is made at `now` (ms since 1970), or every fault of them by its JSON pointer. The schema has been
 * checked before: here is what it cannot say.
 */
export function readSubmitTimes(
  { run_at, delay, expires_at }: SubmittedTimes,
  now: number,
): { readonly times: SubmitTimes; readonly faults: readonly Violation[] } {
  const faults: Violation[] = [];
  const read = <T>(pointer: string, text: string | undefined, reader: (text: string) => T | string): T | undefined => {
    const value = text === undefined ? undefined : reader(text);
    if (typeof value !== 'string') return value;
    faults.push({ pointer, message: `${value}, not ${JSON.stringify(text)}` });
    return undefined;
  };
  if (run_at !== undefined && delay !== undefined)
    faults.push({ pointer: '/delay', message: `must not stand beside run_at ${JSON.stringify(run_at)}` });
  const latest = now + LONGEST_WAIT_DAYS * DAY_MS;
  const at = read('/run_at', run_at, (text) => momentWithin(text, latest, LONGEST_WAIT_DAYS));
  const wait = read('/delay', delay, (text) => delayOf(text) ?? `must be at most ${LONGEST_WAIT_DAYS}d`);
  const runAt = at ?? now + (wait ?? 0);
  const expiry = read('/expires_at', expires_at, (text) => {
    const moment = momentWithin(text, now + LATEST_EXPIRY_DAYS * DAY_MS, LATEST_EXPIRY_DAYS);
    if (typeof moment === 'string') return moment;
    if (moment <= now) return `must be later than now, ${iso(now)}`;
    return moment <= runAt ? `must be later than the job may start, ${iso(runAt)}` : moment;
  });
  const times = {
    ...(runAt > now ? { run_at: iso(runAt) } : {}),
    ...(expiry === undefined ? {} : { expires_at: iso(expiry) }),
  };
  return { times, faults };
}

/**
 * A time of the contract in ms since 1970. Null for the leap second, which RFC 3339 has and the clocks of programs have not.
 */
export function momentOf(text: string): number | null {
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? null : moment;
}

function momentWithin(text: string, latest: number, days: number): number | string {
  const moment = momentOf(text);
  if (moment === null) return 'must be a time that clocks have';
  return moment > latest ? `must be at most ${days} days ahead, ${iso(latest)}` : moment;
}

/** "90m" -> milliseconds; null for more than the longest wait. */
function delayOf(text: string): number | null {
  const [, count, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
  const ms = Number(count) * UNITS[unit as keyof typeof UNITS];
  return ms <= LONGEST_WAIT_DAYS * DAY_MS ? ms : null;
}

function iso(moment: number): string {
  return new Date(moment).toISOString();
}
