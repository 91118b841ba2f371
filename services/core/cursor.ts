import { Buffer } from 'node:buffer';

/** One place in a list, of a few values; opaque to whoever carries it from page to page. */
export type CursorParts = readonly (string | number | null)[];

/** base64url of the JSON of the parts: URL-safe, and of no promise to anybody. */
export function encodeCursor(parts: CursorParts): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The parts of a cursor; null for a text that `encodeCursor` did not make. */
export function decodeCursor(text: string): CursorParts | null {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return null;
  }
  if (!Array.isArray(parts) || encodeCursor(parts) !== text) return null;
  return parts.every((part) => part === null || typeof part === 'string' || typeof part === 'number') ? parts : null;
}
