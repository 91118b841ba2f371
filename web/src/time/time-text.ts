const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const FINE_CLOCK = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});
const DAY_CLOCK = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The reader's local time of a timestamp, to the second; the text itself where it is no timestamp. */
export function timeOfDay(timestamp: string): string {
  return format(CLOCK, timestamp);
}

/** The reader's local time of a timestamp, to the millisecond. */
export function exactTimeOfDay(timestamp: string): string {
  return format(FINE_CLOCK, timestamp);
}

/** The reader's local day and time of a timestamp. */
export function dayAndTime(timestamp: string): string {
  return format(DAY_CLOCK, timestamp);
}

/** A timestamp in UTC, for whoever compares it with a log: "2026-02-14 15:12:04.000 UTC". */
export function utcText(timestamp: string): string {
  const time = Date.parse(timestamp);
  return Number.isNaN(time) ? timestamp : `${new Date(time).toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}

/** A span in milliseconds in words, two units at most: "420 ms", "1.3 s", "2 min 5 s", "3 h 4 min", "2 d 1 h". */
export function spanText(ms: number): string {
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10 * SECOND) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return two(ms, MINUTE, 'min', SECOND, 's');
  return ms < DAY ? two(ms, HOUR, 'h', MINUTE, 'min') : two(ms, DAY, 'd', HOUR, 'h');
}

/** The time between two timestamps in words; null where it cannot be told. */
export function durationText(from: string, to: string): string | null {
  const ms = Date.parse(to) - Date.parse(from);
  return ms >= 0 ? spanText(ms) : null;
}

/** How long ago a timestamp was, in one unit: "now", "5 s", "3 min", "2 h", "4 d"; of a time to come "in 5 s". */
export function agoText(timestamp: string, now: number): string {
  const ms = now - Date.parse(timestamp);
  if (Number.isNaN(ms)) return timestamp;
  const [size, unit] = unitOf(Math.abs(ms));
  const count = Math.floor(Math.abs(ms) / size);
  if (count === 0) return 'now';
  return ms < 0 ? `in ${count} ${unit}` : `${count} ${unit} ago`;
}

/** What a local date and time of an input field is in UTC; null where it is none. */
export function utcOf(local: string): string | null {
  const time = new Date(local).getTime();
  return local === '' || Number.isNaN(time) ? null : new Date(time).toISOString();
}

/** A timestamp as an input field for a local date and time wants it. */
export function localOf(timestamp: string): string {
  const time = Date.parse(timestamp);
  if (Number.isNaN(time)) return '';
  return new Date(time - new Date(time).getTimezoneOffset() * MINUTE).toISOString().slice(0, 16);
}

function unitOf(ms: number): readonly [number, string] {
  if (ms < MINUTE) return [SECOND, 's'];
  if (ms < HOUR) return [MINUTE, 'min'];
  return ms < DAY ? [HOUR, 'h'] : [DAY, 'd'];
}

function two(ms: number, size: number, unit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((ms % size) / small);
  return `${Math.floor(ms / size)} ${unit}${rest === 0 ? '' : ` ${rest} ${smallUnit}`}`;
}

function format(clock: Intl.DateTimeFormat, timestamp: string): string {
  const time = Date.parse(timestamp);
  return Number.isNaN(time) ? timestamp : clock.format(time);
}
