import { Unavailable } from '@dtq/core/errors.ts';
import { type SystemOptions, startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { instead, JOB, post } from './test/requests.ts';
import { standingClock } from './test/standing-clock.ts';

describe('a client that asks too often', () => {
  const start = (options: SystemOptions = {}) => {
    const clock = standingClock();
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
    const clock = standingClock();
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
