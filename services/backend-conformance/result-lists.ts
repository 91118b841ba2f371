import { randomUUID } from 'node:crypto';
import type { ResultQuery } from '@dtq/core/ports.ts';
import type { JobResult } from '@dtq/generated/schemas/types.ts';
import { describe, expect } from 'vitest';
import { until } from './facts.ts';
import { aFailedResult, anHour, aResult, aResultOf } from './samples.ts';
import type { Suite } from './suite.ts';

/** Lists of documents, by every filter and in pages, and how many there are. */
export function resultListCases({ backend, space, reopen, test, patienceMs }: Suite): void {
  const idsOf = (results: readonly JobResult[]): string[] => results.map(({ job_id }) => job_id);
  const iso = (ms: number): string => new Date(ms).toISOString();

  /** Documents of one hour in the order of a list, of which the last ones lack `submitted_at`; stored in another order. */
  const stored = async (): Promise<{ results: JobResult[]; hour: { since: string; until: string } }> => {
    const hour = anHour();
    const at = (minute: number): string => iso(hour.since + minute * 60_000);
    const timeout = { code: 'provider_timeout', message: 'too slow' };
    const times = (minute: number) => ({ started_at: at(minute), completed_at: at(minute + 1) });
    const submitted = [
      { ...aResult(), ...times(50), submitted_at: at(40) },
      { ...aFailedResult(), ...times(41), submitted_at: at(39) },
      { ...aFailedResult(), error: timeout, ...times(52), submitted_at: at(30) },
      { ...(await aResultOf('quote')), ...times(31), submitted_at: at(29) },
      { ...(await aResultOf('quote')), ...times(29), submitted_at: at(28) },
      { ...aResult(), ...times(33), submitted_at: at(20) },
      { ...aFailedResult(), error: timeout, ...times(44), submitted_at: at(10) },
    ] as JobResult[];
    // Two of one millisecond, by their ids backwards.
    const twins = [aResult(), aResult()]
      .map((result) => ({ ...result, ...times(9), submitted_at: at(9) }))
      .sort((a, b) => (a.job_id < b.job_id ? 1 : -1));
    const bare = [
      { ...aResult(), ...times(48) },
      { ...aFailedResult(), ...times(47) },
      { ...(await aResultOf('quote')), started_at: at(5), completed_at: at(46) },
      { ...aFailedResult(), error: timeout, ...times(2) },
    ] as JobResult[];
    const known = [...submitted, ...twins];
    for (const result of [...known].reverse()) await backend().results.insert(result);
    for (const result of bare) await space().putDocument({ ...result });
    return { results: [...known, ...bare], hour: { since: iso(hour.since), until: iso(hour.until) } };
  };

  describe('results: lists', () => {
    test('the newest submitted come first, then those that do not say when; by every filter and in pages', async () => {
      const { results, hour } = await stored();
      const counted = ({ submitted_at, started_at }: JobResult): string => submitted_at ?? started_at;
      const middle = (results[3] as JobResult).submitted_at as string;
      const some = idsOf(results).filter((_, index) => index % 3 === 0);
      const [traced, bareTraced] = [results[2], results.at(-1)] as [JobResult, JobResult];
      const filters: readonly (readonly [Partial<ResultQuery>, (result: JobResult) => boolean])[] = [
        [{}, () => true],
        [{ jobType: 'weather' }, ({ job_type }) => job_type === 'weather'],
        [{ jobType: 'quote' }, ({ job_type }) => job_type === 'quote'],
        [{ state: 'failed' }, ({ final_state }) => final_state === 'failed'],
        [
          { state: 'completed', jobType: 'weather' },
          ({ final_state, job_type }) => final_state === 'completed' && job_type === 'weather',
        ],
        [{ state: 'failed', jobType: 'quote' }, () => false],
        [{ errorCode: 'provider_timeout' }, ({ error }) => error?.code === 'provider_timeout'],
        [
          { errorCode: 'provider_timeout', jobType: 'weather', state: 'failed' },
          ({ error }) => error?.code === 'provider_timeout',
        ],
        [{ errorCode: 'provider_timeout', state: 'completed' }, () => false],
        [{ errorCode: 'internal_error' }, () => false],
        [{ traceId: traced.trace_id as string }, (result) => result === traced],
        [{ traceId: bareTraced.trace_id as string }, (result) => result === bareTraced],
        [{ traceId: randomUUID() }, () => false],
        [{ jobIds: some }, ({ job_id }) => some.includes(job_id)],
        [
          { jobIds: [...some, randomUUID()], state: 'completed' },
          ({ job_id, final_state }) => some.includes(job_id) && final_state === 'completed',
        ],
        [{ jobIds: [] }, () => false],
        [{ since: middle }, (result) => counted(result) >= middle],
        [{ until: middle }, (result) => counted(result) < middle],
        [{ until: middle, jobType: 'weather' }, (result) => counted(result) < middle && result.job_type === 'weather'],
        [{ since: middle, state: 'failed' }, (result) => counted(result) >= middle && result.final_state === 'failed'],
      ];
      for (const [filter, holds] of filters) {
        const query = { ...hour, ...filter };
        const expected = results.filter(holds);
        expect(await backend().results.list({ ...query, limit: 100 }), JSON.stringify(filter)).toEqual(expected);
        const paged: JobResult[] = [];
        for (;;) {
          const last = paged.at(-1);
          const { submitted_at = null, completed_at = '', job_id = '' } = last ?? {};
          const after = last === undefined ? {} : { after: { submitted_at, completed_at, job_id } };
          const page = await backend().results.list({ ...query, ...after, limit: 3 });
          paged.push(...page);
          if (page.length < 3) break;
        }
        expect(idsOf(paged), JSON.stringify(filter)).toEqual(idsOf(expected));
      }
    });

    test('a page has no more than its limit', async () => {
      const { hour, results } = await stored();
      const page = await backend().results.list({ ...hour, limit: 2 });
      expect(idsOf(page)).toEqual(idsOf(results).slice(0, 2));
    });
  });

  describe('results: counts', () => {
    test('each document is counted once, by type and state, over a restart', async () => {
      const type = 'github_user';
      const before = await backend().results.counts(type);
      const completed = await Promise.all([aResultOf(type), aResultOf(type), aResultOf(type)]);
      const failed = [aFailedResult(), aFailedResult()].map((one) => ({ ...one, job_type: type }) as JobResult);
      await Promise.all([...completed, ...failed].map((result) => backend().results.insert(result)));
      // Those that come second are of no account.
      await Promise.all([...completed, ...failed].map((result) => backend().results.insert(result)));
      const expected = { completed: before.completed + 3, failed: before.failed + 2 };
      const isCounted = async (): Promise<boolean> => {
        const counts = await backend().results.counts(type);
        return counts.completed === expected.completed && counts.failed === expected.failed;
      };
      await until('all are counted', patienceMs, isCounted);
      await reopen();
      await until('the counts are still known', patienceMs, isCounted);
      const total = await backend().results.counts();
      expect(total.completed).toBeGreaterThanOrEqual(expected.completed);
      expect(total.failed).toBeGreaterThanOrEqual(expected.failed);
    });
  });
}
