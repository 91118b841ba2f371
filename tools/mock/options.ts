import { parseArgs } from 'node:util';

/** How the mock behaves; nothing of it changes what the contract says. */
export interface MockOptions {
  /** The same seed and the same submits in the same order give the same jobs. */
  readonly seed: number;
  /** Everything that a job does takes this many times less; what a submit names as a time stays that time. */
  readonly speed: number;
  /** Every answer comes so much later, in milliseconds. */
  readonly latencyMs: number;
  /** The share of jobs that fail, 0 to 1. As many of the others fail once, and are done at the next attempt. */
  readonly failRate: number;
  /** Jobs of the last hour that are there at the start. */
  readonly past: number;
}

export interface ProgramOptions extends MockOptions {
  readonly host: string;
  readonly port: number;
}

/** An option that cannot be used; the message says what it takes. */
export class OptionError extends Error {
  override name = 'OptionError';
}

export const DEFAULTS: ProgramOptions = {
  host: '127.0.0.1',
  port: 8090,
  seed: 1,
  speed: 1,
  latencyMs: 0,
  failRate: 0.1,
  past: 40,
};

export const USAGE = `npm run mock -- [options]

  --port NUMBER       where it listens; 0 takes a free one (${DEFAULTS.port})
  --host ADDRESS      on which address (${DEFAULTS.host})
  --seed NUMBER       the same seed and the same submits give the same jobs (${DEFAULTS.seed})
  --speed NUMBER      jobs take that many times less; what a submit names as a time stays (${DEFAULTS.speed})
  --latency MS        every answer comes so much later (${DEFAULTS.latencyMs})
  --fail-rate SHARE   share of the jobs that fail, 0 to 1; as many others need a second attempt (${DEFAULTS.failRate})
  --past NUMBER       jobs of the last hour that are there at the start (${DEFAULTS.past})
  --help              this text

A header forces what a test needs: Prefer: example=provider_timeout on a submit, Prefer: problem=store_unavailable on
anything. tools/mock/README.md has them all.
`;

/** Reads the arguments of the program; null where only the usage is asked for. Throws OptionError. */
export function readOptions(args: readonly string[]): ProgramOptions | null {
  const values = parsed(args);
  if (values['help'] === true) return null;
  const number = (name: string, fallback: number, minimum: number, maximum: number, isWhole: boolean): number => {
    const text = values[name];
    if (text === undefined) return fallback;
    const value = Number(text);
    const isRight = String(text).trim() !== '' && value >= minimum && value <= maximum;
    if (isRight && (!isWhole || Number.isInteger(value))) return value;
    const takes = `a ${isWhole ? 'whole ' : ''}number from ${minimum} to ${maximum}`;
    throw new OptionError(`--${name} ${JSON.stringify(text)} is not valid: it takes ${takes}`);
  };
  return {
    host: typeof values['host'] === 'string' ? values['host'] : DEFAULTS.host,
    port: number('port', DEFAULTS.port, 0, 65_535, true),
    seed: number('seed', DEFAULTS.seed, 0, 2 ** 32 - 1, true),
    speed: number('speed', DEFAULTS.speed, 0.01, 10_000, false),
    latencyMs: number('latency', DEFAULTS.latencyMs, 0, 60_000, true),
    failRate: number('fail-rate', DEFAULTS.failRate, 0, 1, false),
    past: number('past', DEFAULTS.past, 0, 1000, true),
  };
}

function parsed(args: readonly string[]): Readonly<Record<string, string | boolean | undefined>> {
  const text = { type: 'string' } as const;
  const options = {
    port: text,
    host: text,
    seed: text,
    speed: text,
    latency: text,
    'fail-rate': text,
    past: text,
    help: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new OptionError(`${(error as Error).message}; --help tells them all`);
  }
}
