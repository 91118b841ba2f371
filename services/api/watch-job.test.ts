import { randomUUID } from 'node:crypto';
import { Unavailable } from '@dtq/core/errors.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import { receiveEvents } from '@dtq/testkit/events.ts';
import { AUSTIN, AUSTIN_OUTPUT, heldHandler, submitAustin, submitRunning } from '@dtq/testkit/held-handler.ts';
import { observed } from '@dtq/testkit/observed-statuses.ts';
import { type System, type SystemOptions, startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';

// What a stream of events tells. Every event is held to the OpenAPI document by the testkit while it is read.

const UNKNOWN = '3f2c7b9e-0d5a-4c11-9a77-0a6c5f1f2b3d';
const AT = '2026-02-14T15:12:06.000Z';

async function watch({ request }: System, jobId: string, lastEventId?: string) {
  const headers: HeadersInit = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  return receiveEvents(await request(`/v1/jobs/${jobId}/events`, { headers }));
}

function idsOf({ events }: Awaited<ReturnType<typeof watch>>): (string | undefined)[] {
  return events.map(({ id }) => id);
}

/** A job that ran to its end. */
async function finished(options: SystemOptions = {}): Promise<{ system: System; jobId: string }> {
  const system = await startSystem(options);
  const jobId = await submitAustin(system);
  await eventually('it ended', async () => (await system.backend.statuses.get(jobId))?.state === 'completed');
  return { system, jobId };
}

describe('GET /v1/jobs/{job_id}/events', () => {
  it('tells each change once, in order, then the durable document, and ends', async () => {
    const { handlers, letGo } = heldHandler();
    const system = await startSystem({ handlers });
    const jobId = await submitRunning(system);
    const stream = await watch(system, jobId);
    await eventually('what it knows is told', () => stream.events.length === 3);
    letGo();
    await stream.ended;
    expect(stream.blocks[0]).toEqual({ retry: 1000, isComment: false });
    expect(stream.events.map(({ event, id, data }) => [event, id, data['state'], data['progress_percent']])).toEqual([
      ['status', '1', 'queued', 0],
      ['status', '2', 'running', 20],
      ['status', '3', 'running', 50],
      ['status', '4', 'running', 80],
      ['status', '5', 'completed', 100],
      ['result', 'end', undefined, undefined],
    ]);
    const trace_id = expect.any(String);
    expect(stream.events[1]?.data).toEqual({
      job_id: jobId,
      trace_id,
      state: 'running',
      progress_percent: 20,
      message: 'started',
      updated_at: expect.any(String),
      attempt: 1,
      sequence: 2,
    });
    expect(stream.events.at(-1)?.data).toEqual(await system.backend.results.get(jobId));
    expect(stream.events.at(-1)?.data).toMatchObject({
      final_state: 'completed',
      input: AUSTIN,
      output: AUSTIN_OUTPUT,
    });
  });

  it('says that it is a stream, which nobody on the way is to keep or hold up', async () => {
    const { system, jobId } = await finished();
    const { headers } = await system.request(`/v1/jobs/${jobId}/events`);
    expect(headers.get('content-type')).toBe('text/event-stream');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-accel-buffering')).toBe('no');
  });

  it('tells how a job failed', async () => {
    const system = await startSystem({
      handlers: { weather: () => Promise.reject(new Error('a defect, made by this test')) },
    });
    const jobId = await submitAustin(system);
    const stream = await watch(system, jobId);
    await stream.ended;
    expect(stream.events.slice(-2)).toMatchObject([
      { event: 'status', data: { state: 'failed', error_code: 'internal_error' } },
      { event: 'result', data: { final_state: 'failed', output: null, error: { code: 'internal_error' } } },
    ]);
  });

  it('tells all that is known of a job that has ended, and ends', async () => {
    const { system, jobId } = await finished();
    const stream = await watch(system, jobId);
    await stream.ended;
    expect(idsOf(stream)).toEqual(['1', '2', '3', '4', '5', 'end']);
  });

  it('tells the document alone where the status store has forgotten the job', async () => {
    const { jobId, system } = await finished();
    const forgetful = await startSystem({
      worker: false,
      broken: { results: system.backend.results },
    });
    const stream = await watch(forgetful, jobId);
    await stream.ended;
    expect(stream.events.map(({ event, id }) => [event, id])).toEqual([['result', 'end']]);
  });

  it('is 404 for a job that nobody knows, and 503 while a store that is needed to say so is silent', async () => {
    const system = await startSystem({ worker: false });
    expect(await (await system.request(`/v1/jobs/${UNKNOWN}/events`)).json()).toMatchObject({
      status: 404,
      code: 'job_not_found',
      job_id: UNKNOWN,
    });
    const down = () => Promise.reject(new Unavailable('redis', 'is down'));
    const sick = await startSystem({ broken: { statuses: { begin: down, advance: down, get: down, watch: down } } });
    const response = await sick.request(`/v1/jobs/${UNKNOWN}/events`);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({ status: 503, code: 'store_unavailable' });
    expect([system.clients.count, sick.clients.count]).toEqual([0, 0]);
  });

  it('answers HEAD as GET, without a stream', async () => {
    const { system, jobId } = await finished();
    const response = await system.request(`/v1/jobs/${jobId}/events`, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect((await system.request(`/v1/jobs/${UNKNOWN}/events`, { method: 'HEAD' })).status).toBe(404);
    expect(system.clients.count).toBe(0);
  });
});

describe('a client that comes back with Last-Event-ID', () => {
  it('gets what came after that event, and nothing twice', async () => {
    const { handlers, letGo } = heldHandler();
    const system = await startSystem({ handlers });
    const jobId = await submitRunning(system);
    const first = await watch(system, jobId);
    await eventually('two are told', () => first.events.length >= 2);
    await first.leave();
    letGo();
    const second = await watch(system, jobId, '2');
    await second.ended;
    expect(idsOf(second)).toEqual(['3', '4', '5', 'end']);
    const third = await watch(system, jobId, '5');
    await third.ended;
    expect(idsOf(third)).toEqual(['end']);
  });

  it('is told that there is no more after the end, upon which EventSource stops asking', async () => {
    const { system, jobId } = await finished();
    const response = await system.request(`/v1/jobs/${jobId}/events`, { headers: { 'last-event-id': 'end' } });
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
    expect(system.clients.count).toBe(0);
  });

  it('gets only the current status where the history no longer reaches back so far', async () => {
    const system = await startSystem({ worker: false });
    const jobId = randomUUID();
    // Each attempt is one change; the history holds the last 64 of these 70.
    for (let attempt = 1; attempt <= 70; attempt += 1)
      await system.backend.statuses.begin({
        job_id: jobId,
        updated_at: AT,
        state: 'running',
        progress_percent: 20,
        message: 'started',
      });
    const received = async (lastEventId: string | undefined, count: number) => {
      const stream = await watch(system, jobId, lastEventId);
      await eventually(`${count} are told`, () => stream.events.length >= count);
      await stream.leave();
      return idsOf(stream);
    };
    expect(await received('3', 1)).toEqual(['70']);
    expect(await received('0', 1)).toEqual(['70']);
    expect(await received('6', 64)).toEqual(range(7, 70));
    expect(await received('68', 2)).toEqual(['69', '70']);
    expect(await received(undefined, 64)).toEqual(range(7, 70));
  });

  it('gets the current status where its event is of another history', async () => {
    const system = await startSystem({ worker: false });
    const jobId = await submitAustin(system);
    const stream = await watch(system, jobId, '9007199254740991');
    await eventually('it is told', () => stream.events.length === 1);
    expect(stream.events).toMatchObject([{ id: '1', data: { state: 'queued' } }]);
    await stream.leave();
  });
});

describe('a status store that does not tell', () => {
  it('of changes: the job is looked up, and its stream ends', async () => {
    const { handlers, letGo } = heldHandler();
    const watch_ = async () => async () => undefined;
    const system = await startSystem({
      handlers,
      config: { lookUpEveryMs: 5 },
      broken: ({ statuses }) => ({ statuses: observed(statuses, { watch: watch_ }) }),
    });
    const jobId = await submitRunning(system);
    const stream = await watch(system, jobId);
    await eventually('what it knows is told', () => stream.events.length === 3);
    letGo();
    await stream.ended;
    expect(idsOf(stream)).toEqual(['1', '2', '3', '4', '5', 'end']);
  });

  it('and cannot be watched at first: the watch begins as soon as it can', async () => {
    const { handlers, letGo } = heldHandler();
    let refusals = 3;
    let statuses: ReturnType<typeof observed> | undefined;
    const system = await startSystem({
      handlers,
      config: { lookUpEveryMs: 5 },
      broken: (backend) => {
        statuses = observed(backend.statuses, {
          watch: async (id, onChange) => {
            refusals -= 1;
            if (refusals >= 0) throw new Unavailable('redis', 'is down');
            return backend.statuses.watch(id, onChange);
          },
        });
        return { statuses };
      },
    });
    const stream = await watch(system, await submitRunning(system));
    await eventually('it is watched', () => statuses?.watchers() === 1);
    letGo();
    await stream.ended;
    expect(idsOf(stream)).toEqual(['1', '2', '3', '4', '5', 'end']);
    expect(statuses?.watchers()).toBe(0);
  });

  it('of a sequence, for another program wrote it: its events have no id', async () => {
    const foreign: JobStatus = { state: 'running', progress_percent: 50, updated_at: AT, message: 'calling' };
    const system = await startSystem({
      worker: false,
      config: { lookUpEveryMs: 5 },
      broken: ({ statuses }) => ({ statuses: observed(statuses, { get: async () => foreign }) }),
    });
    const stream = await watch(system, UNKNOWN);
    await eventually('it is told', () => stream.events.length > 0);
    expect(stream.events).toEqual([{ event: 'status', id: undefined, data: foreign }]);
    await stream.leave();
  });
});

function range(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
}
