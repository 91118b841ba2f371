import { connect } from 'node:net';
import type { StatusStore } from '@dtq/core/ports.ts';
import { receiveEvents } from '@dtq/testkit/events.ts';
import { heldHandler, submitAustin, submitRunning } from '@dtq/testkit/held-handler.ts';
import { type ObservedStatuses, observed } from '@dtq/testkit/observed-statuses.ts';
import { type System, type SystemOptions, startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startServer } from './server.ts';

// What clients that stay hold, and that nothing is left of them: no watch, no timer, no place among the clients.

interface Observed extends System {
  readonly statuses: ObservedStatuses;
}

async function start(options: SystemOptions = {}, replaced: Partial<StatusStore> = {}): Promise<Observed> {
  let statuses: ObservedStatuses | undefined;
  const system = await startSystem({
    ...options,
    broken: (backend) => {
      statuses = observed(backend.statuses, replaced);
      return { statuses };
    },
  });
  if (statuses === undefined) throw new Error('the system has no status store');
  return { ...system, statuses };
}

async function open({ request }: System, jobId: string, init?: RequestInit) {
  return receiveEvents(await request(`/v1/jobs/${jobId}/events`, init));
}

/** Delays that nothing else has, so that the timers of a stream can be told from all others. */
const DELAYS = { lookUpEveryMs: 123_456, eventsHeartbeatMs: 234_567 };

/** How many timers with those delays were set and not cleared since. */
function timersOfStreams(): () => number {
  const set = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'setInterval')];
  const clear = [vi.spyOn(globalThis, 'clearTimeout'), vi.spyOn(globalThis, 'clearInterval')];
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  return () => {
    const cleared = new Set<unknown>(clear.flatMap(({ mock }) => mock.calls.map(([timer]) => timer)));
    const delays: readonly unknown[] = Object.values(DELAYS);
    return set
      .flatMap(({ mock }) =>
        mock.calls.map(([, delay], index) => ({ delay, timer: mock.results[index]?.value as unknown })),
      )
      .filter(({ delay, timer }) => delays.includes(delay) && !cleared.has(timer)).length;
  };
}

async function nothingIsLeft({ clients, statuses }: Observed): Promise<void> {
  await eventually('nobody is there', () => clients.count === 0 && statuses.watchers() === 0);
}

describe('an event stream', () => {
  it('of a client that goes away leaves no watch, no timer and no place taken', async () => {
    const timers = timersOfStreams();
    const system = await start({ worker: false, config: DELAYS });
    const jobId = await submitAustin(system);
    const stream = await open(system, jobId);
    await eventually('it is told', () => stream.events.length === 1);
    expect([system.clients.count, system.statuses.watchers()]).toEqual([1, 1]);
    expect(timers()).toBe(2);
    await stream.leave();
    await nothingIsLeft(system);
    expect(timers()).toBe(0);
  });

  it('of a request that is aborted ends, and leaves nothing', async () => {
    const system = await start({ worker: false });
    const jobId = await submitAustin(system);
    const abort = new AbortController();
    const stream = await open(system, jobId, { signal: abort.signal });
    abort.abort();
    await stream.ended;
    await nothingIsLeft(system);
  });

  it('that ends by itself leaves nothing', async () => {
    const system = await start();
    const stream = await open(system, await submitAustin(system));
    await stream.ended;
    await nothingIsLeft(system);
  });

  it('is 503 where its start takes too long, and what was begun ends', async () => {
    const answer = Promise.withResolvers<null>();
    const system = await start({ worker: false, config: { requestTimeoutMs: 50 } }, { get: () => answer.promise });
    const jobId = await submitAustin(system);
    const response = await system.request(`/v1/jobs/${jobId}/events`);
    expect(await response.json()).toMatchObject({ status: 503, code: 'request_timeout' });
    await nothingIsLeft(system);
    answer.resolve(null);
    await nothingIsLeft(system);
  });

  it('is 503 where the watch does not begin in time, and ends it when it begins after all', async () => {
    const begun = Promise.withResolvers<() => Promise<void>>();
    const unwatch = vi.fn(async () => undefined);
    const system = await start({ worker: false, config: { requestTimeoutMs: 50 } }, { watch: () => begun.promise });
    const response = await system.request(`/v1/jobs/${await submitAustin(system)}/events`);
    expect(await response.json()).toMatchObject({ status: 503, code: 'request_timeout' });
    expect(system.clients.count).toBe(0);
    begun.resolve(unwatch);
    await eventually('the watch is ended', () => unwatch.mock.calls.length === 1);
    expect(system.statuses.watchers()).toBe(0);
  });

  it('goes on past the time of a request, and shows that it lives', async () => {
    const { handlers, letGo } = heldHandler();
    const system = await start({ handlers, config: { requestTimeoutMs: 300, eventsHeartbeatMs: 5 } });
    const stream = await open(system, await submitRunning(system));
    // A heartbeat each 5 ms: these take longer than a request may.
    await eventually('it lives', () => stream.blocks.filter(({ isComment }) => isComment).length > 70);
    letGo();
    await stream.ended;
    expect(stream.events.at(-1)).toMatchObject({ event: 'result', data: { final_state: 'completed' } });
  });

  it('ends when the server stops, with a time after which to come back; nobody is taken in any more', async () => {
    const system = await start({ worker: false });
    const jobId = await submitAustin(system);
    const stream = await open(system, jobId);
    const waiting = system.client.getJob({ params: { path: { job_id: jobId }, query: { wait: '60s' } } });
    await eventually('both are there', () => system.clients.count === 2 && stream.events.length === 1);
    system.clients.close();
    await stream.ended;
    expect(stream.blocks.at(-1)?.retry).toBeGreaterThanOrEqual(1000);
    expect((await waiting).data).toMatchObject({ state: 'queued' });
    await nothingIsLeft(system);
    expect((await system.request(`/v1/jobs/${jobId}/events`)).status).toBe(503);
  });
});

describe('clients that stay', () => {
  it('are bounded, streams and waits together; a place is free again when one goes', async () => {
    const system = await start({ worker: false, config: { eventsMaxClients: 2 } });
    const jobId = await submitAustin(system);
    const path = { job_id: jobId };
    const stream = await open(system, jobId);
    const abort = new AbortController();
    const waiting = system.client.getJob({ params: { path, query: { wait: '60s' } }, signal: abort.signal });
    await eventually('both are there', () => system.clients.count === 2);
    const refused = await system.request(`/v1/jobs/${jobId}/events`);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ status: 503, code: 'too_many_clients', job_id: jobId });
    const { error } = await system.client.getJob({ params: { path, query: { wait: '60s' } } });
    expect(error).toMatchObject({ status: 503, code: 'too_many_clients' });
    expect((await system.client.getJob({ params: { path } })).data).toMatchObject({ state: 'queued' });
    await stream.leave();
    const next = await open(system, jobId);
    await eventually('it is told', () => next.events.length === 1);
    abort.abort();
    await waiting.catch(() => undefined);
    await next.leave();
    await nothingIsLeft(system);
  });

  it('are 200 at once, and each stream tells everything and ends', async () => {
    const { handlers, letGo } = heldHandler();
    const system = await start({ handlers });
    const jobIds = [await submitRunning(system), await submitAustin(system)];
    const streams = await Promise.all(
      Array.from({ length: 200 }, (_, index) => open(system, String(jobIds[index % jobIds.length]))),
    );
    expect(system.clients.count).toBe(200);
    letGo();
    await Promise.all(streams.map(({ ended }) => ended));
    const told = new Set(streams.map(({ events }) => events.map(({ id }) => id).join(' ')));
    expect([...told]).toEqual(['1 2 3 4 5 end']);
    await nothingIsLeft(system);
  });
});

describe('a client that does not read', () => {
  const message = 'x'.repeat(500);
  const updated_at = '2026-02-14T15:12:06.000Z';

  /** A status store that tells a change whenever it is asked to, as often as one likes. */
  function chatty(): { replaced: Partial<StatusStore>; tell: () => void } {
    let sequence = 0;
    let onChange: Parameters<StatusStore['watch']>[1] | undefined;
    const status = () => ({ state: 'running', progress_percent: 50, message, updated_at, sequence }) as const;
    return {
      replaced: {
        get: async () => {
          sequence += 1;
          return status();
        },
        watch: async (_jobId, callback) => {
          onChange = callback;
          return async () => {
            onChange = undefined;
          };
        },
      },
      tell: () => {
        sequence += 1;
        onChange?.(status());
      },
    };
  }

  it('is cut off once more waits for it than a bound', async () => {
    const { replaced, tell } = chatty();
    const { request, clients } = await startSystem({
      worker: false,
      broken: ({ statuses }) => ({ statuses: observed(statuses, replaced) }),
    });
    const response = await request('/v1/jobs/6aab8fca-7059-40c4-97d4-53f55fd5bf67/events');
    await eventually('it is cut off', () => {
      for (let count = 0; count < 50; count += 1) tell();
      return clients.count === 0;
    });
    await expect(receiveEvents(response).ended).rejects.toThrow('a client does not read its events');
  });

  it('loses its connection', async () => {
    const { replaced, tell } = chatty();
    const system = await start({ worker: false }, replaced);
    const server = await startServer((request, connection) => system.app.fetch(request, connection), {
      host: '127.0.0.1',
      port: 0,
    });
    onTestFinished(() => server.stop(0));
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.pause();
    let isClosed = false;
    socket.on('close', () => {
      isClosed = true;
    });
    socket.on('error', () => undefined);
    socket.write('GET /v1/jobs/6aab8fca-7059-40c4-97d4-53f55fd5bf67/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await eventually('it is there', () => system.clients.count === 1);
    await eventually('it is cut off', () => {
      for (let count = 0; count < 500; count += 1) tell();
      return system.clients.count === 0;
    });
    socket.resume();
    await eventually('its connection is closed', () => isClosed);
    await nothingIsLeft(system);
  });
});
