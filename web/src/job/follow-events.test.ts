import type { Job, JobStatus } from '@dtq/generated/schemas/types.ts';
import { describe, expect, it } from 'vitest';
import { followEvents } from './follow-events.ts';

const ID = '6aab8fca-7059-40c4-97d4-53f55fd5bf67';
const AT = '2026-02-14T15:12:04.000Z';

class FakeStream extends EventTarget {
  isClosed = false;
  close() {
    this.isClosed = true;
  }
  send(name: string, data: unknown) {
    this.dispatchEvent(Object.assign(new Event(name), { data: JSON.stringify(data) }));
  }
}

function status(sequence: number, progress_percent: number): JobStatus {
  return { state: 'running', progress_percent, message: '', updated_at: AT, attempt: 1, sequence };
}

function follow(known: JobStatus | null = null) {
  const stream = new FakeStream();
  const stop = new AbortController();
  const told: Job[] = [];
  const paths: string[] = [];
  const heard = followEvents(
    ID,
    known,
    stop.signal,
    (job) => told.push(job),
    (path) => {
      paths.push(path);
      return stream;
    },
  );
  return { stream, stop, told, paths, heard };
}

describe('followEvents', () => {
  it('tells each change with those before it, then the result, and closes', async () => {
    const { stream, told, paths, heard } = follow();
    expect(paths).toEqual([`/v1/jobs/${ID}/events`]);
    stream.send('status', status(1, 0));
    stream.send('status', status(2, 20));
    stream.send('result', { final_state: 'completed' });
    expect(await heard).toBe(true);
    expect(stream.isClosed).toBe(true);
    const entry = (sequence: number, progress_percent: number) => {
      return { sequence, attempt: 1, state: 'running', progress_percent, at: AT };
    };
    expect(told).toEqual([
      { ...status(1, 0), history: [entry(1, 0)] },
      { ...status(2, 20), history: [entry(1, 0), entry(2, 20)] },
      { final_state: 'completed' },
    ]);
  });

  it('does not tell what is known already', async () => {
    const { stream, told, stop, heard } = follow(status(2, 20));
    stream.send('status', status(1, 0));
    stream.send('status', status(2, 20));
    stream.send('status', status(3, 50));
    stop.abort();
    expect(await heard).toBe(true);
    expect(told).toMatchObject([{ progress_percent: 50 }]);
  });

  it('ends with an error, and says that nothing came', async () => {
    const { stream, told, heard } = follow();
    stream.dispatchEvent(new Event('error'));
    expect(await heard).toBe(false);
    expect(stream.isClosed).toBe(true);
    expect(told).toEqual([]);
  });

  it('ends when nobody watches any more', async () => {
    const { stream, stop, heard } = follow();
    stop.abort();
    expect(await heard).toBe(false);
    expect(stream.isClosed).toBe(true);
  });
});
