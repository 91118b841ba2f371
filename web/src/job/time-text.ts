const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const FINE_CLOCK = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});

/** The local time of a timestamp, to the second; the text itself where it is no timestamp. */
export function timeOfDay(timestamp: string): string {
  return format(CLOCK, timestamp);
}

/** The local time of a timestamp, to the millisecond. */
export function exactTimeOfDay(timestamp: string): string {
  return format(FINE_CLOCK, timestamp);
}

/** The time between two timestamps, such as "420 ms" or "1.3 s"; null where it cannot be told. */
export function durationText(from: string, to: string): string | null {
  const ms = Date.parse(to) - Date.parse(from);
  if (!(ms >= 0)) return null;
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
}

function format(clock: Intl.DateTimeFormat, timestamp: string): string {
  const time = Date.parse(timestamp);
  return Number.isNaN(time) ? timestamp : clock.format(time);
}
