import { Unavailable } from '@dtq/core/errors.ts';
import type { Part } from '@dtq/core/ports.ts';

/** Primary result codes of SQLite that speak of the disk or the file, not of what was asked, in our own words. */
const FAULTS: Readonly<Record<number, string>> = {
  3: 'the file may not be used by this user',
  5: 'another program holds the file',
  6: 'another program holds the file',
  7: 'there is not enough memory',
  8: 'the file cannot be written',
  10: 'the disk does not take what is written, or does not give it back',
  11: 'the file is damaged',
  13: 'the disk is full',
  14: 'the file cannot be opened',
  26: 'the file is damaged, or is no database',
};

/**
 * What a fault of the disk or the file means, for people; undefined where an error is none of these and so a defect. The
 * words are ours, for a driver's may name paths and statements.
 */
export function faultOf(error: unknown): string | undefined {
  const { code, errcode } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown;
    errcode?: unknown;
  };
  if (code !== 'ERR_SQLITE_ERROR' || typeof errcode !== 'number') return undefined;
  // The upper bits of a code only tell where exactly it went wrong.
  return FAULTS[errcode & 0xff];
}

/** A fault of the disk or the file as the error of a port; any other error as it is. */
export function asUnavailable(part: Part, error: unknown): unknown {
  const fault = faultOf(error);
  return fault === undefined ? error : new Unavailable(part, fault, { cause: error });
}
