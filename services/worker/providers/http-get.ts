import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import type { ProviderBody, ProviderResponse } from './provider.ts';

/** One GET: resolves with the head of the answer. Rejects with the system's error, or with the signal's reason. */
export type HttpGet = (
  url: URL,
  options: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
) => Promise<ProviderResponse>;

/** What a server may do to its body though it was asked not to (RFC 9110, 8.4.1). */
const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

let agent: Dispatcher | undefined;

/**
 * Gets over the network, with connections that are kept. What `fetch` of the same library does for a page, a worker has no
 * use of: a call costs it a third without that. Follows no redirect: it could lead to an address that nobody
 * chose. Obeys NODE_USE_ENV_PROXY as Node's own `fetch` does.
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
  return { ok: status >= 200 && status < 300, status, headers: { get }, body: decoded(body, get('content-encoding')) };
};

function decoded(body: Readable & ProviderBody, coding: string | null): ProviderBody {
  const decoder = coding === null ? undefined : DECODERS[coding.trim().toLowerCase()];
  if (decoder === undefined) return body;
  // Whatever breaks either of them breaks the reading.
  return pipeline(body, decoder(), () => undefined);
}
