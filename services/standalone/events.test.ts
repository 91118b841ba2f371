import { createClient } from '@dtq/generated/rest/client.ts';
import { operationPath } from '@dtq/generated/rest/operations.ts';
import { receiveEvents } from '@dtq/testkit/events.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { hangingProvider } from '@dtq/testkit/hanging-provider.ts';
import { type Program, startProgram } from '@dtq/testkit/program.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';

// Event streams over a real socket, from the program that users start.

const MAIN = 'services/standalone/main.ts';

async function submit({ url }: Program): Promise<string> {
  const body = { job_type: 'weather', payload: { city: 'Austin', country_code: 'US', units: 'metric' } } as const;
  const { data } = await createClient({ baseUrl: url }).submitJob({ body });
  return String(data?.job_id);
}

async function watch({ url }: Program, jobId: string, lastEventId?: string) {
  const headers: HeadersInit = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await fetch(new URL(operationPath('watchJob', { job_id: jobId }), url), { headers });
  expect(response.status).toBe(200);
  return receiveEvents(response);
}

describe('event streams', () => {
  it('go on at the next server after one was killed, without a gap and without a repeat', async () => {
    const provider = await hangingProvider();
    const environment = { DTQ_DATA_DIR: freshFolder(), ...provider.environment };
    const first = await startProgram(MAIN, environment);
    const jobId = await submit(first);
    const before = await watch(first, jobId);
    await eventually('it calls the provider', () => before.events.at(-1)?.data['progress_percent'] === 50);
    expect(await first.end('SIGKILL')).toBe('SIGKILL');
    await expect(before.ended).rejects.toThrow();

    const second = await startProgram(MAIN, environment);
    const after = await watch(second, jobId, before.events.at(-1)?.id);
    await eventually('the next attempt is told', () => after.events.some(({ data }) => data['attempt'] === 2));
    provider.answer();
    await after.ended;
    const told = [...before.events, ...after.events];
    expect(told.map(({ id, data }) => [id, data['attempt'], data['progress_percent']])).toEqual([
      ['1', 1, 0],
      ['2', 1, 20],
      ['3', 1, 50],
      ['4', 2, 20],
      ['5', 2, 50],
      ['6', 2, 80],
      ['7', 2, 100],
      ['end', undefined, undefined],
    ]);
  });

  it('end when the server is asked to stop, which does not wait for them', async () => {
    const provider = await hangingProvider();
    const program = await startProgram(MAIN, {
      DTQ_DATA_DIR: freshFolder(),
      WORKER_SHUTDOWN_DRAIN_TIMEOUT: '100ms',
      ...provider.environment,
    });
    const jobId = await submit(program);
    const streams = await Promise.all([watch(program, jobId), watch(program, jobId)]);
    await eventually('both are told', () => streams.every(({ events }) => events.length > 0));
    const ended = program.end('SIGTERM');
    await Promise.all(streams.map((stream) => stream.ended));
    expect(streams.map(({ blocks }) => blocks.at(-1)?.retry)).toEqual([expect.any(Number), expect.any(Number)]);
    expect(await ended).toBe(0);
  });

  it('are 200 at once, show that they live, and all end', async () => {
    const provider = await hangingProvider();
    const program = await startProgram(MAIN, {
      DTQ_DATA_DIR: freshFolder(),
      API_EVENTS_HEARTBEAT: '20ms',
      ...provider.environment,
    });
    const jobId = await submit(program);
    const streams = await Promise.all(Array.from({ length: 200 }, () => watch(program, jobId)));
    await eventually('each lives', () => streams.every(({ blocks }) => blocks.some(({ isComment }) => isComment)));
    provider.answer();
    await Promise.all(streams.map(({ ended }) => ended));
    expect(new Set(streams.map(({ events }) => events.map(({ id }) => id).join(' ')))).toEqual(
      new Set(['1 2 3 4 5 end']),
    );
    expect(program.output()).not.toMatch(/"level":(?:40|50|60)/);
  });

  it('of clients that go away leave nothing in the log but what was asked for', async () => {
    const provider = await hangingProvider();
    const program = await startProgram(MAIN, { DTQ_DATA_DIR: freshFolder(), ...provider.environment });
    const jobId = await submit(program);
    for (let count = 0; count < 5; count += 1) {
      const stream = await watch(program, jobId);
      await stream.leave();
    }
    provider.answer();
    const last = await watch(program, jobId);
    await last.ended;
    expect(await program.end('SIGTERM')).toBe(0);
    expect(program.output()).not.toMatch(/Error|aborted|"level":(?:40|50|60)/);
  });
});
