/** The text is not JSON that the contract takes; the message says why. */
export class JsonRefused extends Error {
  override name = 'JsonRefused';
}

const MAX_DEPTH = 32;
const REFUSED_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** Parses JSON as the API does: UTF-8, not too deep, no key that reaches a prototype, no half of a surrogate pair. */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new JsonRefused('is not UTF-8');
  }
  if (isTooDeep(text)) throw new JsonRefused(`is nested deeper than ${MAX_DEPTH}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const place = /at position \d+/.exec((error as Error).message)?.[0];
    const words = `is not JSON${place === undefined ? '' : ` ${place}`}`;
    throw new JsonRefused(text.trim() === '' ? 'is empty, not JSON' : words);
  }
  inspect(value, '');
  return value;
}

/** JSON with the keys of every object in order and without spaces. Of two values that mean the same it is the same text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.join(',')}}`;
}

/** Counts brackets outside of strings, so that nothing deep is ever built. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString && character === '\\') index += 1;
    else if (character === '"') inString = !inString;
    else if (!inString && (character === '[' || character === '{')) depth += 1;
    else if (!inString && (character === ']' || character === '}')) depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

function inspect(value: unknown, pointer: string): void {
  const place = pointer || 'the top';
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new JsonRefused(`has half of a surrogate pair at ${place}`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (REFUSED_KEYS.has(key)) throw new JsonRefused(`has the key ${key}, which is refused, at ${place}`);
      if (!key.isWellFormed()) throw new JsonRefused(`has half of a surrogate pair in a key at ${place}`);
      inspect(item, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    }
  }
}
