import { randomUUID } from 'node:crypto';
import type { Place } from '@dtq/core/lifecycle.ts';
import type { OpenJob, OpenJobsQuery, StatusChange } from '@dtq/core/ports.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import { describe, expect } from 'vitest';
import { until } from './facts.ts';
import { aChange, anHour, type StepName } from './samples.ts';
import type { Suite } from './suite.ts';

interface Sample {
  readonly job_id: string;
  readonly job_type: string;
  readonly submittedAt: number;
}

/** The index of open jobs, through a job's life and in lists. */
export function openJobCases({ backend, space, test, patienceMs }: Suite): void {
  const changeOf = ({ job_id, job_type, submittedAt }: Sample, step: StepName, attempt = 1): StatusChange => ({
    ...aChange(job_id, step, attempt),
    job_type,
    submitted_at: new Date(submittedAt).toISOString(),
  });
  const scheduled = (sample: Sample): StatusChange => ({
    ...changeOf(sample, 'queued'),
    run_at: '2040-01-01T00:00:00.000Z',
  });
  /** A type that no other test has, such as a newer program may bring. */
  const aType = (): string => `type_${randomUUID().slice(0, 8)}`;
  const idsOf = (jobs: readonly { readonly job_id: string }[]): string[] => jobs.map(({ job_id }) => job_id);
  const inOrder = (samples: readonly Sample[]): Sample[] =>
    [...samples].sort((a, b) => b.submittedAt - a.submittedAt || (a.job_id < b.job_id ? 1 : -1));

  describe('open jobs', () => {
    test('a job is in the index from its first status to its final one, where it stands', async () => {
      const sample = { job_id: randomUUID(), job_type: aType(), submittedAt: anHour().since };
      const { openJobs, statuses } = backend();
      const standsIn = async (place: Place): Promise<void> => {
        const { job_id, job_type, submittedAt } = sample;
        const status = await statuses.get(job_id);
        expect(status).not.toBeNull();
        expect(await openJobs.find(job_id)).toEqual({ job_id, job_type, place, submittedAt, status });
        const none = { scheduled: 0, queued: 0, running: 0 };
        expect(await openJobs.counts(job_type)).toEqual({ ...none, [place]: 1 });
        expect(await openJobs.list({ jobTypes: [job_type], places: [place], limit: 5 })).toEqual([
          await openJobs.find(job_id),
        ]);
      };
      expect(await openJobs.find(sample.job_id)).toBeNull();
      await statuses.advance(scheduled(sample));
      await standsIn('scheduled');
      await statuses.advance(changeOf(sample, 'queued'));
      await standsIn('queued');
      await statuses.begin({ ...changeOf(sample, 'started'), attempt: 1 });
      await standsIn('running');
      await statuses.advance({ ...changeOf(sample, 'calling'), next_attempt_at: '2040-01-01T00:00:00.000Z' });
      await standsIn('running');
      await statuses.advance(changeOf(sample, 'started', 2));
      await standsIn('running');
      await statuses.advance(aChange(sample.job_id, 'failed', 2));
      expect(await openJobs.find(sample.job_id)).toBeNull();
      expect(await openJobs.counts(sample.job_type)).toEqual({ scheduled: 0, queued: 0, running: 0 });
      expect(await openJobs.list({ jobTypes: [sample.job_type], limit: 5 })).toEqual([]);
    });

    test('a job whose first status is its final one was never open; late changes do not open it', async () => {
      const sample = { job_id: randomUUID(), job_type: aType(), submittedAt: anHour().since };
      await backend().statuses.advance(changeOf(sample, 'completed'));
      await backend().statuses.advance(changeOf(sample, 'queued'));
      await backend().statuses.begin(changeOf(sample, 'started'));
      expect(await backend().openJobs.find(sample.job_id)).toBeNull();
      expect(await backend().openJobs.counts(sample.job_type)).toEqual({ scheduled: 0, queued: 0, running: 0 });
    });

    test('a list has the newest submitted first, by type, place and time, in pages', async () => {
      const { openJobs, statuses } = backend();
      const hour = anHour();
      const types = [aType(), aType()] as const;
      const places: readonly Place[] = ['scheduled', 'queued', 'running'];
      // Two of each minute have one time, so that the id decides.
      const samples = Array.from({ length: 18 }, (_, index) => ({
        job_id: randomUUID(),
        job_type: types[index % 2 === 0 ? 0 : 1],
        submittedAt: hour.since + Math.floor(index / 2) * 60_000,
        place: places[index % 3] as Place,
      }));
      for (const sample of samples)
        await statuses.advance(
          sample.place === 'scheduled'
            ? scheduled(sample)
            : changeOf(sample, sample.place === 'queued' ? 'queued' : 'calling'),
        );
      const listed = async (query: Partial<OpenJobsQuery>): Promise<string[]> =>
        idsOf(await openJobs.list({ jobTypes: types, limit: 100, ...query }));
      const expected = (holds: (sample: (typeof samples)[number]) => boolean): string[] =>
        idsOf(inOrder(samples.filter(holds)));

      expect(await listed({})).toEqual(expected(() => true));
      expect(await listed({ jobTypes: [types[1]] })).toEqual(expected(({ job_type }) => job_type === types[1]));
      for (const place of places)
        expect(await listed({ places: [place] })).toEqual(expected((sample) => sample.place === place));
      expect(await listed({ jobTypes: [types[0]], places: ['queued', 'scheduled'] })).toEqual(
        expected(({ job_type, place }) => job_type === types[0] && place !== 'running'),
      );
      const [since, end] = [hour.since + 120_000, hour.since + 300_000];
      expect(await listed({ since })).toEqual(expected(({ submittedAt }) => submittedAt >= since));
      expect(await listed({ until: end })).toEqual(expected(({ submittedAt }) => submittedAt < end));
      expect(await listed({ since, until: end, places: ['queued'] })).toEqual(
        expected(({ submittedAt, place }) => submittedAt >= since && submittedAt < end && place === 'queued'),
      );
      for (const query of [{}, { until: end }, { places: ['queued', 'running'] }] as const) {
        const paged: OpenJob[] = [];
        for (;;) {
          const after = paged.at(-1);
          const page = await openJobs.list({
            jobTypes: types,
            limit: 4,
            ...query,
            ...(after === undefined ? {} : { after }),
          });
          paged.push(...page);
          if (page.length < 4) break;
        }
        expect(idsOf(paged)).toEqual(await listed(query));
      }
      expect(await openJobs.counts(types[0])).toEqual({ scheduled: 3, queued: 3, running: 3 });
      const total = await openJobs.counts();
      for (const place of places) expect(total[place]).toBeGreaterThanOrEqual(6);
    });

    test('a list of all types has those of each', async () => {
      const { since, until: end } = anHour();
      const samples = (['weather', 'quote', 'exchange_rate'] as const satisfies readonly JobType[]).map(
        (job_type, index) => ({ job_id: randomUUID(), job_type, submittedAt: since + index }),
      );
      for (const sample of samples) await backend().statuses.advance(changeOf(sample, 'queued'));
      const list = await backend().openJobs.list({ since, until: end, limit: 10 });
      expect(idsOf(list)).toEqual(idsOf(inOrder(samples)));
      for (const sample of samples) await backend().statuses.advance(changeOf(sample, 'completed'));
      expect(await backend().openJobs.list({ since, until: end, limit: 10 })).toEqual([]);
    });

    test('counts hold when many jobs move at once', async () => {
      const { openJobs, statuses } = backend();
      const job_type = aType();
      const samples = Array.from({ length: 30 }, () => ({
        job_id: randomUUID(),
        job_type,
        submittedAt: anHour().since,
      }));
      await Promise.all(samples.map((sample) => statuses.advance(changeOf(sample, 'queued'))));
      expect(await openJobs.counts(job_type)).toEqual({ scheduled: 0, queued: 30, running: 0 });
      await Promise.all(
        samples.flatMap((sample, index) => [
          statuses.advance(changeOf(sample, 'started')),
          ...(index < 10 ? [statuses.advance(changeOf(sample, 'completed'))] : []),
        ]),
      );
      expect(await openJobs.counts(job_type)).toEqual({ scheduled: 0, queued: 0, running: 20 });
    });

    test('a job whose status has gone is still open, until a final status', async () => {
      const { backend: shortLived, pass } = await space().openShortLived();
      try {
        const { openJobs, statuses } = shortLived;
        const sample = { job_id: randomUUID(), job_type: aType(), submittedAt: anHour().since };
        const { job_id, job_type } = sample;
        await statuses.advance(changeOf(sample, 'queued'));
        await pass();
        expect(await statuses.get(job_id)).toBeNull();
        const gone = { ...sample, place: 'queued', status: null };
        expect(await openJobs.find(job_id)).toEqual(gone);
        expect(await openJobs.list({ jobTypes: [job_type], limit: 5 })).toEqual([gone]);
        expect(await openJobs.counts(job_type)).toMatchObject({ queued: 1 });
        await statuses.begin(changeOf(sample, 'started'));
        expect(await openJobs.find(job_id)).toMatchObject({ place: 'running', status: { progress_percent: 20 } });
        expect(await openJobs.counts(job_type)).toMatchObject({ queued: 0, running: 1 });
        await pass();
        await statuses.advance(changeOf(sample, 'completed'));
        await until('it is no longer open', patienceMs, async () => (await openJobs.find(job_id)) === null);
        expect(await openJobs.counts(job_type)).toEqual({ scheduled: 0, queued: 0, running: 0 });
      } finally {
        await shortLived.close();
      }
    });
  });
}
