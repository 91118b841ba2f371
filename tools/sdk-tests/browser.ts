import { existsSync, readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { CHROMIUM } from '@dtq/testkit/chromium.ts';
import { chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** Opens a page at an address, in a browser that ends with the running test. */
export async function openPage(url: string): Promise<Page> {
  // Root, as which containers run, may not use the sandbox; what is opened is our own.
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(url);
  return page;
}

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/** Serves a folder, and an API behind it on the same origin, until the running test ends; gives its address. */
export async function serve(folder: string, api: string): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const name = incoming.url === '/' ? '/index.html' : (incoming.url ?? '');
    const file = path.join(folder, path.normalize(name));
    if (existsSync(file)) {
      outgoing.setHeader('content-type', TYPES[path.extname(file)] ?? 'application/octet-stream');
      outgoing.end(readFileSync(file));
      return;
    }
    const { method, headers } = incoming;
    const onwards = request(new URL(name, api), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onwards.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(onwards);
    outgoing.on('close', () => onwards.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
