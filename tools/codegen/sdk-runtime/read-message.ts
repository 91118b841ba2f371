import type { Violation } from '@dtq/generated/schemas/types.ts';
import type { ValidationError, Validator } from '@dtq/generated/validators/validator.ts';
import { InvalidMessageError } from './errors.ts';

/** Longer than any message of the contract can be; what is longer is not even parsed. */
const MOST_BYTES = 1_048_576;

// Set on an object these reach the prototype of all objects in many a reader (CWE-1321); the contract refuses them.
const REFUSED_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

class KeyRefused extends Error {}

/**
 * Reads the JSON of a message and holds it to its schema. What the schema does not know is ignored and left out, so that a
 * newer program may write more. Throws InvalidMessageError.
 */
export function readMessage<T>(what: string, bytes: Uint8Array | string | null, validate: Validator<T>): T {
  const value = parse(what, bytes);
  if (validate(value)) return value;
  throw new InvalidMessageError(what, violationsOf(validate.errors));
}

/** Holds a message that is to be written to its schema, unknown fields included. Throws InvalidMessageError. */
export function checkMessage<T>(what: string, value: unknown, validate: Validator<T>): T {
  if (validate(value)) return value;
  throw new InvalidMessageError(what, violationsOf(validate.errors));
}

function parse(what: string, bytes: Uint8Array | string | null): unknown {
  const refuse = (message: string): never => {
    throw new InvalidMessageError(what, [{ pointer: '', message }]);
  };
  if (bytes === null || bytes.length === 0) return refuse('is empty, not JSON');
  if (bytes.length > MOST_BYTES) return refuse(`is longer than ${MOST_BYTES} bytes`);
  try {
    const text = typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return JSON.parse(text, (key, value: unknown) => {
      if (REFUSED_KEYS.has(key)) throw new KeyRefused(`has the key ${key}, which is refused`);
      return value;
    });
  } catch (error) {
    return refuse(error instanceof KeyRefused ? error.message : 'is not JSON in UTF-8');
  }
}

function violationsOf(errors: readonly ValidationError[] | null | undefined): Violation[] {
  return (errors ?? []).map(({ keyword, instancePath, params, message = 'is not valid' }) => {
    const name = params['missingProperty'] ?? params['additionalProperty'];
    const pointer =
      typeof name === 'string' ? `${instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` : instancePath;
    return { pointer, message: wordsOf(keyword, params, message) };
  });
}

function wordsOf(keyword: string, params: ValidationError['params'], message: string): string {
  switch (keyword) {
    case 'required':
      return 'is required, and missing';
    case 'additionalProperties':
      return 'is not a known field';
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).map((item) => JSON.stringify(item)).join(', ')}`;
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}`;
    default:
      return message;
  }
}
