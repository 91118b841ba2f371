import { describe, expect, it, vi } from 'vitest';
import { createClient } from '../client.ts';
import { DeadlineError, isProblem, UnexpectedAnswerError, UnreachableError } from '../errors.ts';
import { EventStreamParser } from '../event-stream.ts';
import type { JobChange } from '../types.ts';
import type { WatchOptions } from '../watch.ts';
import {
  COMPLETED,
  events,
  type FakeApi,
  fakeApi,
  JOB_ID,
  json,
  problem,
  RESULT_EVENT,
  RUNNING,
  statusEvent,
} from './fake-api.ts';
import { withStandingTime } from './settled.ts';

withStandingTime();

/** Watches to the end, or the error, while the time runs as fast as it can. */
async function watched(api: FakeApi, options: WatchOptions = {}): Promise<{ changes: JobChange[]; error?: unknown }> {
  const changes: JobChange[] = [];
  const client = createClient({ baseUrl: 'http://dtq.test/api/', fetch: api.fetch, patienceMs: 20_000 });
  let isOver = false;
  const over = (async () => {
    for await (const change of client.watch(JOB_ID, options)) changes.push(change);
  })().then(
    () => ({ changes }),
    (error: unknown) => ({ changes, error }),
  );
  void over.then(() => {
    isOver = true;
  });
  while (!isOver) await vi.advanceTimersByTimeAsync(50);
  return over;
}

const lastIds = (api: FakeApi): (string | null)[] => api.requests.map(({ headers }) => headers.get('last-event-id'));

describe('watching a job', () => {
  it('tells each change and the document last, in whatever pieces they come', async () => {
    const text = `retry: 1000\n\n: alive\n\n${statusEvent(1)}${statusEvent(2)}${RESULT_EVENT}`;
    for (const size of [1, 7, 1000]) {
      const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
      const api = fakeApi(events(pieces, 'open'));
      const { changes } = await watched(api);
      expect(changes).toEqual([
        { event: 'status', id: '1', data: { ...RUNNING, sequence: 1 } },
        { event: 'status', id: '2', data: { ...RUNNING, sequence: 2 } },
        { event: 'result', id: 'end', data: COMPLETED },
      ]);
      expect(api.requests[0]).toMatchObject({ method: 'GET', path: `/api/v1/jobs/${JOB_ID}/events` });
      expect(api.requests[0]?.headers.get('accept')).toBe('text/event-stream');
    }
  });

  it('goes on after the last event where the connection breaks, ends early, or cannot be made', async () => {
    const api = fakeApi(
      events([statusEvent(1), statusEvent(2)], 'break'),
      new TypeError('fetch failed'),
      events([statusEvent(3)], 'end'),
      problem(503, 'too_many_clients', {}, { 'retry-after': '1' }),
      events([statusEvent(4).slice(0, 30)], 'break'),
      events([statusEvent(4), RESULT_EVENT], 'open'),
    );
    const { changes, error } = await watched(api);
    expect(error).toBeUndefined();
    expect(changes.map(({ id }) => id)).toEqual(['1', '2', '3', '4', 'end']);
    // An event of which only a part came was not received, whatever its id said.
    expect(lastIds(api)).toEqual([null, '2', '2', '3', '3', '3']);
  });

  it('makes the connection again where it is silent for longer than the server ever is', async () => {
    const api = fakeApi(events([statusEvent(1)], 'open'), events([RESULT_EVENT], 'open'));
    const began = Date.now();
    const { changes } = await watched(api);
    expect(changes.map(({ id }) => id)).toEqual(['1', 'end']);
    expect(Date.now() - began).toBeGreaterThanOrEqual(60_000);
  });

  it('tells a status without an id once, though it comes again after a break', async () => {
    const foreign = `event: status\ndata: ${JSON.stringify({ ...RUNNING, sequence: undefined })}\n\n`;
    const { changes } = await watched(fakeApi(events([foreign], 'break'), events([foreign, RESULT_EVENT])));
    expect(changes.map(({ event }) => event)).toEqual(['status', 'result']);
    expect(changes[0]).not.toHaveProperty('id');
  });

  it('passes over events that a newer server tells', async () => {
    const { changes } = await watched(fakeApi(events(['event: weather\ndata: 1\n\n', RESULT_EVENT])));
    expect(changes).toHaveLength(1);
  });

  it('begins after an event that is given, and ends where there is nothing behind it', async () => {
    const api = fakeApi(new Response(null, { status: 204 }));
    expect(await watched(api, { lastEventId: 'end' })).toEqual({ changes: [] });
    expect(lastIds(api)).toEqual(['end']);
  });

  it('rejects for a job that nobody knows, and for a page that is no stream', async () => {
    expect(isProblem((await watched(fakeApi(problem(404, 'job_not_found')))).error, 'job_not_found')).toBe(true);
    const { error } = await watched(fakeApi(json(200, RUNNING)));
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
  });

  it('gives up where nobody answers for longer than its patience, or the stream never says anything', async () => {
    expect((await watched(fakeApi(new TypeError('fetch failed')))).error).toBeInstanceOf(UnreachableError);
    expect((await watched(fakeApi(events([])))).error).toBeInstanceOf(UnreachableError);
  });

  it('ends with its time, and with the reason of its signal', async () => {
    const api = fakeApi(events([statusEvent(1)], 'open'));
    const late = await watched(api, { timeoutMs: 5000 });
    expect(late.error).toBeInstanceOf(DeadlineError);
    expect(late.changes).toHaveLength(1);
    const controller = new AbortController();
    setTimeout(() => controller.abort('enough'), 1000);
    expect((await watched(api, { signal: controller.signal })).error).toBe('enough');
  });

  it('closes the connection when whoever watches leaves', async () => {
    let signal: AbortSignal | undefined;
    const stream = events([statusEvent(1)], 'open');
    const api = fakeApi((request) => {
      ({ signal } = request);
      return (stream as (request: Request) => Response)(request);
    });
    const client = createClient({ baseUrl: 'http://dtq.test', fetch: api.fetch });
    for await (const change of client.watch(JOB_ID)) {
      expect(change.event).toBe('status');
      break;
    }
    expect(signal?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the parser of event streams', () => {
  it('knows every end of line, several lines of data, comments, and fields without a value', () => {
    const parser = new EventStreamParser();
    const text = '\uFEFF: hello\r\nevent: a\rdata: one\ndata:two\r\ndata\r\rid: 7\ndata: x\n\nid: bad\0\nevent: b\n\n';
    const found = [...text].flatMap((letter) => parser.push(letter));
    expect(found).toEqual([
      { event: 'a', id: undefined, data: 'one\ntwo\n' },
      { event: 'message', id: '7', data: 'x' },
    ]);
  });

  it('remembers how long to wait, and ignores what is no number', () => {
    const parser = new EventStreamParser();
    parser.push('retry: 2500\nretry: soon\n\n');
    expect(parser.retryMs).toBe(2500);
  });
});
