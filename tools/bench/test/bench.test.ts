import { describeWithStack } from '@dtq/backend-distributed/test/stack.ts';
import { describe, expect, it } from 'vitest';
import type { Bench, Scale } from '../bench.ts';
import { toSvg } from '../chart.ts';
import { depth } from '../depth.ts';
import { endToEnd } from '../end-to-end.ts';
import { events } from '../events.ts';
import { verdictsOf } from '../marks.ts';
import { Programs } from '../programs.ts';
import { type Report, toMarkdown } from '../report.ts';
import { start } from '../start.ts';
import { submit } from '../submit.ts';

// That the benches run, and tell what they say they tell. What they find is nobody's business here.

const LEAST: Scale = {
  ...{ rounds: 1, seconds: 1, warmUpSeconds: 1, jobs: 200, warmUpJobs: 100 },
  ...{ wholeJobs: 300, wholeWarmUpJobs: 100 },
};
const LONG_MS = 180_000;
const MACHINE = {
  ...{ when: '2026-01-01', cores: 2, processor: 'any', memoryGiB: 1, system: 'any', node: '24' },
  ...{ servers: 'none', load: '0' },
};

async function run(bench: Bench, hasServers: boolean): Promise<Report> {
  const programs = new Programs(false);
  try {
    return await bench.run({ scale: LEAST, isQuick: true, hasServers, programs, say: () => undefined });
  } finally {
    await programs.close();
  }
}

/** Every figure is one, every case has ours, and the table and the chart can be made of it. */
async function expectWhole(report: Report): Promise<void> {
  const [ours] = report.sides;
  expect(report.cases).not.toEqual([]);
  for (const { name, rounds } of report.cases) {
    expect(rounds[ours], name).toHaveLength(1);
    for (const measured of Object.values(rounds).flat())
      for (const [measure, value] of Object.entries(measured)) {
        expect(report.measures.map((known) => known.name)).toContain(measure);
        expect(value, `${name}, ${measure}`).toBeGreaterThanOrEqual(0);
      }
    expect(toMarkdown(report, MACHINE)).toContain(name);
  }
  const svg = await toSvg(report);
  expect(svg).toMatch(/^<svg .*<\/svg>\n$/s);
  expect(svg).toContain(report.title.split(':')[0]);
}

describe('the benches on the embedded backend', () => {
  it.for([submit, endToEnd, events, depth, start])('$name', { timeout: LONG_MS }, async (bench) => {
    await expectWhole(await run(bench, false));
  });
});

describeWithStack('the benches on the servers', () => {
  it('end-to-end, with BullMQ and the bare drivers beside', { timeout: LONG_MS }, async () => {
    const report = await run(endToEnd, true);
    await expectWhole(report);
    for (const { verdict } of verdictsOf(report)) expect(verdict?.median).toBeGreaterThan(0);
  });
});

describe('a mark', () => {
  const report: Report = {
    ...{ name: 'any', title: 'Any', sides: ['ours', 'theirs'], measures: [{ name: 'rate', digits: 0 }], notes: [] },
    cases: [
      {
        name: 'few',
        rounds: {
          ours: [{ rate: 10 }, { rate: 12 }, { rate: 14 }],
          theirs: [{ rate: 10 }, { rate: 10 }, { rate: 10 }],
        },
      },
      { name: 'many', rounds: { ours: [{ rate: 6 }, { rate: 9 }, { rate: 6 }], theirs: [] } },
    ],
    marks: [
      { words: 'quicker', case: 'few', measure: 'rate', ofSide: 'theirs', atLeast: 1.2 },
      { words: 'much quicker', case: 'few', measure: 'rate', ofSide: 'theirs', atLeast: 1.3 },
      { words: 'flat', case: 'many', measure: 'rate', ofCase: 'few', atMost: 0.5 },
      { words: 'enough', case: 'many', measure: 'rate', atLeast: 7 },
      { words: 'beside nobody', case: 'many', measure: 'rate', ofSide: 'theirs', atLeast: 1 },
      { words: 'nowhere', case: 'none', measure: 'rate', atLeast: 1 },
    ],
  };

  it('is reached by the median of the rounds', () => {
    const found = verdictsOf(report).map(({ mark, verdict }) => [mark.words, verdict?.median, verdict?.isReached]);
    expect(found).toEqual([
      ['quicker', 1.2, true],
      ['much quicker', 1.2, false],
      ['flat', 0.5, true],
      ['enough', 6, false],
      ['beside nobody', undefined, undefined],
      ['nowhere', undefined, undefined],
    ]);
  });
});
