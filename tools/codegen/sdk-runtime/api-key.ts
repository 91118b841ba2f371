/** A key of the API, or what gives one; asked before every try, so that a key may be changed meanwhile. */
export type KeySource = string | (() => string | Promise<string>);

/** What may stand behind `Bearer` (RFC 6750, section 2.1). */
const SENDABLE = /^[\w.~+/-]+=*$/;

/** Whether a text can be sent as a key: one word of ASCII letters, digits and a few signs. */
export function isSendableKey(text: unknown): text is string {
  return typeof text === 'string' && SENDABLE.test(text);
}

/**
 * The value of the header Authorization that carries a key. Throws TypeError for what cannot be sent; the message does not tell
 * it, while that of the platform would.
 *
 * @internal
 */
export function bearerOf(key: unknown): string {
  if (isSendableKey(key)) return `Bearer ${key}`;
  throw new TypeError('apiKey must be one word of letters, digits and -._~+/, or a function that gives such a word');
}
