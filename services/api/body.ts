import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import { invalid, type ProblemAnswer, problem } from '@dtq/core/problem.ts';
import { type RequestHeaders, unsupportedMediaType, violationsOf } from '@dtq/core/request-body.ts';
import type { BodyRule } from '@dtq/generated/rest/bodies.ts';

export type ReadBody =
  | { readonly ok: true; readonly body: unknown }
  | {
      readonly ok: false;
      readonly problem: ProblemAnswer<'invalid_json' | 'invalid_request' | 'body_too_large' | 'unsupported_media_type'>;
    };

export interface BodyLimits {
  readonly headers: RequestHeaders;
  /** The longest that is read. */
  readonly maxBytes: number;
  /** Whether there must be one; where there need not, none is read as undefined. */
  readonly required: boolean;
}

/** Reads a request's body and holds it to the contract: media type, length, JSON, schema. Every violation is named. */
export async function readBody(
  request: Request,
  rule: BodyRule,
  { headers, maxBytes, required }: BodyLimits,
): Promise<ReadBody> {
  // Many a client names a type although it sends nothing.
  if (!required && (await isEmpty(request, headers))) return { ok: true, body: undefined };
  const refused = unsupportedMediaType(headers);
  if (refused !== null) return { ok: false, problem: problem('unsupported_media_type', { detail: refused }) };
  const bytes = await readBytes(request, headers, maxBytes);
  if (bytes === null) {
    return {
      ok: false,
      problem: problem('body_too_large', { detail: `The body may have at most ${maxBytes} bytes.` }),
    };
  }
  let body: unknown;
  try {
    body = parseJson(bytes);
  } catch (error) {
    if (!(error instanceof JsonRefused)) throw error;
    return { ok: false, problem: problem('invalid_json', { detail: `The body ${error.message}.` }) };
  }
  const found = violationsOf(body, rule);
  return found.length === 0 ? { ok: true, body } : { ok: false, problem: invalid(found) };
}

async function isEmpty(request: Request, headers: RequestHeaders): Promise<boolean> {
  const length = headers['content-length'];
  if (length !== undefined) return Number(length) === 0;
  if (request.body === null) return true;
  // Without a length only the stream can tell, and what is read of a clone stays to be read of the request.
  const reader = request.clone().body?.getReader();
  const first = await reader?.read();
  reader?.cancel().catch(() => undefined);
  return first?.done !== false;
}

/** The bytes, or null as soon as they are more than the limit, whatever Content-Length says. */
async function readBytes(request: Request, headers: RequestHeaders, maxBytes: number): Promise<Uint8Array | null> {
  const declared = headers['content-length'];
  if (Number(declared ?? 0) > maxBytes) return null;
  // Its length is known, and Node reads no more than that: one read is much cheaper than a stream.
  if (declared !== undefined) {
    const whole = new Uint8Array(await request.arrayBuffer());
    return whole.byteLength > maxBytes ? null : whole;
  }
  const reader = request.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done || value === undefined) return Buffer.concat(chunks);
    length += value.byteLength;
    if (length > maxBytes) {
      if (reader !== undefined) void discard(reader);
      return null;
    }
    chunks.push(value);
  }
}

/** So much of a body that is too long is read all the same. */
const MOST_DISCARDED_BYTES = 16 * 1024 * 1024;

/**
 * Reads the rest of a body that nobody wants. To leave it off at once ends the connection, mostly before the client, which
 * still sends, has read its answer.
 */
async function discard(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    let length = 0;
    while (length < MOST_DISCARDED_BYTES) {
      const { done, value } = await reader.read();
      if (done) return;
      length += value.byteLength;
    }
    await reader.cancel();
  } catch {
    // The client has gone; it has had its answer, or wants none.
  }
}
