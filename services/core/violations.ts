import type { Violation } from '@dtq/generated/schemas/types.ts';
import type { ValidationError } from '@dtq/generated/validators/validator.ts';
import { cut, shortened } from './cut.ts';

/** The contract's bound on the list (specs/schemas/Problem.json). */
export const MOST_VIOLATIONS = 100;
const LONGEST_POINTER = 1000;
const LONGEST_MESSAGE = 1000;

/** What a validator found, as places with words: what is wrong, and what would be right. */
export function violations(
  errors: readonly ValidationError[] | null | undefined,
  value: unknown,
  prefix = '',
): Violation[] {
  const found = (errors ?? []).map((error) => ({
    pointer: cut(`${prefix}${pointerOf(error)}`, LONGEST_POINTER),
    message: cut(messageOf(error, valueAt(value, error.instancePath)), LONGEST_MESSAGE),
  }));
  return found;
}

/** The details of a problem: as many violations as it may hold, and how many there are. */
export function violationDetails(found: readonly Violation[]): { detail: string; violations: Violation[] } {
  const count = found.length === 1 ? '1 violation' : `${found.length} violations`;
  return {
    detail: found.length > MOST_VIOLATIONS ? `${count}, of which these are the first ${MOST_VIOLATIONS}` : count,
    violations: found.slice(0, MOST_VIOLATIONS),
  };
}

/** Several violations as one line, for a job's error. It may show what was wrong: for a log there is `wrongPlaces`. */
export function inOneLine(list: readonly Violation[]): string {
  const shown = list.slice(0, 3).map(({ pointer, message }) => `${pointer || '/'} ${message}`);
  return list.length > 3 ? `${shown.join('; ')}; and ${list.length - 3} more` : shown.join('; ');
}

/** Where something is wrong, in one line, without what stands there: that may be a payload, which no log is to have. */
export function wrongPlaces(list: readonly Violation[]): string {
  const shown = list.slice(0, 10).map(({ pointer }) => pointer || '/');
  const more = list.length > shown.length ? ` and ${list.length - shown.length} more` : '';
  return `wrong at ${shown.join(', ')}${more}`;
}

function pointerOf({ keyword, instancePath, params }: ValidationError): string {
  const name =
    keyword === 'required'
      ? params['missingProperty']
      : keyword === 'additionalProperties'
        ? params['additionalProperty']
        : undefined;
  return typeof name === 'string'
    ? `${instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    : instancePath;
}

function messageOf({ keyword, params, message }: ValidationError, value: unknown): string {
  switch (keyword) {
    case 'required':
      return 'is required, and missing';
    case 'additionalProperties':
      return 'is not a known field';
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).map((item) => JSON.stringify(item)).join(', ')}, not ${shown(value)}`;
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}, not ${shown(value)}`;
    case 'format':
      return `must be a ${String(params['format'])}, not ${shown(value)}`;
    default:
      return `${message ?? 'is not valid'}, not ${shown(value)}`;
  }
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return shortened(JSON.stringify(value) ?? 'nothing');
}

function valueAt(root: unknown, pointer: string): unknown {
  let value = root;
  for (const token of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[token.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return value;
}
