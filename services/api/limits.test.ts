import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Unavailable } from '@dtq/core/errors.ts';
import { submitAustin } from '@dtq/testkit/held-handler.ts';
import { type System, type SystemOptions, startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientAddress } from './client-address.ts';
import { type ConnectionLimits, startServer } from './server.ts';
import { instead, JOB, post } from './test/requests.ts';
import { TokenBuckets } from './token-buckets.ts';

/** A clock that stands until it is moved. */
function standing() {
  let now = Date.now();
  const move = (ms: number): void => {
    now += ms;
  };
  return { now: () => now, move };
}

describe('token buckets', () => {
  it('let in what a bucket holds, then what comes back, and say when that is', () => {
    const clock = standing();
    const buckets = new TokenBuckets({ perSecond: 2, burst: 3, clock });
    expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([0, 0, 0, 1]);
    expect(buckets.take('b')).toBe(0);
    clock.move(499);
    expect(buckets.take('a')).toBe(1);
    clock.move(1);
    expect([buckets.take('a'), buckets.take('a')]).toEqual([0, 1]);
    clock.move(3_600_000);
    expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([0, 0, 0, 1]);
  });

  it('may owe tokens, and nobody waits longer than an hour', () => {
    const clock = standing();
    const buckets = new TokenBuckets({ perSecond: 2, burst: 3, clock });
    buckets.take('a');
    buckets.charge('a', 12);
    const wait = buckets.take('a');
    expect(wait).toBe(6);
    clock.move(wait * 1000 - 1000);
    expect(buckets.take('a')).toBe(1);
    clock.move(1000);
    expect(buckets.take('a')).toBe(0);
    buckets.charge('a', 1_000_000);
    expect(buckets.take('a')).toBe(3600);
  });

  it('are not confused by a clock that is set back', () => {
    const clock = standing();
    const buckets = new TokenBuckets({ perSecond: 1, burst: 1, clock });
    buckets.take('a');
    clock.move(-3_600_000);
    expect(buckets.take('a')).toBe(1);
    clock.move(1000);
    expect(buckets.take('a')).toBe(0);
  });

  it('are no more than so many, whoever asks, and forget those first that have nothing to say', () => {
    const clock = standing();
    const buckets = new TokenBuckets({ perSecond: 1, burst: 2, clock, most: 100 });
    for (let client = 0; client < 90; client += 1) buckets.take(`full soon ${client}`);
    clock.move(1000);
    buckets.take('greedy');
    buckets.take('greedy');
    for (let client = 0; client < 1000; client += 1) {
      buckets.take(`other ${client}`);
      if (client === 20) expect(buckets.take('greedy')).toBe(1);
    }
    expect(buckets.size).toBeLessThanOrEqual(100);
  });
});

describe('the address of a client', () => {
  it.each([
    ['198.51.100.7', undefined, 0, '198.51.100.7'],
    ['::ffff:198.51.100.7', undefined, 0, '198.51.100.7'],
    ['10.0.0.1', '203.0.113.9', 0, '10.0.0.1'],
    ['10.0.0.1', '203.0.113.9', 1, '203.0.113.9'],
    ['10.0.0.1', 'made up, 203.0.113.9', 1, '203.0.113.9'],
    ['10.0.0.1', 'made up, 203.0.113.9, 10.0.0.2', 2, '203.0.113.9'],
    ['10.0.0.1', '203.0.113.9', 2, '10.0.0.1'],
    ['10.0.0.1', undefined, 1, '10.0.0.1'],
    ['10.0.0.1', '203.0.113.9:4711', 1, '203.0.113.9'],
    ['10.0.0.1', '[2001:db8:1:2:3:4:5:6]:4711', 1, '2001:db8:1:2::/64'],
    ['2001:DB8:1:2:ffff::1', undefined, 0, '2001:db8:1:2::/64'],
    ['2001:db8::1', undefined, 0, '2001:db8:0:0::/64'],
    ['fe80::1%eth0', undefined, 0, 'fe80:0:0:0::/64'],
    ['::1', undefined, 0, '0:0:0:0::/64'],
    ['10.0.0.1', 'x'.repeat(5000), 1, 'x'.repeat(64)],
    [undefined, undefined, 0, ''],
  ])('of %s, forwarded for %s, behind %i trusted proxies is %s', (connection, forwarded, trusted, address) => {
    expect(clientAddress(connection, forwarded, trusted)).toBe(address);
  });
});

describe('a client that asks too often', () => {
  const start = (options: SystemOptions = {}) => {
    const clock = standing();
    const config = { rateLimit: 1, rateBurst: 2, trustedProxies: 1 };
    return startSystem({ worker: false, clock, ...options, config: { ...config, ...options.config } }).then(
      (system) => ({
        ...system,
        clock,
      }),
    );
  };
  const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });

  it('is told when it may again, and then may; others are not held up, nor are probes', async () => {
    const { request, clock } = await start();
    const list = (address: string) => request('/v1/jobs', { headers: from(address) });
    expect([(await list('a')).status, (await list('a')).status]).toEqual([200, 200]);
    const refused = await list('a');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await refused.json()).toMatchObject({
      code: 'rate_limited',
      detail: 'A client may ask 1 times a second, and 2 times at once.',
    });
    expect((await list('b')).status).toBe(200);
    expect((await request('/livez', { headers: from('a') })).status).toBe(200);
    clock.move(1000);
    expect((await list('a')).status).toBe(200);
  });

  it('pays for each job of many', async () => {
    const { request, clock } = await start();
    const batch = () => request('/v1/jobs:batch', post({ jobs: Array(10).fill(JOB) }, from('a')));
    expect((await batch()).status).toBe(207);
    const refused = await batch();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '9']);
    clock.move(9000);
    expect((await batch()).status).toBe(207);
  });

  it('is not limited where nothing says so', async () => {
    const { request } = await startSystem({ worker: false });
    for (let count = 0; count < 30; count += 1) expect((await request('/v1/jobs')).status).toBe(200);
  });
});

describe('a backlog that is full', () => {
  const MOST = 3;

  async function filled(options: SystemOptions = {}) {
    const clock = standing();
    const system = await startSystem({
      worker: false,
      clock,
      ...options,
      config: { maxBacklog: MOST, ...options.config },
    });
    const submit = (headers: Record<string, string> = {}, body: object = JOB) =>
      system.request('/v1/jobs', post(body, headers));
    return { ...system, clock, submit };
  }

  it('takes no more of that type than may wait, and says so; other types, and what is to run later, go on', async () => {
    const { submit, backend } = await filled();
    for (let count = 0; count < MOST; count += 1) expect((await submit()).status).toBe(202);
    const refused = await submit();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    expect(await refused.json()).toMatchObject({
      code: 'backlog_full',
      detail: '3 jobs of the type weather may wait, and so many do.',
    });
    expect((await submit({}, { job_type: 'quote', payload: {} })).status).toBe(202);
    expect((await submit({}, { ...JOB, delay: '1h' })).status).toBe(202);
    expect((await backend.openJobs.counts('weather')).queued).toBe(MOST);
  });

  it('counts what others put in, a second later at the most, and goes on when there is room', async () => {
    const others = await filled({ config: { maxBacklog: 0 } });
    let queued = 0;
    const { submit, clock } = await filled({
      broken: ({ openJobs }) => ({
        openJobs: instead(openJobs, { counts: async () => ({ scheduled: 0, queued, running: 0 }) }),
      }),
    });
    for (let count = 0; count < 2 * MOST; count += 1) expect((await others.submit()).status).toBe(202);
    expect((await submit()).status).toBe(202);
    queued = 100;
    clock.move(1001);
    // The count is asked for by a submit that does not wait for it.
    await eventually('it is full', async () => (await submit()).status === 429);
    queued = 0;
    clock.move(1001);
    await eventually('there is room', async () => (await submit()).status === 202);
  });

  it('says when there will be room by what ended lately', async () => {
    const { submit, backend, clock } = await filled({ config: { maxBacklog: 10 } });
    // 30 in the last five minutes: one in ten seconds.
    await backend.stats.add(clock.now(), {
      'weather|ended|completed': 29,
      'weather|ended|timed_out': 1,
      'quote|ended|completed': 9,
    });
    for (let count = 0; count < 10; count += 1) expect((await submit()).status).toBe(202);
    expect((await submit()).headers.get('retry-after')).toBe('10');
  });

  it('still answers a repeat with what the first submit got, and a refused key is free for another body', async () => {
    const { submit } = await filled({ config: { maxBacklog: 1 } });
    const first = await submit({ 'idempotency-key': 'one' });
    expect(first.status).toBe(202);
    const repeated = await submit({ 'idempotency-key': 'one' });
    expect([repeated.status, await repeated.json()]).toEqual([202, await first.json()]);
    expect((await submit({ 'idempotency-key': 'two' })).status).toBe(429);
    const other = await submit({ 'idempotency-key': 'two' }, { job_type: 'quote', payload: {} });
    expect(other.status).toBe(202);
  });

  it('is a verdict for each job of many', async () => {
    const { request } = await filled();
    const response = await request('/v1/jobs:batch', post({ jobs: Array(5).fill(JOB) }));
    const { results, accepted } = (await response.json()) as { results: { status: number }[]; accepted: number };
    expect(accepted).toBe(MOST);
    expect(results.map(({ status }) => status).sort()).toEqual([202, 202, 202, 429, 429]);
  });

  it('is unknown while the status store is silent: then jobs are taken', async () => {
    const silent = async (): Promise<never> => {
      throw new Unavailable('redis', 'is down');
    };
    const { submit } = await filled({
      broken: ({ openJobs }) => ({ openJobs: instead(openJobs, { counts: silent }) }),
    });
    for (let count = 0; count < 2 * MOST; count += 1) expect((await submit()).status).toBe(202);
  });
});

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
    expect(third.text()).toMatch(/"code":"too_many_connections","detail":"One address may hold 2 connections\."/);
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
      'POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"job',
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
    waiting.socket.write(`GET /v1/jobs/${jobId}?wait=2s HTTP/1.1\r\nHost: x\r\n\r\n`);
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
    const clock = standing();
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
