import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { MAX_BODY_BYTES } from './http.ts';
import { httpGet } from './http-get.ts';
import { discard, readBody } from './read-body.ts';
import { askOracle, failureOf, GOOD } from './testing/oracle.ts';
import { json, type Simulator, startSimulator, text } from './testing/simulator.ts';

let provider: Simulator;

beforeEach(async () => {
  provider = await startSimulator();
});
afterEach(() => provider.close());

const answer = JSON.stringify({ answer: 42 });
const get = (signal = new AbortController().signal) => httpGet(new URL('/ask', provider.url), { headers: {}, signal });

describe('a body that is compressed though it was asked not to be', () => {
  it.each([
    ['gzip', gzipSync(answer)],
    ['x-gzip', gzipSync(answer)],
    ['GZIP', gzipSync(answer)],
    ['deflate', deflateSync(answer)],
    ['br', brotliCompressSync(answer)],
  ])('%s: is read', async (coding, body) => {
    provider.on('/ask', text(body, 200, { 'content-encoding': coding }));
    expect((await askOracle(provider.url)).value).toBe(42);
    expect(provider.headers[0]?.['accept-encoding']).toBe('identity');
  });

  it('is no longer than it may be once it is decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * MAX_BODY_BYTES, ' '));
    expect(bomb.byteLength).toBeLessThan(MAX_BODY_BYTES);
    provider.on('/ask', text(bomb, 200, { 'content-encoding': 'gzip' }));
    expect(await failureOf(askOracle(provider.url))).toEqual({
      code: 'provider_invalid_response',
      message: `the answer of the oracle is longer than ${MAX_BODY_BYTES} bytes`,
    });
  });

  it.each([
    ['broken', Buffer.from('no gzip at all')],
    ['cut off', gzipSync(answer).subarray(0, 15)],
  ])('%s: is a failure of the provider, and tried again', async (_name, body) => {
    provider.on('/ask', text(body, 200, { 'content-encoding': 'gzip' }), GOOD);
    expect((await askOracle(provider.url)).value).toBe(42);
    expect(provider.calls('/ask')).toBe(2);
  });
});

describe('an answer that nobody reads', () => {
  const hanging = (response: ServerResponse): void =>
    void response.writeHead(503, { 'content-length': '99' }).write('{');

  it.each([
    ['empty', Buffer.of()],
    ['cut off', gzipSync(answer).subarray(0, 15)],
    ['broken', Buffer.from('no gzip at all')],
    ['without end', gzipSync(Buffer.alloc(1000 * MAX_BODY_BYTES, ' '))],
  ])('compressed and %s: is let go of with its connection', async (_name, body) => {
    const closed = new Promise((resolve) =>
      provider.on('/ask', (response, request) => {
        request.socket.once('close', resolve);
        text(body, 500, { 'content-encoding': 'gzip', connection: 'close' })(response, request);
      }),
    );
    discard((await get()).body);
    await closed;
  });

  it.each([404, 204])('%i, said to be compressed and empty, tells what it means', async (status) => {
    provider.on('/ask', text('', status, { 'content-encoding': 'gzip' }));
    const { status: told, body } = await get();
    expect([told, (await readBody({ body }, 100)).byteLength]).toEqual([status, 0]);
  });

  it('and that does not end is let go of after a second', async () => {
    const closed = new Promise((resolve) =>
      provider.on('/ask', (response, request) => {
        request.socket.once('close', resolve);
        hanging(response);
      }),
    );
    discard((await get()).body);
    await closed;
  });
});

describe('a connection', () => {
  it('goes through the proxy of the environment where Node is told to use it', async () => {
    const proxy = createServer().on('connect', (request, socket) => socket.end(`HTTP/1.1 502 ${request.url}\r\n\r\n`));
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    onTestFinished(() => void proxy.close());
    const asked = new Promise((resolve) => proxy.once('connect', ({ url }) => resolve(url)));
    const code = `const { httpGet } = await import('${new URL('http-get.ts', import.meta.url).href}');
      await httpGet(new URL('http://provider.invalid/ask'), { headers: {}, signal: AbortSignal.timeout(10_000) }).catch(() => {});`;
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      env: { ...process.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: address, NO_PROXY: '' },
      stdio: 'ignore',
    });
    await once(child, 'exit');
    expect(await asked).toBe('provider.invalid:80');
  });

  it('is used again, also behind an answer that nobody reads', async () => {
    const ports = new Set<number | undefined>();
    provider.on('/ask', (response, request) => {
      ports.add(request.socket.remotePort);
      json({ reason: 'no' }, 500)(response, request);
    });
    for (let call = 0; call < 10; call += 1) {
      const { status, body } = await get();
      expect(status).toBe(500);
      discard(body);
    }
    // One call begins while the answer before it is still let go of, and opens a second.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it('ends with the signal, whose reason is told', async () => {
    const reason = new Error('a reason, made by this test');
    const job = new AbortController();
    const closed = new Promise((resolve) =>
      provider.on('/ask', (_response, request) => {
        request.socket.once('close', resolve);
        job.abort(reason);
      }),
    );
    await expect(get(job.signal)).rejects.toBe(reason);
    await closed;
  });
});

it('of an answer its headers are told, those that came more than once as one', async () => {
  provider.on('/ask', (response) => void response.writeHead(200, ['etag', '"1"', 'link', 'a', 'link', 'b']).end('{}'));
  const { ok, headers, body } = await get();
  discard(body);
  expect([ok, headers.get('etag'), headers.get('link'), headers.get('retry-after')]).toEqual([
    true,
    '"1"',
    'a, b',
    null,
  ]);
});
