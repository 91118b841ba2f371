import { randomUUID } from 'node:crypto';
import { documentOf } from '@dtq/core/job-document.ts';
import type { JobResult, JobSummary } from '@dtq/generated/schemas/types.ts';
import { AUSTIN, AUSTIN_OUTPUT, submitAustin } from '@dtq/testkit/held-handler.ts';
import { startSystem } from '@dtq/testkit/system.ts';
import { describe, expect, it } from 'vitest';
import { allPages, listed } from './test/pages.ts';
import { beginJob, endJob, storeEnd } from './test/play-worker.ts';
import { down, inMs, instead, JOB } from './test/requests.ts';

const TIMEOUT = { code: 'provider_timeout', message: 'too late' } as const;

/** A document of another program's worker, which knows nothing of a submit. */
function foreign(completed_at: string): JobResult {
  const job = { job_id: randomUUID(), job_type: 'weather', input: AUSTIN, trace_id: randomUUID() };
  return documentOf(job, { output: AUSTIN_OUTPUT, error: null }, completed_at);
}

function idsOf(jobs: readonly JobSummary[]): string[] {
  return jobs.map(({ job_id }) => job_id);
}

/** The order of the list. */
function newestFirst(jobs: readonly JobSummary[]): JobSummary[] {
  return [...jobs].sort((a, b) => {
    const [x, y] = [`${a.submitted_at} ${a.job_id}`, `${b.submitted_at} ${b.job_id}`];
    return x === y ? 0 : x > y ? -1 : 1;
  });
}

describe('GET /v1/jobs', () => {
  it('has a job of every state, each as it is known, and counts them', async () => {
    const { client, backend } = await startSystem({ worker: false });
    const run_at = inMs(3_600_000);
    const scheduled = (await client.submitJob({ body: { ...JOB, run_at, priority: 'high' } })).data?.job_id;
    const [queued, running, completed, failed] = [
      await submitAustin({ client }),
      await submitAustin({ client }),
      await submitAustin({ client }),
      await submitAustin({ client }),
    ];
    for (const jobId of [running, completed, failed]) await beginJob(backend, jobId);
    await endJob(backend, completed);
    await endJob(backend, failed, TIMEOUT);
    const { data } = await client.listJobs({});
    const byId = new Map(data?.jobs.map((job) => [job.job_id, job]));
    expect(byId.size).toBe(5);
    expect(byId.get(String(scheduled))).toMatchObject({ state: 'queued', run_at, priority: 'high', attempt: 1 });
    expect(byId.get(queued)).toMatchObject({ state: 'queued', message: 'waiting for a worker', progress_percent: 0 });
    expect(byId.get(running)).toMatchObject({ state: 'running', progress_percent: 20, started_at: expect.any(String) });
    expect(byId.get(completed)).toMatchObject({
      job_type: 'weather',
      state: 'completed',
      progress_percent: 100,
      message: 'completed',
      attempt: 1,
      submitted_at: expect.any(String),
      completed_at: expect.any(String),
      trace_id: expect.any(String),
    });
    expect(byId.get(failed)).toMatchObject({ state: 'failed', error_code: 'provider_timeout', message: 'too late' });
    expect(data?.next_cursor).toBeNull();
    expect(data?.counts).toEqual({ queued: 2, running: 1, completed: 1, failed: 1 });
  });

  it('is empty over nothing', async () => {
    const { client } = await startSystem({ worker: false });
    expect((await client.listJobs({})).data).toEqual({
      jobs: [],
      next_cursor: null,
      counts: { queued: 0, running: 0, completed: 0, failed: 0 },
    });
  });

  it('is in the order of the submits, and the same whatever the size of a page', async () => {
    const { client, backend, request } = await startSystem({ worker: false });
    const ids = await Promise.all(Array.from({ length: 30 }, () => submitAustin({ client })));
    for (const [index, jobId] of ids.entries()) if (index % 3 === 0) await endJob(backend, jobId);
    const others = [foreign('2026-02-14T15:12:06Z'), foreign('2026-02-14T15:12:05.5Z'), foreign(inMs(0))];
    for (const other of others) await backend.results.insert(other);
    const all = await listed(request, '?limit=200');
    expect(all).toHaveLength(33);
    expect(idsOf(all.slice(0, 30))).toEqual(idsOf(newestFirst(all.slice(0, 30))));
    expect(idsOf(all.slice(30))).toEqual([others[2], others[0], others[1]].map((other) => other?.job_id));
    for (const limit of [1, 2, 7, 29, 30, 31, 33]) {
      const pages = await allPages(request, `limit=${limit}`);
      for (const page of pages) expect(page.length).toBeLessThanOrEqual(limit);
      expect(idsOf(pages.flat())).toEqual(idsOf(all));
    }
  });

  it('has fifty a page where nobody says how many', async () => {
    const { client, request } = await startSystem({ worker: false });
    await Promise.all(Array.from({ length: 60 }, () => submitAustin({ client })));
    const pages = await allPages(request, '');
    expect(pages.map((page) => page.length)).toEqual([50, 10]);
  });

  it('takes every filter, alone and together', async () => {
    const { client, backend, request } = await startSystem({ worker: false });
    const first = (await client.submitJob({ body: JOB })).data;
    const [queued, done] = [await submitAustin({ client }), await submitAustin({ client })];
    const quote = (await client.submitJob({ body: { job_type: 'quote', payload: {} } })).data;
    const failed = await submitAustin({ client });
    await endJob(backend, done);
    await endJob(backend, failed, TIMEOUT);
    await beginJob(backend, String(first?.job_id));
    const found = async (query: string): Promise<string[]> => idsOf(await listed(request, `?${query}`)).sort();
    const sorted = (...ids: (string | undefined)[]): string[] => ids.map(String).sort();
    expect(await found('job_type=quote')).toEqual(sorted(quote?.job_id));
    expect(await found('state=queued')).toEqual(sorted(queued, quote?.job_id));
    expect(await found('state=running')).toEqual(sorted(first?.job_id));
    expect(await found('state=completed')).toEqual(sorted(done));
    expect(await found('state=failed')).toEqual(sorted(failed));
    expect(await found('error_code=provider_timeout')).toEqual(sorted(failed));
    expect(await found('error_code=provider_timeout&state=queued')).toEqual([]);
    expect(await found('error_code=timed_out')).toEqual([]);
    expect(await found(`trace_id=${first?.trace_id}`)).toEqual(sorted(first?.job_id));
    const ended = await backend.results.get(done);
    expect(await found(`trace_id=${ended?.trace_id}`)).toEqual(sorted(done));
    expect(await found(`trace_id=${ended?.trace_id}&state=queued`)).toEqual([]);
    expect(await found('state=queued&job_type=weather')).toEqual(sorted(queued));
    const counts = (await client.listJobs({ params: { query: { job_type: 'weather', state: 'queued' } } })).data
      ?.counts;
    expect(counts).toEqual({ queued: 1, running: 1, completed: 1, failed: 1 });
  });

  it('has those from a time on, and those before one', async () => {
    const { client, backend, request } = await startSystem({ worker: false });
    const jobs: { job_id: string; submitted_at: string }[] = [];
    for (let index = 0; index < 6; index += 1) {
      const { data } = await client.submitJob({ body: JOB });
      if (data !== undefined) jobs.push(data);
      if (index % 2 === 0) await endJob(backend, String(data?.job_id));
      // Each in a millisecond of its own.
      const at = Date.parse(String(data?.submitted_at));
      while (Date.now() <= at) await new Promise(setImmediate);
    }
    for (const [index, { submitted_at }] of jobs.entries()) {
      const ids = jobs.map(({ job_id }) => job_id);
      const since = idsOf(await listed(request, `?since=${submitted_at}`));
      const until = idsOf(await listed(request, `?until=${submitted_at}`));
      expect(since.sort()).toEqual(ids.slice(index).sort());
      expect(until.sort()).toEqual(ids.slice(0, index).sort());
    }
  });

  it('finds an open job by its trace id among many, on pages that may be short', async () => {
    const { client, request } = await startSystem({ worker: false });
    const { data } = await client.submitJob({ body: JOB });
    const jobs = Array.from({ length: 1000 }, () => JOB);
    await client.submitJobs({ body: { jobs: jobs as never } });
    await client.submitJobs({ body: { jobs: jobs.slice(0, 200) as never } });
    const pages = await allPages(request, `trace_id=${data?.trace_id}`);
    expect(idsOf(pages.flat())).toEqual([data?.job_id]);
    expect(pages.length).toBeGreaterThan(1);
    expect(pages[0]).toEqual([]);
  });
});

describe('a job whose end the index never heard of', () => {
  it('is shown as ended, and healed', async () => {
    const { client, backend, request } = await startSystem({
      worker: false,
      broken: ({ statuses }) => ({ statuses: instead(statuses, {}) }),
    });
    const job_id = await submitAustin({ client });
    const stored = await storeEnd(backend, job_id);
    // As where nothing was told of it for some time.
    const late = await startSystem({
      worker: false,
      broken: {
        results: backend.results,
        statuses: backend.statuses,
        openJobs: instead(backend.openJobs, {
          list: async (query) =>
            (await backend.openJobs.list(query)).map((job) => ({
              ...job,
              status: job.status === null ? null : { ...job.status, updated_at: '2026-02-14T15:12:06Z' },
            })),
        }),
      },
    });
    const [job] = await listed(late.request, '');
    expect(job).toMatchObject({ job_id, state: 'completed', completed_at: stored.completed_at });
    expect(await backend.openJobs.find(job_id)).toBeNull();
    expect(await backend.statuses.get(job_id)).toMatchObject({ state: 'completed' });
    expect(await listed(request, '?state=queued')).toEqual([]);
  });

  it('is shown once, where its document is, although another program did it', async () => {
    const { client, backend, request } = await startSystem({
      worker: false,
      broken: ({ openJobs }) => ({
        openJobs: instead(openJobs, {
          list: async (query) => (await openJobs.list(query)).map((job) => ({ ...job, status: null })),
        }),
      }),
    });
    const job_id = await submitAustin({ client });
    await backend.results.insert({ ...foreign(inMs(0)), job_id });
    expect(await listed(request, '?state=queued')).toEqual([]);
    const pages = await allPages(request, 'limit=1');
    expect(pages.flat()).toEqual([expect.objectContaining({ job_id, state: 'completed' })]);
  });

  it('is shown by its place where its status has gone and it has not ended', async () => {
    const { client, request } = await startSystem({
      worker: false,
      broken: ({ openJobs }) => ({
        openJobs: instead(openJobs, {
          list: async (query) => (await openJobs.list(query)).map((job) => ({ ...job, status: null })),
        }),
      }),
    });
    const { data } = await client.submitJob({ body: JOB });
    expect(await listed(request, '')).toEqual([
      {
        job_id: data?.job_id,
        job_type: 'weather',
        state: 'queued',
        progress_percent: 0,
        message: 'waiting for a worker',
        submitted_at: data?.submitted_at,
        updated_at: data?.submitted_at,
      },
    ]);
  });
});

describe('while a store is down', () => {
  it.each([
    ['openJobs', 'redis'],
    ['results', 'mongodb'],
  ] as const)('%s: 503, never a part of the jobs', async (port, part) => {
    const { client } = await startSystem({
      worker: false,
      broken: (backend) => ({ [port]: instead(backend[port], { list: down(part), counts: down(part) } as never) }),
    });
    const { error, response } = await client.listJobs({});
    expect(error).toMatchObject({ status: 503, code: 'store_unavailable' });
    expect(response.headers.get('retry-after')).toBe('1');
  });
});
