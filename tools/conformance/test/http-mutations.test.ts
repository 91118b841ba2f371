import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKS } from '../checks/index.ts';
import { askOne, expectBroken } from './ask.ts';
import { type EmbeddedServer, embeddedServer } from './embedded-server.ts';
import { HTTP_MUTATIONS } from './http-mutations.ts';

// Every check can fail: a server that breaks the one promise is told from one that keeps it.

const overHttp = CHECKS.filter(({ id }) => id.startsWith('http.'));
let server: EmbeddedServer;

beforeAll(async () => {
  server = await embeddedServer();
});
afterAll(() => server.close());

describe('a server that breaks one promise over HTTP', () => {
  it('is there for every check, and for nothing else', () => {
    expect(Object.keys(HTTP_MUTATIONS)).toEqual(overHttp.map(({ id }) => id));
  });

  for (const { id } of overHttp) {
    const mutation = HTTP_MUTATIONS[id];
    if (mutation !== undefined)
      it.concurrent(`${id}: one that ${mutation.breaks}`, { timeout: 120_000 }, async () => {
        expectBroken(await askOne(id, server.fetch, mutation), mutation);
      });
  }
});
