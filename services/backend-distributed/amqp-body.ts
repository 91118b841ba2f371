import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import { inOneLine, violations } from '@dtq/core/violations.ts';
import type { Validator } from '@dtq/generated/validators/validator.ts';

/** Longer than any question or reply can be. */
const MOST_BYTES = 16_384;

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/**
 * Reads the body of a message. The driver has parsed it already where its content type says JSON, by rules that are not
 * ours: written out and parsed once more it meets them.
 */
export function readBody<T>(body: unknown, validate: Validator<T>): Read<T> {
  try {
    const text = typeof body === 'string' || body instanceof Uint8Array ? body : (JSON.stringify(body) ?? '');
    if (text.length > MOST_BYTES) return { ok: false, reason: `the body is longer than ${MOST_BYTES} bytes` };
    const value = parseJson(text);
    if (validate(value)) return { ok: true, value };
    return { ok: false, reason: inOneLine(violations(validate.errors, value)) };
  } catch (error) {
    if (error instanceof JsonRefused) return { ok: false, reason: `the body ${error.message}` };
    // Nested so deeply that it cannot even be written out.
    if (error instanceof RangeError) return { ok: false, reason: 'the body is nested too deeply' };
    throw error;
  }
}
