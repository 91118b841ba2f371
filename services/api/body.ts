import { cut } from '@dtq/core/cut.ts';
import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import { violationDetails, violations } from '@dtq/core/violations.ts';
import type { BodyRule } from '@dtq/generated/rest/bodies.ts';
import type { Violation } from '@dtq/generated/schemas/types.ts';
import { type ProblemAnswer, problem } from './problem.ts';

export type ReadBody =
  | { readonly ok: true; readonly body: unknown }
  | {
      readonly ok: false;
      readonly problem: ProblemAnswer<'invalid_json' | 'invalid_request' | 'body_too_large' | 'unsupported_media_type'>;
    };

export interface BodyLimits {
  /** The longest that is read. */
  readonly maxBytes: number;
  /** Whether there must be one; where there need not, none is read as undefined. */
  readonly required: boolean;
}

/** Reads a request's body and holds it to the contract: media type, length, JSON, schema. Every violation is named. */
export async function readBody(
  request: Request,
  rule: BodyRule,
  { maxBytes, required }: BodyLimits,
): Promise<ReadBody> {
  // Many a client names a type although it sends nothing.
  if (!required && (await isEmpty(request))) return { ok: true, body: undefined };
  const refused = unsupported(request);
  if (refused !== null) return { ok: false, problem: problem('unsupported_media_type', { detail: refused }) };
  const bytes = await readBytes(request, maxBytes);
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
  if (found.length === 0) return { ok: true, body };
  return { ok: false, problem: problem('invalid_request', violationDetails(found)) };
}

async function isEmpty(request: Request): Promise<boolean> {
  const length = request.headers.get('content-length');
  if (length !== null) return Number(length) === 0;
  if (request.body === null) return true;
  // Without a length only the stream can tell, and what is read of a clone stays to be read of the request.
  const reader = request.clone().body?.getReader();
  const first = await reader?.read();
  reader?.cancel().catch(() => undefined);
  return first?.done !== false;
}

function unsupported(request: Request): string | null {
  const type = request.headers.get('content-type');
  const encoding = request.headers.get('content-encoding');
  const [essence = '', ...parameters] = (type ?? '').split(';').map((part) => part.trim().toLowerCase());
  if (essence !== 'application/json') {
    return type === null
      ? 'There is no Content-Type; send application/json.'
      : `The Content-Type is ${shorten(type)}; send application/json.`;
  }
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    return `The charset is ${shorten(charset)}; send UTF-8.`;
  if (encoding !== null && encoding.toLowerCase() !== 'identity')
    return `The Content-Encoding is ${shorten(encoding)}; send the body as it is.`;
  return null;
}

function shorten(text: string): string {
  return text.length > 60 ? `${cut(text, 57)}...` : text;
}

/** The bytes, or null as soon as they are more than the limit, whatever Content-Length says. */
async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array | null> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) return null;
  // Its length is known, and Node reads no more than that: one read is much cheaper than a stream.
  if (request.headers.has('content-length')) {
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

/** Every place where a body breaks its schema; none where it keeps it. */
export function violationsOf(body: unknown, { by, validators }: BodyRule): Violation[] {
  const all = Object.values(validators);
  if (by === null) return check(all[0], body);
  const kind =
    typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as Record<string, unknown>)[by]
      : undefined;
  if (typeof kind === 'string' && Object.hasOwn(validators, kind)) return check(validators[kind], body);
  // The kind is not known, so nobody can say what else its fields must be. What is wrong for any kind is named all the same.
  const common = check(all[0], body).filter(({ pointer }) => pointer !== `/${by}` && pointer.lastIndexOf('/') <= 0);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return common;
  const kinds = Object.keys(validators).map((name) => JSON.stringify(name));
  const message =
    kind === undefined
      ? 'is required, and missing'
      : `must be one of ${kinds.join(', ')}, not ${shorten(JSON.stringify(kind))}`;
  return [{ pointer: `/${by}`, message }, ...common];
}

function check(validator: BodyRule['validators'][string] | undefined, body: unknown): Violation[] {
  if (validator === undefined || validator(body)) return [];
  return violations(validator.errors, body);
}
