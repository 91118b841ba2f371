import type { Backend } from '@dtq/core/ports.ts';
import { startSystem } from '@dtq/testkit/system.ts';
import { describe, expect, it } from 'vitest';
import { allPages } from './test/pages.ts';
import { beginJob, endJob, storeEnd } from './test/play-worker.ts';
import { instead, JOB, post } from './test/requests.ts';

// Somebody leafs through all jobs while they start and end: between two pages, and between the two reads of one page. No job
// may be missing, and none may be there twice.

/** Does something to the next few jobs each time it is called, until there are none left. */
function stepper(
  ids: readonly string[],
  count: number,
  step: (jobId: string) => Promise<unknown>,
): () => Promise<void> {
  const left = [...ids];
  return async () => {
    for (const jobId of left.splice(0, count)) await step(jobId);
  };
}

async function walked(
  steps: (backend: Backend, ids: readonly string[]) => { between?: () => Promise<void>; within?: () => Promise<void> },
  { limit = 5, count = 60 } = {},
): Promise<{ ids: string[]; walk: string[] }> {
  let within = async (): Promise<void> => undefined;
  const system = await startSystem({
    worker: false,
    broken: ({ openJobs, results }) => ({
      // What happens between the two reads of a page happens after the first, whichever that is.
      openJobs: instead(openJobs, {
        list: async (query) => {
          const found = await openJobs.list(query);
          await within();
          return found;
        },
      }),
      results: instead(results, {
        list: async (query) => {
          const found = await results.list(query);
          await within();
          return found;
        },
      }),
    }),
  });
  const jobs = Array.from({ length: count }, () => JOB);
  const response = await system.request('/v1/jobs:batch', post({ jobs }));
  const { results } = (await response.json()) as { results: { body: { job_id: string } }[] };
  const ids = results.map(({ body }) => body.job_id);
  const order = (await allPages(system.request, 'limit=200')).flat().map(({ job_id }) => job_id);
  const { between, within: inside } = steps(system.backend, order);
  within = inside ?? within;
  const pages = await allPages(system.request, `limit=${limit}`, between);
  return { ids, walk: pages.flat().map(({ job_id }) => job_id) };
}

function expectWhole({ ids, walk }: { ids: string[]; walk: string[] }): void {
  expect(walk).toHaveLength(ids.length);
  expect([...walk].sort()).toEqual([...ids].sort());
}

const shuffled = (ids: readonly string[]): string[] => ids.toSorted((a, b) => (a.slice(-4) < b.slice(-4) ? -1 : 1));

const ORDERS: readonly [string, (ids: readonly string[]) => string[]][] = [
  ['as they are listed', (ids) => [...ids]],
  ['the last first', (ids) => ids.toReversed()],
  ['at random', shuffled],
];

describe('a walk through the list', () => {
  it.each(ORDERS)('misses nothing and doubles nothing while jobs end between the pages, %s', async (_name, order) => {
    expectWhole(await walked((backend, ids) => ({ between: stepper(order(ids), 4, (id) => endJob(backend, id)) })));
  });

  it.each(ORDERS)('nor while they end within the pages, %s', async (_name, order) => {
    expectWhole(await walked((backend, ids) => ({ within: stepper(order(ids), 3, (id) => endJob(backend, id)) })));
  });

  it('nor while their documents stand and the index has not heard of it yet', async () => {
    expectWhole(await walked((backend, ids) => ({ within: stepper(shuffled(ids), 3, (id) => storeEnd(backend, id)) })));
  });

  it('nor while they start', async () => {
    expectWhole(
      await walked((backend, ids) => ({
        between: stepper(shuffled(ids), 4, (id) => beginJob(backend, id)),
        within: stepper(ids.toReversed(), 2, (id) => endJob(backend, id)),
      })),
    );
  });

  it('nor with pages of one job', async () => {
    expectWhole(
      await walked((backend, ids) => ({ within: stepper(shuffled(ids), 1, (id) => endJob(backend, id)) }), {
        limit: 1,
        count: 20,
      }),
    );
  });
});
