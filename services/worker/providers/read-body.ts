/** The body is longer than it may be. */
export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
}

/**
 * The bytes of a response, decompressed. Throws BodyTooLarge, and tells the sender to stop, as soon as more than `maximum`
 * bytes have come; whatever breaks the stream rejects as it is.
 */
export async function readBody(response: Response, maximum: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > maximum) {
      discard(reader);
      throw new BodyTooLarge(`more than ${maximum} bytes`);
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks, length);
}

/** Lets go of what nobody will read, so that its connection is free; a stream that is broken already is no matter. */
export function discard(body: Pick<ReadableStream, 'cancel'> | null): void {
  body?.cancel().catch(() => undefined);
}
