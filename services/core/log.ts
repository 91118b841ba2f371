import { type Logger, pino, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';
import type { ConfigReader } from './config.ts';

export type { Logger };

export interface LogOptions {
  readonly level: string;
  /** `json` for machines, `pretty` for people; `auto` is pretty on a terminal. */
  readonly format: 'auto' | 'json' | 'pretty';
}

/** Reads LOG_LEVEL and LOG_FORMAT. */
export function readLogOptions(reader: ConfigReader): LogOptions {
  return {
    level: reader.choice('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
    format: reader.choice('LOG_FORMAT', ['auto', 'json', 'pretty'], 'auto'),
  };
}

/** The program's own log, one line an event, on standard error. Every line of a job's path carries job_id and trace_id. */
export function createLogger(options: LogOptions): Logger {
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const forPeople = options.format === 'pretty' || (options.format === 'auto' && process.stderr.isTTY === true);
  if (!forPeople) return pino(settings, process.stderr);
  return pino(
    settings,
    pretty({
      destination: 2,
      sync: true,
      translateTime: 'SYS:HH:MM:ss.l',
      ignore: 'level',
      colorize: process.stderr.isTTY,
    }),
  );
}

/** A log that says nothing, for tests. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
