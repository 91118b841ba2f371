import type { Violation } from '@dtq/generated/schemas/types.ts';
import type { ValidationError } from '@dtq/generated/validators/validator.ts';

// The words of the API (services/core/violations.ts). The mock imports nothing of it, for it is there before the API is; a
// test holds the answers of both to be the same.

/** The contract's bounds (specs/schemas/Problem.json, Violation.json). */
const MOST_VIOLATIONS = 100;
const LONGEST_TEXT = 1000;

/** What a validator found, as places with words: what is wrong, and what would be right. */
export function violations(
  errors: readonly ValidationError[] | null | undefined,
  value: unknown,
  prefix = '',
): Violation[] {
  return (errors ?? []).map((error) => ({
    pointer: cut(`${prefix}${pointerOf(error)}`, LONGEST_TEXT),
    message: cut(messageOf(error, valueAt(value, error.instancePath)), LONGEST_TEXT),
  }));
}

/** The details of a problem: as many violations as it may hold, and how many there are. */
export function violationDetails(found: readonly Violation[]): { detail: string; violations: Violation[] } {
  const count = found.length === 1 ? '1 violation' : `${found.length} violations`;
  const detail = found.length > MOST_VIOLATIONS ? `${count}, of which these are the first ${MOST_VIOLATIONS}` : count;
  return { detail, violations: found.slice(0, MOST_VIOLATIONS) };
}

/** A value as a message shows it, in at most 60 characters. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return shortened(JSON.stringify(value) ?? 'nothing');
}

export function shortened(text: string): string {
  return text.length > 60 ? `${cut(text, 57)}...` : text;
}

/** At most so many UTF-16 units, never half of a surrogate pair. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '');
}

function pointerOf({ keyword, instancePath, params }: ValidationError): string {
  const names: Readonly<Record<string, unknown>> = {
    required: params['missingProperty'],
    additionalProperties: params['additionalProperty'],
  };
  const name = names[keyword];
  if (typeof name !== 'string') return instancePath;
  return `${instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
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

function valueAt(root: unknown, pointer: string): unknown {
  let value = root;
  for (const token of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[token.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return value;
}
