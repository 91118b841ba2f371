/** The bytes of a message as people can read them. */
export interface LetterText {
  readonly kind: 'json' | 'text' | 'hex';
  readonly text: string;
  /** Whether the text ends before the message does. */
  readonly isCut: boolean;
}

/** More than this is of no use on a screen; the whole message is a download away. */
const TEXT_AT_MOST = 100_000;
const HEX_AT_MOST = 4096;
const HEX_A_LINE = 16;
/** Tab, line feed and carriage return. */
const WRITTEN: ReadonlySet<number> = new Set([9, 10, 13]);

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** JSON laid out where it is JSON, text where it is UTF-8, else hex with what is printable beside it. */
export function letterText(bytes: Uint8Array): LetterText {
  const text = utf8Of(bytes);
  if (text === null)
    return { kind: 'hex', text: hexOf(bytes.subarray(0, HEX_AT_MOST)), isCut: bytes.length > HEX_AT_MOST };
  const json = jsonOf(text);
  const shown = json === undefined ? text : JSON.stringify(json, null, 2);
  return {
    kind: json === undefined ? 'text' : 'json',
    text: shown.slice(0, TEXT_AT_MOST),
    isCut: shown.length > TEXT_AT_MOST,
  };
}

/** The payload of a message that is a job in JSON; null where it has none. */
export function payloadOfLetter(bytes: Uint8Array): object | null {
  const json = jsonOf(utf8Of(bytes) ?? '');
  if (typeof json !== 'object' || json === null || !('payload' in json)) return null;
  const { payload } = json;
  return typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? payload : null;
}

function utf8Of(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // Bytes that decode and yet are no text: control characters that no editor writes.
    return bytes.some((byte) => byte < 32 && !WRITTEN.has(byte)) ? null : text;
  } catch {
    return null;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function hexOf(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += HEX_A_LINE) {
    const line = [...bytes.subarray(at, at + HEX_A_LINE)];
    const hex = line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const plain = line.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(HEX_A_LINE * 3 - 1)}  ${plain}`);
  }
  return lines.join('\n');
}
