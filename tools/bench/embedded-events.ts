import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { startApi } from '@dtq/api/api.ts';
import { readApiConfig } from '@dtq/api/config.ts';
import { openEmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import { createLogger, readLogOptions } from '@dtq/core/log.ts';
import type { StatusChange } from '@dtq/core/ports.ts';
import { routes } from '@dtq/generated/wiring/routes.ts';

// The API over one SQLite file, with a door beside it by which somebody else's process writes statuses: only the owner of
// the file can, and a worker's own would come at their own times.

const reader = new ConfigReader(process.env);
const config = readApiConfig(reader);
const log = createLogger(readLogOptions(reader));
const backend = await openEmbeddedBackend({ dataDir: reader.text('DTQ_DATA_DIR', '.dtq'), log });
reader.finish();
const api = await startApi({ backend, config, routes, log });
const door = createServer(async (request, response) => {
  const { applied } = await backend.statuses.advance((await json(request)) as StatusChange);
  response.writeHead(applied ? 204 : 409).end();
});
door.listen(0, '127.0.0.1');
await once(door, 'listening');
process.on('SIGTERM', () => process.exit(0));
const { port } = door.address() as AddressInfo;
console.log(JSON.stringify({ served: `${api.url} http://127.0.0.1:${port}` }));
