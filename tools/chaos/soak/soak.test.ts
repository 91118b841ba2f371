import { JOB_PRIORITY_VALUES, JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { seeded } from '@dtq/mock/random.ts';
import { describe, expect, it } from 'vitest';
import { drawFaults, type Fault } from './faults.ts';
import { slopeOf } from './growth.ts';
import { type PlannedJob, planJob } from './job-mix.ts';
import { readOptions } from './options.ts';
import type { Sample } from './sample.ts';
import { sayTo } from './say.ts';
import { asFastAsDone, steadily } from './traffic.ts';
import { Watch } from './watch.ts';

const MEMBERS = [
  { name: 'api-1', isWitness: true },
  { name: 'api-2', isWitness: false },
  { name: 'worker-1', isWitness: false },
];

describe('the command line', () => {
  it('takes minutes, a seed and a file, and draws a seed where none is given', () => {
    expect(readOptions(['--minutes', '2', '--seed', '7', '--out', 'a.json'])).toEqual({
      minutes: 2,
      seed: 7,
      out: 'a.json',
    });
    expect(readOptions([])).toEqual({ minutes: 10, seed: expect.any(Number), out: undefined });
  });

  for (const [args, words] of [
    [['--minutes', '0'], '--minutes 0 is not valid: it takes a number, at most 1440'],
    [['--minutes', 'ten'], '--minutes ten is not valid: it takes a number, at most 1440'],
    [['--seed', '1.5'], '--seed 1.5 is not valid: it takes a number, a whole one'],
    [['--hours', '1'], 'It takes --minutes N, --seed N and --out FILE'],
  ] as const)
    it(`says what ${args.join(' ')} should be`, () => expect(() => readOptions(args)).toThrow(words));
});

describe('what is done to processes', () => {
  const first = (seed: number, count: number): Fault[] => {
    const drawn = drawFaults(seeded(seed), MEMBERS);
    return Array.from({ length: count }, () => drawn.next().value);
  };

  it('is determined by the seed', () => {
    expect(first(7, 30)).toEqual(first(7, 30));
    expect(first(7, 30)).not.toEqual(first(8, 30));
  });

  it('is of all kinds in every three, meets everybody, and leaves witnesses alive', () => {
    const drawn = first(7, 300);
    for (let at = 0; at < drawn.length; at += 3)
      expect(new Set(drawn.slice(at, at + 3).map(({ kind }) => kind)).size).toBe(3);
    expect(new Set(drawn.map(({ victim }) => victim))).toEqual(new Set(MEMBERS.map(({ name }) => name)));
    expect(new Set(drawn.filter(({ victim }) => victim === 'api-1').map(({ kind }) => kind))).toEqual(
      new Set(['freeze']),
    );
    for (const { kind, forMs } of drawn) expect(forMs > 0).toBe(kind === 'freeze');
  });
});

describe('what is submitted', () => {
  const random = seeded(7);
  const jobs: PlannedJob[] = Array.from({ length: 2000 }, (_, index) => planJob(random, String(index)));

  it('is what the contract takes, and of all types, priorities and fates', () => {
    for (const { body } of jobs) expect(strict.SubmitJobRequest[body.job_type](body), JSON.stringify(body)).toBe(true);
    expect(new Set(jobs.map(({ body }) => body.job_type))).toEqual(new Set(JOB_TYPE_VALUES));
    expect(new Set(jobs.map(({ body }) => body.priority))).toEqual(new Set(JOB_PRIORITY_VALUES));
    const text = JSON.stringify(jobs);
    for (const fate of ['Nowhere', 'Down', 'XXX', 'Unheard', 'Nobody', '"delay"', '"expires_at"', '"isRepeated":true'])
      expect(text).toContain(fate);
    expect(jobs.filter(({ cancelAfterMs }) => cancelAfterMs !== null).length).toBeGreaterThan(10);
  });

  it('comes evenly at a pace, and what was missed is not made good in a burst', () => {
    let at = 0;
    const pace = steadily(50, () => at);
    const allowed = Array.from({ length: 100 }, () => {
      at += 10;
      return pace(0, 0);
    });
    expect(Math.max(...allowed)).toBe(1);
    expect(allowed.reduce((sum, count) => sum + count, 0)).toBe(50);
    at += 60_000;
    expect(pace(0, 0)).toBe(5);
  });

  it('as fast as it is done is up to the window', () => {
    const watch = new Watch();
    watch.add('a');
    expect(asFastAsDone(10, watch)(100, 4)).toBe(5);
  });
});

describe('the slope of a figure', () => {
  const samples = (heaps: readonly number[]): Sample[] =>
    heaps.map((heap_bytes, index) => ({ at: index * 5000, heap_bytes, rss_bytes: 0, handles: {}, fds: 0 }));
  const heapOf = ({ heap_bytes }: Sample): number => heap_bytes;

  it('is told by the minute, whatever a single sample says', () => {
    expect(slopeOf(samples([0, 100, 200, 9999, 400, 500, 600]), heapOf)).toBeCloseTo(1200);
    expect(slopeOf(samples([5, 5, 5]), heapOf)).toBe(0);
    expect(slopeOf(samples([1, 2]), heapOf)).toBeNull();
  });
});

describe('the progress', () => {
  const lines = (isTTY: boolean): string[] => {
    const written: string[] = [];
    let now = 0;
    const say = sayTo({ isTTY, write: (text) => written.push(text) }, () => now);
    for (; now < 25_000; now += 1000) say.progress('0:10 of 2:00', `${now} accepted`);
    say.note('kill api-1');
    say.end();
    return written;
  };

  it('is one line that moves on a terminal, and a line every ten seconds elsewhere', () => {
    expect(lines(true).filter((text) => text.includes('\n'))).toEqual(['kill api-1\n']);
    expect(lines(true).filter((text) => text.includes('accepted'))).toHaveLength(25);
    expect(lines(false).filter((text) => text.includes('accepted'))).toHaveLength(3);
    expect(lines(false).at(-1)).toBe('kill api-1\n');
  });
});
