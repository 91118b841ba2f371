import type { ProviderBody, ProviderResponse } from './provider.ts';

/** The body is longer than it may be. */
export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
}

/** What is read of an answer that nobody wants, so that its connection can be used again; in bytes, and in milliseconds. */
const LEFT_BYTES = 16_384;
const LEFT_MS = 1000;

/**
 * The bytes of a response, decompressed. Throws BodyTooLarge, and tells the sender to stop, as soon as more than `maximum`
 * bytes have come; whatever breaks the stream rejects as it is.
 */
export async function readBody({ body }: Pick<ProviderResponse, 'body'>, maximum: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // To leave the loop is to give up the rest.
  for await (const chunk of body ?? []) {
    length += chunk.byteLength;
    if (length > maximum) throw new BodyTooLarge(`more than ${maximum} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, length);
}

/** Lets go of what nobody will read, so that its connection is free; a stream that is broken already is no matter. */
export function discard(body: ProviderBody | null): void {
  const gone = body?.dump?.({ limit: LEFT_BYTES, signal: AbortSignal.timeout(LEFT_MS) }) ?? body?.cancel?.();
  gone?.catch(() => undefined);
}
