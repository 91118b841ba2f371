import { OPERATIONS } from '@dtq/generated/rest/operations.ts';
import type { JobList } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { type Check, hold, same } from '../check.ts';
import type { Kit } from '../kit.ts';
import { json, moment, violationsAt } from './answers.ts';

const LIST = OPERATIONS.listJobs.path;
const BATCH = OPERATIONS.submitJobs.path;
const WEATHER = { job_type: 'weather', payload: { city: 'Austin', units: 'metric' } } as const;

async function page(kit: Kit, query: Readonly<Record<string, string>>): Promise<JobList> {
  const answer = await kit.http.call(`${LIST}?${new URLSearchParams(query)}`);
  return json(answer, 200, strict.JobList, 'a page of jobs');
}

export const MANY_CHECKS: readonly Check[] = [
  {
    id: 'http.list-newest-first',
    title: 'the list has every job, the newest first',
    promise: '`GET /v1/jobs`: 200 a page, keyset cursor; the newest first',
    needs: ['list'],
    run: async (kit) => {
      const made = [await kit.submit(kit.settings.job), await kit.submit(kit.settings.job)];
      const since = String(made[0]?.submitted_at);
      const { jobs } = await page(kit, { since, limit: '200' });
      for (const { job_id } of made)
        hold(
          jobs.some((job) => job.job_id === job_id),
          `the list since ${since} must have ${job_id}`,
        );
      const times = jobs.map(({ submitted_at }) => moment(submitted_at, 'submitted_at'));
      hold(
        times.every((at, index) => index === 0 || at <= Number(times[index - 1])),
        'the jobs of a page must come in the order of their submit, the newest first',
      );
    },
  },
  {
    id: 'http.list-pages',
    title: 'page after page shows each job once',
    promise: '200 a page, keyset cursor',
    needs: ['list'],
    run: async (kit, note) => {
      const made: string[] = [];
      let since = '';
      for (let index = 0; index < 5; index += 1) {
        const { job_id, submitted_at } = await kit.submit(kit.settings.job);
        if (since === '') since = submitted_at;
        made.push(job_id);
      }
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const found: JobList = await page(kit, { since, limit: '2', ...(cursor === null ? {} : { cursor }) });
        hold(found.jobs.length <= 2, `a page with limit=2 must have two jobs at most, and has ${found.jobs.length}`);
        seen.push(...found.jobs.map(({ job_id }) => job_id));
        cursor = found.next_cursor;
      } while (cursor !== null && seen.length < 1000);
      same(new Set(seen).size, seen.length, 'the number of different jobs that the pages show');
      for (const id of made) hold(seen.includes(id), `the pages must show ${id}`);
      note(`${seen.length} jobs`);
    },
  },
  {
    id: 'http.list-filters',
    title: 'filters add up: type, state, trace_id',
    promise: '`GET /v1/jobs`: a page of the jobs that match every filter',
    needs: ['list'],
    run: async (kit) => {
      const { accepted, submit } = await kit.completedJob();
      const { trace_id } = accepted;
      const matching = { trace_id, state: 'completed', job_type: submit.job_type };
      const { jobs } = await kit.until('the list shows it as completed', async () => {
        const found = await page(kit, matching);
        return found.jobs.length > 0 ? found : null;
      });
      same(
        jobs.map(({ job_id }) => job_id),
        [accepted.job_id],
        `the jobs with ${JSON.stringify(matching)}`,
      );
      same((await page(kit, { ...matching, state: 'failed' })).jobs, [], 'the failed jobs of that trace');
      const other = submit.job_type === 'quote' ? 'weather' : 'quote';
      same((await page(kit, { ...matching, job_type: other })).jobs, [], `the ${other} jobs of that trace`);
    },
  },
  {
    id: 'http.list-refused',
    title: 'a filter, limit or cursor that is none is 400',
    promise: '`GET /v1/jobs`: 400',
    needs: ['list'],
    run: async ({ http }) => {
      for (const [name, value] of [
        ['limit', '0'],
        ['limit', '201'],
        ['state', 'done'],
        ['since', 'yesterday'],
        ['cursor', 'bm90aGluZw'],
      ])
        violationsAt(await http.call(`${LIST}?${name}=${value}`), `#/query/${name}`);
    },
  },
  {
    id: 'http.batch-verdicts',
    title: 'each job of many has a verdict of its own, in order',
    promise: '`POST /v1/jobs:batch`: 207, a status and a body (as of a single submit) for each item',
    needs: ['batch'],
    run: async (kit, note) => {
      const jobs = [kit.settings.job, { job_type: 'weather', payload: { city: 'Austin' } }, kit.settings.job];
      const answer = await kit.http.call(BATCH, { json: { jobs } });
      const { results } = json(answer, 207, strict.SubmitJobsResponse, 'the answer to many submits');
      same(
        results.map(({ status }) => status),
        [202, 400, 202],
        'the statuses of the verdicts',
      );
      const refusal = results[1]?.body as { violations?: { pointer: string }[] };
      same(
        refusal.violations?.map(({ pointer }) => pointer),
        ['/payload/units'],
        'the places that the refusal names',
      );
      const [first, , third] = results.map(({ body }) =>
        'state' in body && 'job_id' in body ? String(body.job_id) : '',
      );
      hold(first !== third, 'two jobs of one request must have ids of their own');
      await kit.ended(String(first));
      note(results.map(({ status }) => status).join(' '));
    },
  },
  {
    id: 'http.batch-refused',
    title: 'a batch without jobs is 400',
    promise: '`POST /v1/jobs:batch` body `{"jobs": [submit bodies]}`: 400',
    needs: ['batch'],
    run: async ({ http }) => {
      violationsAt(await http.call(BATCH, { json: { jobs: [] } }), '/jobs');
      violationsAt(await http.call(BATCH, { json: WEATHER }), '/jobs', '/job_type', '/payload');
    },
  },
  {
    id: 'http.failures',
    title: 'the report of failures',
    promise: '`GET /v1/failures`: what failed, by type and code, over time',
    needs: ['failures', 'failing-job'],
    run: async (kit, note) => {
      const { submit } = await kit.failedJob();
      const path = OPERATIONS.listFailures.path;
      const report = await kit.until(`a failed ${submit.job_type} job is counted`, async () => {
        const found = json(await kit.http.call(path), 200, strict.FailureReport, 'the report of failures');
        return found.groups.some(({ job_type }) => job_type === submit.job_type) ? found : null;
      });
      note(JSON.stringify(report.groups[0]));
      violationsAt(await kit.http.call(`${path}?since=long+ago`), '#/query/since');
    },
  },
  {
    id: 'http.system',
    title: 'the system at a glance',
    promise: '`GET /v1/system`: 200 parts, workers, throughput, backlog',
    needs: ['system'],
    run: async ({ http }, note) => {
      const report = json(await http.call(OPERATIONS.getSystem.path), 200, strict.SystemReport, 'the system report');
      same(
        report.parts.map(({ part }) => part).sort(),
        ['kafka', 'mongodb', 'rabbitmq', 'redis'],
        'the parts of the system report',
      );
      note(`${report.backend}: ${report.workers?.length} workers`);
    },
  },
  {
    id: 'http.health',
    title: 'healthz tells of each part',
    promise: '`GET /healthz`: 200 `{status:"ok", checks:{kafka,redis,rabbitmq,mongodb: boolean}, time}`',
    needs: [],
    run: async ({ http }, note) => {
      const health = json(await http.call(OPERATIONS.getHealth.path), 200, strict.Health, 'the answer of healthz');
      same(health.status, 'ok', 'its status');
      same(Object.values(health.checks), [true, true, true, true], 'its checks');
      note(JSON.stringify(health.checks));
    },
  },
  {
    id: 'http.liveness',
    title: 'livez',
    promise: '`GET /livez`: 200',
    needs: ['probes'],
    run: async ({ http }) => {
      json(await http.call(OPERATIONS.getLiveness.path), 200, strict.Liveness, 'the answer of livez');
    },
  },
  {
    id: 'http.readiness',
    title: 'readyz',
    promise: '`GET /readyz`: 200',
    needs: ['probes'],
    run: async ({ http }) => {
      const { status } = json(
        await http.call(OPERATIONS.getReadiness.path),
        200,
        strict.Readiness,
        'the answer of readyz',
      );
      same(status, 'ready', 'its status');
    },
  },
];
