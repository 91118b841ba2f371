import type { JobErrorCode } from '@dtq/generated/schemas/types.ts';
import type { Part } from './ports.ts';

/** A port did not do what it was asked, or did not say so in time. What it was asked may have happened all the same. */
export class Unavailable extends Error {
  override name = 'Unavailable';
  readonly part: Part;

  constructor(part: Part, message: string, options?: ErrorOptions) {
    super(`${part}: ${message}`, options);
    this.part = part;
  }
}

/** Something that another try cannot mend, such as a stored document that nobody can read. */
export class Defect extends Error {
  override name = 'Defect';
}

/** Nobody answered a progress question in time. */
export class NoReply extends Error {
  override name = 'NoReply';

  constructor(timeoutMs: number) {
    super(`no reply within ${timeoutMs} ms`);
  }
}

export interface JobFailureOptions extends ErrorOptions {
  readonly retryAfterMs?: number | undefined;
}

/** An attempt ends here, failed, with a code of the closed list and a message that people may read. */
export class JobFailure extends Error {
  override name = 'JobFailure';
  readonly code: JobErrorCode;
  /** What the provider asks to wait before it is called again, in milliseconds (`Retry-After`). */
  readonly retryAfterMs: number | undefined;

  constructor(code: JobErrorCode, message: string, options: JobFailureOptions = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The configuration is wrong; each line names a variable, its value and what it takes. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}

/** The program cannot start, for a reason that one line tells whoever started it. */
export class StartError extends Error {
  override name = 'StartError';
}
