import { pipeline, type Readable, type Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import type { ProviderBody, ProviderResponse } from './provider.ts';

/** One GET: resolves with the head of the answer. Rejects with the system's error, or with the signal's reason. */
export type HttpGet = (
  url: URL,
  options: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
) => Promise<ProviderResponse>;

// What has come is given, also of a body that ends too early, or is empty: its reader sees whether it is whole.
const ZLIB = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH };

/** What a server may do to its body though it was asked not to (RFC 9110, 8.4.1). */
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(ZLIB),
  'x-gzip': () => createGunzip(ZLIB),
  deflate: () => createInflate(ZLIB),
  br: () => createBrotliDecompress(BROTLI),
};

let agent: Dispatcher | undefined;

/**
 * Gets over the network, with connections that are kept. What `fetch` of the same library does for a page, a worker has no
 * use of: a call costs it a third without that. Follows no redirect: it could lead to an address that nobody chose. Obeys
 * NODE_USE_ENV_PROXY as Node's own `fetch` does.
 */
export const httpGet: HttpGet = async (url, { headers, signal }) => {
  agent ??= process.env['NODE_USE_ENV_PROXY'] === '1' ? new EnvHttpProxyAgent() : new Agent();
  const asked = { 'accept-encoding': 'identity', ...headers };
  const {
    statusCode: status,
    headers: given,
    body,
  } = await request(url, { headers: asked, signal, dispatcher: agent });
  const get = (name: string): string | null => {
    const value = given[name];
    return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
  };
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: { get },
    body: decoded(body, status, get('content-encoding')),
  };
};

function decoded(body: Readable & ProviderBody, status: number, coding: string | null): ProviderBody {
  const make = coding === null ? undefined : DECODERS[coding.trim().toLowerCase()];
  if (make === undefined || status === 204 || status === 304) return body;
  const decoder = make();
  // Whatever breaks either of them breaks the reading. Where nobody reads, a decoder may fail behind the end of its input,
  // of which the pipeline does not hear any more.
  decoder.on('error', () => undefined);
  pipeline(body, decoder, () => undefined);
  return {
    [Symbol.asyncIterator]: () => decoder[Symbol.asyncIterator](),
    cancel: async () => void decoder.destroy(),
  };
}
