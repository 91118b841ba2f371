import type { WorkerReport } from '@dtq/generated/schemas/types.ts';
import { describe, expect, it } from 'vitest';
import { positionText, whyWaitsText } from './position-text.ts';

const job_id = '6aab8fca-7059-40c4-97d4-53f55fd5bf67';

describe('positionText', () => {
  it.each([
    [null, null, 'Its turn has come.'],
    [0, 1200, 'It is the next one of its type. At the pace of the last minutes it starts in about 1.2 s.'],
    [1, null, '1 of its type waits before it. Nobody can say how long: none of its type was done in the last minutes.'],
    [3, 90_000, '3 of its type wait before it. At the pace of the last minutes it starts in about 1 min 30 s.'],
  ])('%s ahead, %s ms', (ahead, estimated_wait_ms, text) => {
    expect(positionText({ job_id, ahead, estimated_wait_ms })).toBe(text);
  });
});

describe('whyWaitsText', () => {
  const worker = (job_types: string[], paused: string[]) => ({ job_types, paused }) as unknown as WorkerReport;

  it('says what is wrong, and nothing where nothing is', () => {
    expect(whyWaitsText({ workers: [worker(['quote'], [])] }, 'weather')).toMatch(/^No worker that does this type/);
    expect(whyWaitsText({ workers: [worker(['weather'], ['weather'])] }, 'weather')).toMatch(/^Its provider is out/);
    const two = [worker(['weather'], ['weather']), worker(['weather'], [])];
    expect(whyWaitsText({ workers: two }, 'weather')).toBeNull();
    expect(whyWaitsText({ workers: null }, 'weather')).toBeNull();
  });
});
