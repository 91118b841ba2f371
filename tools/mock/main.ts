import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { serve } from '@hono/node-server';
import { createApp } from './app.ts';
import { OptionError, readOptions, USAGE } from './options.ts';

// The API from the contracts alone, for those who build against it: what `npm run mock` runs.

const root = path.resolve(import.meta.dirname, '../..');

try {
  const options = readOptions(process.argv.slice(2));
  if (options === null) process.stdout.write(USAGE);
  else start(options);
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  process.stderr.write(`dtq-mock: ${error.message}\n`);
  process.exitCode = 1;
}

function start(options: NonNullable<ReturnType<typeof readOptions>>): void {
  const closing = new AbortController();
  const pageFolder = built('web/dist');
  const docsFolder = built('dist/docs');
  const fetch = createApp({ ...options, closing: closing.signal, pageFolder, docsFolder });
  const server = serve({ fetch, port: options.port, hostname: options.host }, (info) => {
    const shows = [pageFolder && 'the page', docsFolder && '/docs'].filter(Boolean).join(' and ');
    const { address, port } = info as AddressInfo;
    const host = address.includes(':') ? `[${address}]` : address;
    process.stdout.write(
      `dtq-mock answers the contracts on http://${host}:${port}${shows === '' ? '' : `, with ${shows}`}. Ctrl-C ends it.\n`,
    );
  });
  server.on('error', (error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'EADDRINUSE' ? 'something listens there already; --port 0 takes a free one' : error.message;
    process.stderr.write(`dtq-mock: cannot listen on ${options.host}:${options.port}: ${why}\n`);
    process.exitCode = 1;
  });
  const stop = (): void => {
    closing.abort();
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function built(folder: string): string | undefined {
  const found = path.join(root, folder);
  return existsSync(path.join(found, 'index.html')) ? found : undefined;
}
