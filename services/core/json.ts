/** The text is not JSON that dtq accepts; the message says why, for people. */
export class JsonRefused extends Error {
  override name = 'JsonRefused';
}

/** Deep enough for every contract, shallow enough for every recursive reader behind us. */
export const MAX_DEPTH = 32;

// Set on an object literal these reach the prototype of all objects in many a reader (CWE-1321).
const REFUSED_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

// Only a text with one of these can hold a refused key, or half of a surrogate pair; most texts have none.
const SUSPICIOUS = /__proto__|constructor|prototype|\\u/;

/**
 * Parses JSON from bytes or text. Refuses what is not UTF-8 or not JSON, what is nested deeper than MAX_DEPTH, the keys
 * that reach a prototype, and strings with half of a surrogate pair, which no UTF-8 can carry on. Throws JsonRefused.
 */
export function parseJson(input: Uint8Array | string): unknown {
  const text = typeof input === 'string' ? input : decode(input);
  if (tooDeep(text)) throw new JsonRefused(`is nested deeper than ${MAX_DEPTH}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The engine's words quote the input, which may be long or secret; only the place is kept.
    const place = /at position \d+/.exec((error as Error).message)?.[0];
    throw new JsonRefused(
      text.trim() === '' ? 'is empty, not JSON' : `is not JSON${place === undefined ? '' : ` ${place}`}`,
    );
  }
  if (SUSPICIOUS.test(text)) inspect(value, '');
  return value;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new JsonRefused('is not UTF-8');
  }
}

/** Counts brackets outside of strings, so that nothing deep is ever built. */
function tooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}

function inspect(value: unknown, pointer: string): void {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new JsonRefused(`has half of a surrogate pair at ${pointer || 'the top'}`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (REFUSED_KEYS.has(key))
        throw new JsonRefused(`has the key ${key}, which is refused, at ${pointer || 'the top'}`);
      if (!key.isWellFormed())
        throw new JsonRefused(`has half of a surrogate pair in a key at ${pointer || 'the top'}`);
      inspect(item, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    }
  }
}
