import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { submitAustin } from '@dtq/testkit/held-handler.ts';
import { type System, startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ConnectionLimits, startServer } from './server.ts';
import { standingClock } from './test/standing-clock.ts';

describe('connections', () => {
  async function serve(system: System, own: Partial<ConnectionLimits> = {}) {
    const limits = { maxConnections: 100, maxConnectionsPerAddress: 0, ...own };
    const server = await startServer(
      (request, connection) => system.app.fetch(request, connection),
      { host: '127.0.0.1', port: 0 },
      limits,
    );
    onTestFinished(() => server.stop(0));
    const { port } = new URL(server.url);
    const open = async (): Promise<{ socket: Socket; text: () => string; closed: Promise<unknown> }> => {
      const socket = connect(Number(port), '127.0.0.1');
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      socket.on('error', () => undefined);
      const closed = once(socket, 'close');
      onTestFinished(() => void socket.destroy());
      await once(socket, 'connect');
      return { socket, text: () => text, closed };
    };
    return { server, open };
  }
  const LIVEZ = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';

  it('are held to so many of one address; one more is told so, and one that ends makes room', async () => {
    const { open } = await serve(await startSystem({ worker: false }), {
      maxConnections: 100,
      maxConnectionsPerAddress: 2,
    });
    const [first, second] = [await open(), await open()];
    const third = await open();
    await third.closed;
    expect(third.text()).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
    expect(third.text()).toMatch(/"code":"too_many_clients","detail":"One address may hold 2 connections\."/);
    expect(third.text()).toMatch(/\r\nRetry-After: 1\r\n/);
    second.socket.write(LIVEZ);
    await eventually('those that were there go on', () => second.text().startsWith('HTTP/1.1 200'));
    first.socket.destroy();
    await eventually('there is room', async () => {
      const next = await open();
      next.socket.write(LIVEZ);
      await Promise.race([next.closed, eventually('it is answered', () => next.text() !== '')]);
      return next.text().startsWith('HTTP/1.1 200');
    });
  });

  it('whose body does not arrive in time are told so, and ended', async () => {
    const { open } = await serve(await startSystem({ worker: false, config: { requestTimeoutMs: 200 } }));
    const { socket, text, closed } = await open();
    socket.write(
      'POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"job',
    );
    await closed;
    expect(text()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(text()).toMatch(/"code":"request_too_slow","detail":"The body did not arrive within 200 ms\."/);
  });

  it('whose headers do not arrive in time are told so, and ended', async () => {
    const { open } = await serve(await startSystem({ worker: false }), { headersMs: 200 });
    const { socket, text, closed } = await open();
    socket.write('GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    await closed;
    expect(text()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n.*"code":"request_too_slow"/s);
  });

  it('on which nobody reads an answer are cut off; one whose answer takes long is not', async () => {
    const system = await startSystem({ worker: false });
    const { open } = await serve(system, { unreadMs: 300 });
    const slow = await open();
    slow.socket.pause();
    slow.socket.write('GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20));
    const jobId = await submitAustin(system);
    const waiting = await open();
    waiting.socket.write(`GET /v1/jobs/${jobId}?wait=2s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    await eventually('it is answered', () => waiting.text().startsWith('HTTP/1.1 200'));
    slow.socket.resume();
    await slow.closed;
    expect(slow.text().split('HTTP/1.1 200').length).toBeLessThan(20);
  });

  it('are sent away politely before a stop: answered, and told to use another', async () => {
    const { server, open } = await serve(await startSystem({ worker: false }));
    const { socket, text, closed } = await open();
    socket.write(LIVEZ);
    await eventually('it is answered', () => text().includes('"status":"ok"'));
    expect(text()).toMatch(/\r\nConnection: keep-alive\r\n/);
    server.sendAway();
    socket.write(LIVEZ);
    await closed;
    expect(text()).toMatch(/"status":"ok".*HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n.*"status":"ok"/is);
    const late = await open();
    late.socket.write(LIVEZ);
    await late.closed;
    expect(late.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('carry the address that counts against a limit', async () => {
    const clock = standingClock();
    const system = await startSystem({ worker: false, clock, config: { rateLimit: 1, rateBurst: 1 } });
    const { server } = await serve(system);
    const ask = () =>
      new Promise<number>((resolve, reject) => {
        const headers = { 'x-forwarded-for': `203.0.113.${Math.random()}` };
        httpRequest(`${server.url}/v1/jobs`, { headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        })
          .on('error', reject)
          .end();
      });
    expect([await ask(), await ask()]).toEqual([200, 429]);
  });
});
