import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import { MAX_BODY_BYTES } from './http.ts';
import type { ProviderFetch } from './provider.ts';
import { discard, readBody } from './read-body.ts';

export interface ConditionalOptions {
  /** How many answers are kept at most; the one that was used least recently goes first. */
  readonly entries: number;
  /** The longest answer that is kept. Entries times this is all the memory that can be taken. */
  readonly maxBytes: number;
}

interface Kept {
  readonly etag: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Asks for what was asked before with `If-None-Match`, and gives the kept answer where the provider says that it still holds
 * (RFC 9110, 13.1.2 and 15.4.5). For a provider that sends ETags and whose answer depends on nothing but the URL.
 */
export function conditionalFetch(fetch: ProviderFetch, { entries, maxBytes }: ConditionalOptions): ProviderFetch {
  // A Map keeps the order of insertion: the first is the one used least recently.
  const kept = new Map<string, Kept>();
  const keep = (key: string, entry: Kept): void => {
    kept.delete(key);
    kept.set(key, entry);
    const oldest = kept.keys().next().value;
    if (kept.size > entries && oldest !== undefined) kept.delete(oldest);
  };

  return async (call) => {
    const key = call.url.href;
    const before = kept.get(key);
    const headers = before === undefined ? call.headers : { ...call.headers, 'if-none-match': before.etag };
    const answer = await fetch({ ...call, headers });
    const { response } = answer;
    if (response.status === 304 && before !== undefined) {
      discard(response.body);
      keep(key, before);
      return { ...answer, response: new Response(before.bytes) };
    }
    const etag = response.headers.get('etag');
    // Gone: what is kept will not hold again.
    if (response.status === 404 || response.status === 410) kept.delete(key);
    if (response.status !== 200 || etag === null) return answer;
    const bytes = Uint8Array.from(await readBody(response, MAX_BODY_BYTES));
    // What is no JSON is worth another try, which a kept answer would never give it.
    if (bytes.length <= maxBytes && isJson(bytes)) keep(key, { etag, bytes });
    return { ...answer, response: new Response(bytes) };
  };
}

function isJson(bytes: Uint8Array): boolean {
  try {
    parseJson(bytes);
    return true;
  } catch (error) {
    if (error instanceof JsonRefused) return false;
    throw error;
  }
}
