import { heldToContract } from '@dtq/testkit/contract-response.ts';
import { startSystem } from '@dtq/testkit/system.ts';
import { expect, it } from 'vitest';
import { createApp } from './app.ts';
import { DEFAULTS } from './options.ts';

// Whoever has built against the mock must meet the same refusals at the API, to the word.

const UNKNOWN = '6aab8fca-7059-40c4-97d4-53f55fd5bf67';
const weather = (more: object) => ({ job_type: 'weather', payload: { city: 'Austin', units: 'metric' }, ...more });
const posted = (
  body: unknown,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): RequestInit => {
  return { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
};
const deep = `${'['.repeat(40)}${']'.repeat(40)}`;

const REFUSED: readonly (readonly [string, RequestInit?])[] = [
  ['/v1/jobs', posted({})],
  ['/v1/jobs', posted([])],
  ['/v1/jobs', posted({ job_type: 'wether', payload: {}, more: 1 })],
  ['/v1/jobs', posted({ job_type: 'weather', payload: { city: '', units: 'kelvin', 'a/b~c': 1 } })],
  ['/v1/jobs', posted(weather({ priority: 'urgent' }))],
  ['/v1/jobs', posted(weather({ run_at: '2000-01-01T00:00:00Z', delay: '1h' }))],
  ['/v1/jobs', posted(weather({ delay: '31d' }))],
  ['/v1/jobs', posted(weather({ delay: 'soon' }))],
  ['/v1/jobs', posted(weather({ run_at: '2016-12-31T23:59:60Z' }))],
  ['/v1/jobs', posted('{"job_type": ')],
  ['/v1/jobs', posted('')],
  ['/v1/jobs', posted(deep)],
  ['/v1/jobs', posted('{"job_type":"weather","payload":{"__proto__":{}}}')],
  ['/v1/jobs', posted('{"job_type":"\\ud800"}')],
  ['/v1/jobs', posted({}, { 'content-type': 'text/plain' })],
  ['/v1/jobs', posted({}, { 'content-type': 'application/json; charset=latin1' })],
  ['/v1/jobs', posted({}, { 'content-type': 'application/json', 'content-encoding': 'gzip' })],
  ['/v1/jobs', posted({ padding: 'x'.repeat(70_000) })],
  ['/v1/jobs', posted(weather({}), { 'content-type': 'application/json', 'idempotency-key': 'ü' })],
  ['/v1/jobs?limit=0'],
  ['/v1/jobs?limit=many&state=lost'],
  ['/v1/jobs?state=queued&state=failed'],
  ['/v1/jobs?cursor=bm9uc2Vuc2U'],
  ['/v1/jobs?since=2016-12-31T23:59:60Z'],
  ['/v1/jobs?nonsense=1'],
  ['/v1/jobs:batch', posted({ jobs: [] })],
  ['/v1/jobs/none'],
  [`/v1/jobs/${UNKNOWN}`],
  [`/v1/jobs/${UNKNOWN}?wait=2h`],
  [`/v1/jobs/${UNKNOWN}/events`, { headers: { 'last-event-id': 'x' } }],
  [`/v1/jobs/${UNKNOWN}/position`],
  [`/v1/jobs/${UNKNOWN}/cancel`, { method: 'POST' }],
  [`/v1/jobs/${UNKNOWN}/cancel`],
  ['/v1/dead-letters/none'],
  ['/v1/dead-letters/jobs.weather.v1:0:1'],
  ['/v1/dead-letters?cursor=bm9uc2Vuc2U'],
  ['/v1/failures?since=2001-01-01T00:00:00Z'],
  ['/v1/replays', posted({ filter: { job_ids: [] } })],
  ['/v1/replays', posted({ filter: { since: '2016-12-31T23:59:60Z' } })],
  ['/v1/nowhere'],
  ['/v1/jobs', { method: 'DELETE' }],
];

it('refuses what the API refuses, in the same words', async () => {
  const system = await startSystem({ worker: false });
  const mock = createApp({ ...DEFAULTS, past: 0 });
  for (const [path, init] of REFUSED) {
    const request = (): Request => new Request(new URL(path, 'http://dtq.test'), init);
    const asked = request();
    const [theirs, ours] = [await system.app.fetch(request()), await heldToContract(asked, await mock(request()))];
    const body = async (response: Response): Promise<unknown> => {
      const { trace_id: _id, ...rest } = (await response.json()) as Record<string, unknown>;
      return { status: response.status, allow: response.headers.get('allow'), ...rest };
    };
    expect(await body(ours), `${path} ${String(init?.body).slice(0, 80)}`).toEqual(await body(theirs));
  }
});
