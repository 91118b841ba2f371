import { randomUUID } from 'node:crypto';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { describe, expect } from 'vitest';
import { aChange, aForeignHash, aStart, STEPS, type StepName } from './samples.ts';
import type { Suite } from './suite.ts';

interface GuardCase {
  readonly title: string;
  /** What stands there: changes that were written before, or the hash of another program. */
  readonly before: readonly (readonly [StepName, number])[] | readonly [string, number];
  readonly change: readonly [StepName, number];
  readonly applied: boolean;
}

const GUARD: readonly GuardCase[] = [
  { title: 'the first change of a job', before: [], change: ['queued', 1], applied: true },
  { title: 'a first change that is not queued', before: [], change: ['calling', 2], applied: true },
  { title: 'queued -> started', before: [['queued', 1]], change: ['started', 1], applied: true },
  { title: 'started -> calling', before: [['started', 1]], change: ['calling', 1], applied: true },
  { title: 'calling -> storing', before: [['calling', 1]], change: ['storing', 1], applied: true },
  { title: 'storing -> completed', before: [['storing', 1]], change: ['completed', 1], applied: true },
  { title: 'started -> storing, a step left out', before: [['started', 1]], change: ['storing', 1], applied: true },
  { title: 'calling -> failed', before: [['calling', 1]], change: ['failed', 1], applied: true },
  { title: 'queued -> failed', before: [['queued', 1]], change: ['failed', 1], applied: true },
  { title: 'a late queued over started', before: [['started', 1]], change: ['queued', 1], applied: false },
  { title: 'a late queued over completed', before: [['completed', 1]], change: ['queued', 1], applied: false },
  { title: 'queued once more', before: [['queued', 1]], change: ['queued', 1], applied: false },
  { title: 'calling once more', before: [['calling', 1]], change: ['calling', 1], applied: false },
  { title: 'a late started over storing', before: [['storing', 1]], change: ['started', 1], applied: false },
  { title: 'a replayed started over completed', before: [['completed', 1]], change: ['started', 1], applied: false },
  { title: 'a replayed started over failed', before: [['failed', 1]], change: ['started', 1], applied: false },
  { title: 'a later attempt over completed', before: [['completed', 1]], change: ['started', 2], applied: false },
  { title: 'completed over failed', before: [['failed', 1]], change: ['completed', 1], applied: false },
  { title: 'failed over completed', before: [['completed', 1]], change: ['failed', 2], applied: false },
  { title: 'completed once more', before: [['completed', 1]], change: ['completed', 1], applied: false },
  { title: 'a later attempt goes back to started', before: [['storing', 1]], change: ['started', 2], applied: true },
  { title: 'an earlier attempt goes on', before: [['started', 2]], change: ['storing', 1], applied: false },
  { title: 'an earlier attempt completes', before: [['started', 2]], change: ['completed', 1], applied: true },
  { title: 'an earlier attempt fails', before: [['calling', 3]], change: ['failed', 1], applied: true },
  { title: "started over another program's queued", before: ['queued', 0], change: ['started', 1], applied: true },
  { title: "calling over another program's started", before: ['running', 20], change: ['calling', 1], applied: true },
  {
    title: "started over another program's running at 0",
    before: ['running', 0],
    change: ['started', 1],
    applied: true,
  },
  {
    title: "queued over another program's running at 0",
    before: ['running', 0],
    change: ['queued', 1],
    applied: false,
  },
  { title: "started over another program's storing", before: ['running', 80], change: ['started', 1], applied: false },
  {
    title: "a later attempt over another program's storing",
    before: ['running', 80],
    change: ['started', 2],
    applied: true,
  },
  {
    title: "completed over another program's failed",
    before: ['failed', 50],
    change: ['completed', 1],
    applied: false,
  },
  {
    title: "queued over another program's completed",
    before: ['completed', 100],
    change: ['queued', 1],
    applied: false,
  },
];

/** The guard of a status, its time to live and its history. */
export function statusCases({ backend, space, test }: Suite): void {
  const write = async (id: string, before: GuardCase['before']): Promise<void> => {
    if (typeof before[0] === 'string') return space().putStatus(id, aForeignHash(before[0], Number(before[1])));
    for (const [step, attempt] of before as readonly (readonly [StepName, number])[])
      expect((await backend().statuses.advance(aChange(id, step, attempt))).applied).toBe(true);
  };
  const mustGet = async (id: string): Promise<JobStatus> => {
    const status = await backend().statuses.get(id);
    if (status === null) throw new Error(`there is no status of ${id}`);
    return status;
  };

  describe('statuses: what moves a status', () => {
    for (const { title, before, change, applied } of GUARD)
      test(`${title}: ${applied ? 'is written' : 'is not written'}`, async () => {
        const id = randomUUID();
        await write(id, before);
        const previous = await backend().statuses.get(id);
        const next = aChange(id, ...change);
        expect(await backend().statuses.advance(next)).toEqual({ applied, previous });
        const after = await backend().statuses.get(id);
        if (applied) expect(after).toMatchObject(next);
        else expect(after).toEqual(previous);
      });

    test('a failure keeps the progress that was reached, though whoever tells of it knew of less', async () => {
      const id = randomUUID();
      await write(id, [['storing', 1]]);
      const told = { ...aChange(id, 'failed'), progress_percent: 20 };
      expect((await backend().statuses.advance(told)).applied).toBe(true);
      expect(await mustGet(id)).toMatchObject({ ...told, progress_percent: 80 });
    });

    test('of two ends that are written at the same time one stays', async () => {
      const id = randomUUID();
      await write(id, [['calling', 1]]);
      const ends = [
        aChange(id, 'completed'),
        aChange(id, 'failed'),
        aChange(id, 'completed', 2),
        aChange(id, 'failed', 2),
      ];
      const answers = await Promise.all(ends.map((end) => backend().statuses.advance(end)));
      const written = ends.filter((_, index) => answers[index]?.applied === true);
      expect(written).toHaveLength(1);
      expect(await mustGet(id)).toMatchObject(written[0] ?? {});
    });

    test('of the same change that is written many times at once one is applied', async () => {
      const id = randomUUID();
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => backend().statuses.advance(aChange(id, 'queued'))),
      );
      expect(answers.filter(({ applied }) => applied)).toHaveLength(1);
      expect((await mustGet(id)).sequence).toBe(1);
    });
  });

  describe('statuses: begin', () => {
    const table: readonly { before: GuardCase['before']; attempt: number; applied: boolean }[] = [
      { before: [], attempt: 1, applied: true },
      { before: [['queued', 1]], attempt: 1, applied: true },
      { before: [['started', 1]], attempt: 2, applied: true },
      { before: [['storing', 1]], attempt: 2, applied: true },
      { before: [['calling', 4]], attempt: 5, applied: true },
      { before: [['completed', 1]], attempt: 1, applied: false },
      { before: [['failed', 3]], attempt: 3, applied: false },
      { before: ['queued', 0], attempt: 1, applied: true },
      { before: ['running', 50], attempt: 2, applied: true },
      { before: ['completed', 100], attempt: 1, applied: false },
      { before: ['failed', 20], attempt: 1, applied: false },
    ];
    for (const { before, attempt, applied } of table) {
      const title =
        typeof before[0] === 'string' ? `another program's ${before.join(' ')}` : before.join(', ') || 'nothing';
      test(`over ${title}: ${applied ? `attempt ${attempt} begins` : `nothing begins, it ended in attempt ${attempt}`}`, async () => {
        const id = randomUUID();
        await write(id, before);
        const previous = await backend().statuses.get(id);
        const start = aStart(id);
        expect(await backend().statuses.begin(start)).toMatchObject({ applied, previous, attempt, isStale: false });
        const after = await backend().statuses.get(id);
        if (applied) expect(after).toMatchObject({ ...start, attempt });
        else expect(after).toEqual(previous);
      });
    }

    test('attempts that begin at the same time each have a number of their own', async () => {
      const id = randomUUID();
      const answers = await Promise.all(Array.from({ length: 20 }, () => backend().statuses.begin(aStart(id))));
      const attempts = answers.map(({ attempt }) => attempt).sort((a, b) => a - b);
      expect(attempts).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    });
  });

  describe('statuses: what is kept', () => {
    test('nothing is known of a job that nobody wrote', async () => {
      expect(await backend().statuses.get(randomUUID())).toBeNull();
    });

    test('each field of a change, its sequence and its history; it fits the contract', async () => {
      const id = randomUUID();
      const steps = ['queued', 'started', 'calling', 'failed'] as const;
      for (const step of steps) await backend().statuses.advance(aChange(id, step));
      const status = await mustGet(id);
      expect(strict.JobStatus(structuredClone(status))).toBe(true);
      expect(status).toMatchObject({ job_id: id, message: 'failed', attempt: 1, sequence: 4, ...STEPS.failed });
      expect(
        status.history?.map(({ sequence, state, progress_percent }) => [sequence, state, progress_percent]),
      ).toEqual(steps.map((step, index) => [index + 1, STEPS[step].state, STEPS[step].progress_percent]));
    });

    test('the error of an attempt does not stay when a later change has none', async () => {
      const id = randomUUID();
      await backend().statuses.advance({
        ...aChange(id, 'calling'),
        error_code: 'provider_timeout',
        error_message: 'slow',
      });
      await backend().statuses.begin(aStart(id));
      const status = await mustGet(id);
      expect(status.error_code).toBeUndefined();
      expect(status.error_message).toBeUndefined();
    });

    test('a change without a trace id is written without one', async () => {
      const id = randomUUID();
      await backend().statuses.advance({ ...aChange(id, 'queued'), trace_id: undefined });
      expect((await mustGet(id)).trace_id).toBeUndefined();
    });

    test('a history keeps the last 64 changes and never goes backwards', async () => {
      const id = randomUUID();
      for (let attempt = 1; attempt <= 35; attempt += 1) {
        await backend().statuses.begin(aStart(id));
        await backend().statuses.advance(aChange(id, 'calling', attempt));
        // Late ones, which must leave no trace.
        await backend().statuses.advance(aChange(id, 'started', attempt));
        await backend().statuses.advance(aChange(id, 'queued', attempt));
      }
      const { history = [], sequence } = await mustGet(id);
      expect(sequence).toBe(70);
      expect(history.map((entry) => entry.sequence)).toEqual(Array.from({ length: 64 }, (_, index) => index + 7));
      const places = history.map(({ attempt, progress_percent }) => attempt * 1000 + progress_percent);
      expect(places).toEqual([...places].sort((a, b) => a - b));
    });

    test("another program's status is read; what no reader can understand is as nothing", async () => {
      const [known, broken] = [randomUUID(), randomUUID()];
      await space().putStatus(known, { ...aForeignHash('running', 50), unheard_of: 'x' });
      expect(await backend().statuses.get(known)).toEqual({
        ...aForeignHash('running', 50),
        progress_percent: 50,
      });
      await space().putStatus(broken, aForeignHash('dancing', 50));
      expect(await backend().statuses.get(broken)).toBeNull();
      expect(await backend().statuses.advance(aChange(broken, 'started'))).toEqual({ applied: true, previous: null });
      expect(await mustGet(broken)).toMatchObject(STEPS.started);
    });

    test('a status whose time is over is gone, and the next change is as the first', async () => {
      const { backend: shortLived, pass } = await space().openShortLived();
      try {
        const id = randomUUID();
        await shortLived.statuses.advance(aChange(id, 'completed'));
        expect(await shortLived.statuses.get(id)).not.toBeNull();
        await pass();
        expect(await shortLived.statuses.get(id)).toBeNull();
        expect(await shortLived.statuses.begin(aStart(id))).toMatchObject({
          applied: true,
          previous: null,
          attempt: 1,
        });
        expect(await shortLived.statuses.get(id)).toMatchObject({ sequence: 1 });
        await pass();
        expect(await shortLived.statuses.get(id)).toBeNull();
      } finally {
        await shortLived.close();
      }
    });
  });
}
