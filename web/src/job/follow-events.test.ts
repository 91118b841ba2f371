import type { Job, JobStatus } from '@dtq/generated/schemas/types.ts';
import type { JobChange, WatchOptions } from '@dtq/sdk';
import { describe, expect, it } from 'vitest';
import { followEvents } from './follow-events.ts';

const ID = '6aab8fca-7059-40c4-97d4-53f55fd5bf67';
const AT = '2026-02-14T15:12:04.000Z';

function status(sequence: number, progress_percent: number): JobStatus {
  return { state: 'running', progress_percent, message: '', updated_at: AT, attempt: 1, sequence };
}

function change(sequence: number, progress_percent: number): JobChange {
  return { event: 'status', id: String(sequence), data: status(sequence, progress_percent) };
}

const END = { event: 'result', id: 'end', data: { final_state: 'completed' } } as JobChange;

/** Follows what a stream tells, which then ends, breaks, or goes on until it is left. */
async function follow(
  changes: readonly JobChange[],
  end: 'end' | 'break' | 'open' = 'end',
  { known = null, after }: { known?: JobStatus | null; after?: string } = {},
) {
  const stop = new AbortController();
  const told: Job[] = [];
  const opened: unknown[] = [];
  async function* watch(jobId: string, { signal, lastEventId }: WatchOptions) {
    opened.push([jobId, lastEventId]);
    yield* changes;
    if (end === 'break') throw new TypeError('terminated');
    if (end === 'end') return;
    const left = new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    setTimeout(() => stop.abort());
    await left;
  }
  const heard = await followEvents(ID, known, after, stop.signal, (job) => told.push(job), watch);
  return { told, opened, heard };
}

describe('followEvents', () => {
  it('tells each change with those before it, then the result', async () => {
    const { told, opened, heard } = await follow([change(1, 0), change(2, 20), END]);
    expect(opened).toEqual([[ID, undefined]]);
    expect(heard).toEqual({ anything: true, lastEventId: 'end' });
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
    const { told, heard } = await follow([change(1, 0), change(2, 20), change(3, 50)], 'open', {
      known: status(2, 20),
    });
    expect(heard).toEqual({ anything: true, lastEventId: '3' });
    expect(told).toMatchObject([{ progress_percent: 50 }]);
  });

  it('goes on after the last event of the stream before, and says after which the next one is to', async () => {
    const { opened, heard } = await follow([change(5, 50)], 'break', { after: '4' });
    expect(opened).toEqual([[ID, '4']]);
    expect(heard).toEqual({ anything: true, lastEventId: '5' });
  });

  it('ends with a break, and says that nothing came', async () => {
    const { told, heard } = await follow([], 'break', { after: '4' });
    expect(heard).toEqual({ anything: false, lastEventId: '4' });
    expect(told).toEqual([]);
  });

  it('ends when nobody watches any more', async () => {
    expect((await follow([], 'open')).heard).toEqual({ anything: false, lastEventId: undefined });
  });
});
