import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { StartError } from '@dtq/core/errors.ts';

export interface SoakOptions {
  /** How long the load lasts; before it the capacity is measured, after it all is looked at. */
  readonly minutes: number;
  /** Determines which jobs are submitted and what is done to which process. */
  readonly seed: number;
  /** Where the figures go as JSON; undefined for nowhere. */
  readonly out: string | undefined;
}

const DEFAULT_MINUTES = 10;
const MOST_MINUTES = 24 * 60;
const MOST_SEED = 2 ** 31;

/** Reads the command line. Throws StartError, whose message says what an option takes. */
export function readOptions(args: readonly string[]): SoakOptions {
  const { minutes, seed, out } = parse(args);
  return {
    minutes: number('--minutes', minutes, (value) => value > 0 && value <= MOST_MINUTES, `at most ${MOST_MINUTES}`),
    seed:
      seed === undefined
        ? randomInt(MOST_SEED)
        : number('--seed', seed, (value) => Number.isInteger(value) && value >= 0 && value < MOST_SEED, 'a whole one'),
    out,
  };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      minutes: { type: 'string', default: String(DEFAULT_MINUTES) },
      seed: { type: 'string' },
      out: { type: 'string' },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new StartError(`${(error as Error).message}. It takes --minutes N, --seed N and --out FILE`);
  }
}

function number(option: string, text: string, isGood: (value: number) => boolean, bounds: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!isGood(value)) throw new StartError(`${option} ${text} is not valid: it takes a number, ${bounds}`);
  return value;
}
