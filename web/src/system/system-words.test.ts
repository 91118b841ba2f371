import type { SystemReport, WorkerReport } from '@dtq/generated/schemas/types.ts';
import { describe, expect, it } from 'vitest';
import { columnsOf, type Sample, withSample } from './samples.ts';
import { latencyPlace, loadOf, oldestWaitMs, systemText, throughputTotals } from './system-words.ts';

const AT = '2026-02-14T15:12:04.000Z';
const NO_LATENCY = { p50: null, p95: null, p99: null };
const worker: WorkerReport = {
  worker: 'worker-1',
  started_at: AT,
  seen_at: AT,
  job_types: ['weather'],
  running: [],
  running_count: 16,
  concurrency: 64,
  paused: [],
};
const type = {
  job_type: 'weather',
  scheduled: 0,
  queued: 3,
  running: 0,
  completed: 0,
  failed: 0,
  oldest_queued_at: AT,
  wait_ms: NO_LATENCY,
  run_ms: NO_LATENCY,
};
const report: SystemReport = {
  time: AT,
  backend: 'embedded',
  parts: [
    { part: 'kafka', ok: true, ms: 1 },
    { part: 'redis', ok: true, ms: 1 },
  ],
  capabilities: [],
  workers: [worker],
  types: [type],
  throughput: [],
};

describe('systemText', () => {
  it('is well where all is', () => {
    expect(systemText(report)).toEqual({ words: 'Every part answers.', is: 'well' });
    expect(systemText({ ...report, workers: null, types: null }).is).toBe('well');
  });

  it('names what is not', () => {
    const parts: SystemReport['parts'] = [{ part: 'redis', ok: false, ms: 1000 }];
    expect(systemText({ ...report, parts }).words).toBe('No answer from: live status.');
    expect(systemText({ ...report, workers: [] }).words).toBe('No worker is alive, and 3 jobs wait.');
    expect(systemText({ ...report, workers: [{ ...worker, paused: ['quote'] }] })).toEqual({
      words: 'Paused, for the provider is out: quote.',
      is: 'limping',
    });
  });
});

describe('numbers', () => {
  it('count the last full minute and the hour', () => {
    const points = [2, 3, 1].map((completed) => ({ at: AT, completed, failed: 1 }));
    expect(throughputTotals(points)).toEqual({ minute: 4, completed: 6, failed: 3 });
    expect(throughputTotals([])).toEqual({ minute: 0, completed: 0, failed: 0 });
  });

  it('tell load, latency and the longest wait', () => {
    expect([loadOf(worker), loadOf({ ...worker, concurrency: 0 })]).toEqual([0.25, 0]);
    expect([0, 1, 600_000, 1e9].map(latencyPlace)).toEqual([0, 0, 1, 1]);
    expect(oldestWaitMs(type, Date.parse(AT) + 500)).toBe(500);
    expect(oldestWaitMs({ ...type, oldest_queued_at: null }, 0)).toBeNull();
  });
});

describe('samples', () => {
  it('gather report by report, each once, up to a quarter of an hour', () => {
    const times = Array.from({ length: 500 }, (_, n) => new Date(Date.parse(AT) + n * 2000).toISOString());
    const samples = times.reduce<readonly Sample[]>((known, time) => withSample(known, { ...report, time }), []);
    expect(samples).toHaveLength(450);
    expect(withSample(samples, { ...report, time: times.at(-1) ?? '' })).toBe(samples);
    expect(withSample(samples, { ...report, types: null })).toBe(samples);
    const [seconds, weather, gone] = columnsOf(samples.slice(-1), ['weather', 'gone']);
    expect([seconds, weather, gone]).toEqual([[Date.parse(times.at(-1) ?? '') / 1000], [3], [0]]);
  });
});
