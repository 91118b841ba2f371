import { encodeCursor } from '@dtq/core/cursor.ts';
import { submitAustin } from '@dtq/testkit/held-handler.ts';
import { startSystem } from '@dtq/testkit/system.ts';
import { describe, expect, it } from 'vitest';
import { pageOf } from './test/pages.ts';

// What no list takes, each refused with the place that is wrong.

const ID = '3f2c7b9e-0d5a-4c11-9a77-0a6c5f1f2b3d';

const common: readonly [string, string][] = [
  ['limit=0', 'limit'],
  ['limit=201', 'limit'],
  ['limit=-1', 'limit'],
  ['limit=1.5', 'limit'],
  ['limit=1e400', 'limit'],
  ['limit=-1e400', 'limit'],
  ['limit=ten', 'limit'],
  ['limit=1&limit=2', 'limit'],
  ['cursor=', 'cursor'],
  ['cursor=%00', 'cursor'],
  ['cursor=a.b', 'cursor'],
  [`cursor=${'A'.repeat(401)}`, 'cursor'],
  ['cursor=abc', 'cursor'],
  [`cursor=${encodeCursor([])}`, 'cursor'],
  [`cursor=${encodeCursor([1])}`, 'cursor'],
  [`cursor=${encodeCursor([1, 'nobody'])}`, 'cursor'],
  [`cursor=${encodeCursor([1.5, ID])}`, 'cursor'],
  [`cursor=${encodeCursor([9e15, ID])}`, 'cursor'],
  [`cursor=${encodeCursor([null, ID])}`, 'cursor'],
  [`cursor=${encodeCursor(['yesterday', ID])}`, 'cursor'],
  [`cursor=${encodeCursor([1, ID, 1])}`, 'cursor'],
  [`cursor=${Buffer.from(JSON.stringify({ at: 1, id: ID })).toString('base64url')}`, 'cursor'],
  [`cursor=${Buffer.from(JSON.stringify([[1], ID])).toString('base64url')}`, 'cursor'],
  [`cursor=${Buffer.from(` ${JSON.stringify([1, ID])}`).toString('base64url')}`, 'cursor'],
  ['job_type=horoscope', 'job_type'],
  ['job_type=', 'job_type'],
  ['job_type=weather&job_type=quote', 'job_type'],
  ['since=yesterday', 'since'],
  ['since=2026-02-14', 'since'],
  ['since=2026-02-14T15:12:04', 'since'],
  ['since=2016-12-31T23:59:60Z', 'since'],
  ['until=0', 'until'],
  ['until=2016-12-31T23:59:60Z', 'until'],
  ['page=2', 'page'],
];

const jobs: readonly [string, string][] = [
  ['state=scheduled', 'state'],
  ['state=', 'state'],
  ['trace_id=17', 'trace_id'],
  ['error_code=', 'error_code'],
  [`error_code=${'x'.repeat(65)}`, 'error_code'],
  ['job_id=17', 'job_id'],
];

async function refused(path: string): Promise<{ status: number; code: string; violations: { pointer: string }[] }> {
  const { request } = await startSystem({ worker: false });
  return (await (await request(path)).json()) as never;
}

describe.each([
  ['/v1/jobs', [...common, ...jobs]],
  ['/v1/dead-letters', common],
])('GET %s', (path, queries) => {
  it.each(queries)('?%s is 400', async (query, name) => {
    const { status, code, violations } = await refused(`${path}?${query}`);
    expect({ status, code }).toEqual({ status: 400, code: 'invalid_request' });
    expect(violations.map(({ pointer }) => pointer)).toContain(`#/query/${name}`);
  });
});

describe('a cursor', () => {
  it('is the same wherever it is used, and of another list is refused or empty', async () => {
    const { client, request } = await startSystem({ worker: false });
    for (let index = 0; index < 3; index += 1) await submitAustin({ client });
    const { next_cursor } = await pageOf(request, '?limit=1');
    const [first, second] = [
      await pageOf(request, `?limit=1&cursor=${next_cursor}`),
      await pageOf(request, `?limit=1&cursor=${next_cursor}`),
    ];
    expect(second).toEqual(first);
    expect((await request(`/v1/dead-letters?cursor=${next_cursor}`)).status).toBe(400);
  });

  it('of a job that is no more still leads on', async () => {
    const { request } = await startSystem({ worker: false });
    const cursors = [encodeCursor([0, ID]), encodeCursor([8.64e15, ID]), encodeCursor(['2026-02-14T15:12:06Z', ID])];
    for (const cursor of cursors) expect((await pageOf(request, `?cursor=${cursor}`)).jobs).toEqual([]);
  });
});

describe('a dead letter id that is none', () => {
  it.each([['17'], ['jobs.weather.v1'], ['jobs.weather.v1:0'], ['a b:0:1'], ['jobs:x:1'], ['jobs%2F..:0:1']])(
    '%s is 400',
    async (id) => {
      const { request } = await startSystem({ worker: false });
      const encoded = id.includes('%') ? id : encodeURIComponent(id);
      for (const answer of [
        await request(`/v1/dead-letters/${encoded}`),
        await request(`/v1/dead-letters/${encoded}/replay`, { method: 'POST' }),
      ]) {
        expect(await answer.json()).toMatchObject({
          status: 400,
          violations: expect.arrayContaining([expect.objectContaining({ pointer: '#/path/dead_letter_id' })]),
        });
      }
    },
  );
});
