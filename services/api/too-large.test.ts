import { startSystem } from '@dtq/testkit/system.ts';
import { expect, it, onTestFinished } from 'vitest';
import { startServer } from './server.ts';

const PIECE = new Uint8Array(65_536).fill(120);
const PIECES = 32;

/** A body of unknown length, far too long. */
function pieces(): ReadableStream<Uint8Array> {
  let given = 0;
  return new ReadableStream({
    pull: (controller) => {
      given += 1;
      if (given <= PIECES) controller.enqueue(PIECE);
      else controller.close();
    },
  });
}

it('a client that still sends a body that is too long gets its answer, and may go on over the same connection', async () => {
  const { app } = await startSystem({ worker: false });
  const server = await startServer((request, connection) => app.fetch(request, connection), {
    host: '127.0.0.1',
    port: 0,
  });
  onTestFinished(() => server.stop(0));
  const headers = { 'content-type': 'application/json' };
  for (let round = 0; round < 20; round += 1) {
    const init = { method: 'POST', headers, body: pieces(), duplex: 'half' } as const;
    const answer = await fetch(`${server.url}/v1/jobs`, init);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([413, 'body_too_large']);
    const next = await fetch(`${server.url}/v1/jobs`, { method: 'POST', headers, body: '{}' });
    expect(next.status).toBe(400);
    await next.text();
  }
});
