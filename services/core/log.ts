import { type Logger, pino, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';
import { type ConfigReader, masked } from './config.ts';
import { cut } from './cut.ts';

export type { Logger };

export interface LogOptions {
  readonly level: string;
  /** `json` for machines, `pretty` for people; `auto` is pretty on a terminal. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** Fields that are written as ***, by pino's paths, such as `job_id` or `source.topic`. */
  readonly redact?: readonly string[];
  /** Texts that are written as *** wherever they stand. */
  readonly secrets?: readonly string[];
}

const HIDDEN = '***';

/** How long lines are gathered, in milliseconds: nobody who reads along notices it. */
const GATHER_MS = 5;

/** Of an error's words; a driver may put whole documents into them. */
const LONGEST_MESSAGE = 1000;
const LONGEST_STACK = 4000;
const DEEPEST_CAUSE = 4;

/** Reads LOG_LEVEL, LOG_FORMAT and LOG_REDACT. What the reader knows to be secret, then and later, no line will show. */
export function readLogOptions(reader: ConfigReader): LogOptions {
  return {
    level: reader.choice('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
    format: reader.choice('LOG_FORMAT', ['auto', 'json', 'pretty'], 'auto'),
    redact: readPaths(reader),
    get secrets() {
      return reader.secrets();
    },
  };
}

function readPaths(reader: ConfigReader): readonly string[] {
  const paths = (reader.raw('LOG_REDACT') ?? '').split(',').flatMap((path) => path.trim() || []);
  const isPath = (path: string): boolean => /^[A-Za-z_]\w*(?:\.(?:[A-Za-z_]\w*|\*))*$/.test(path);
  if (paths.every(isPath)) return paths;
  reader.fault('LOG_REDACT', 'comma-separated names of fields, such as job_id or source.topic');
  return [];
}

/** Where lines go; standard error, but in a test. */
export interface LogStream {
  write(line: string): void;
}

/**
 * The program's own log, one line an event, on standard error. Every line of a job's path carries job_id and trace_id. No line
 * shows a secret of the configuration, and none of level info or above a payload: of an error only its name, code and words
 * are written, for drivers hang whole documents on theirs.
 *
 * Lines for machines go out together with those of the same few milliseconds. An exit, of whatever kind, writes all that is
 * left; only what ends a process from outside at once (SIGKILL) can take the lines of its last milliseconds along.
 */
export function createLogger(options: LogOptions, stream?: LogStream): Logger {
  const { redact = [] } = options;
  // The longest first: one may be part of another.
  const secrets = [...(options.secrets ?? [])].sort((a, b) => b.length - a.length);
  const written = [...new Set(secrets.map((secret) => JSON.stringify(secret).slice(1, -1)))];
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: (error: unknown) => factsOf(error) },
    ...(redact.length === 0 ? {} : { redact: { paths: [...redact], censor: HIDDEN } }),
    ...(written.length === 0
      ? {}
      : {
          hooks: { streamWrite: (line: string) => written.reduce((text, one) => text.replaceAll(one, HIDDEN), line) },
        }),
  };
  if (stream !== undefined) return pino(settings, stream);
  const forPeople = options.format === 'pretty' || (options.format === 'auto' && process.stderr.isTTY === true);
  if (!forPeople) return pino(settings, gathering(process.stderr.fd));
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

/** Gathers lines for GATHER_MS and hands them on as one: a write for each is a tenth of what a submit costs. */
function gathering(fd: number): LogStream {
  const destination = pino.destination({ dest: fd, sync: false });
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  let last: LogStream | undefined;
  const handOn = (): void => {
    timer = undefined;
    destination.write(lines);
    lines = '';
  };
  process.once('exit', () => {
    clearTimeout(timer);
    destination.flushSync();
    // Nothing that is begun now would come to its end.
    last = pino.destination({ dest: fd, sync: true });
    if (lines !== '') last.write(lines);
  });
  return {
    write(line) {
      if (last !== undefined) return last.write(line);
      lines += line;
      timer ??= setTimeout(handOn, GATHER_MS).unref();
    },
  };
}

/** What is written of an error, and of what caused it. */
function factsOf(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { type: error === null ? 'null' : typeof error };
  const { name, message, stack = '', cause } = error;
  const { code } = error as { code?: unknown };
  return {
    type: name,
    message: words(message, LONGEST_MESSAGE),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    stack: words(stack, LONGEST_STACK),
    ...(cause === undefined || depth === DEEPEST_CAUSE ? {} : { cause: factsOf(cause, depth + 1) }),
    ...(error instanceof AggregateError && depth < DEEPEST_CAUSE
      ? { errors: error.errors.slice(0, DEEPEST_CAUSE).map((one) => factsOf(one, depth + 1)) }
      : {}),
  };
}

/** Without the passwords of URLs, which drivers show. */
function words(text: string, most: number): string {
  return cut(masked('', text), most);
}

/** A log that says nothing, for tests. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
