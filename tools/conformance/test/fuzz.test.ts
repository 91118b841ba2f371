import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuzz, POISON, shownRun } from '../fuzz/run.ts';
import { OPERATIONS } from '../fuzz/schema.ts';
import type { Fetch } from '../http.ts';
import { type EmbeddedServer, embeddedServer } from './embedded-server.ts';

const REQUESTS = 10_000;

let server: EmbeddedServer;
beforeAll(async () => {
  // On a machine that others load too, what is slow is not yet amiss.
  server = await embeddedServer({ REQUEST_TIMEOUT: '30s' });
  for (const text of POISON) await server.poison(text);
});
afterAll(() => server.close());

function attack(fetch: Fetch, requests: number) {
  const seed = process.env['FUZZ_SEED'] ?? String(Math.floor(Math.random() * 2 ** 31));
  return fuzz({ requests, seed: Number(seed), api: 'http://dtq.test', fetch });
}

describe('an attack on the OpenAPI document', () => {
  it(`finds nothing with ${REQUESTS} requests to all operations (FUZZ_SEED makes the same ones again)`, {
    timeout: 600_000,
  }, async () => {
    const run = await attack(server.fetch, REQUESTS);
    expect(run.findings, shownRun(run)).toEqual([]);
    expect(run.requests).toBe(REQUESTS);
    for (const { id } of OPERATIONS) {
      const statuses = [...(run.answers.get(id) ?? [])];
      expect(
        statuses.some(([status]) => status < 300),
        `${id} was never answered well`,
      ).toBe(true);
    }
    // Jobs that earlier answers made were asked for, and cancels met them.
    expect(run.answers.get('getJob')?.get(200)).toBeGreaterThan(50);
    expect(run.answers.get('cancelJob')?.get(409)).toBeGreaterThan(50);
    expect(run.answers.get('getDeadLetter')?.get(200)).toBeGreaterThan(50);
    expect(run.answers.get('replayDeadLetter')?.get(202)).toBeGreaterThan(10);
  });

  const faults: readonly (readonly [
    string,
    (answer: Response, request: Request) => Promise<Response> | Response,
    RegExp,
  ])[] = [
    [
      'a status that the document does not have',
      (answer) =>
        answer.status === 400 ? new Response(answer.body, { status: 418, headers: answer.headers }) : answer,
      /has no 418/,
    ],
    [
      'a media type that the document does not have',
      async (answer) =>
        answer.status === 200
          ? new Response(await answer.text(), { headers: { 'content-type': 'text/html' } })
          : answer,
      /200 has no text\/html body/,
    ],
    [
      'a body that breaks its schema',
      async (answer, request) =>
        request.url.includes('/livez') && answer.status === 200 ? Response.json({ status: 'ok' }) : answer,
      /body \/ must have required property 'time'/,
    ],
    [
      'a 500',
      (answer, request) =>
        request.url.includes('limit')
          ? Response.json(
              { type: '/docs#problem-internal_error', title: 'x', status: 500, code: 'internal_error' },
              { status: 500, headers: { 'content-type': 'application/problem+json' } },
            )
          : answer,
      /500, though nothing is amiss/,
    ],
    [
      'a 202 for a body that breaks its schema',
      (answer, request) =>
        request.method === 'POST' && new URL(request.url).pathname === '/v1/replays' && answer.status === 400
          ? Response.json({ matched: 0, is_complete: true, replays: [] }, { status: 202 })
          : answer,
      /202, though the body breaks its schema/,
    ],
  ];
  it.each(faults)('finds %s', { timeout: 120_000 }, async (_, change, says) => {
    const run = await attack(async (request) => change(await server.fetch(request), request), 1000);
    expect(run.findings.map(({ fault }) => fault).join('\n')).toMatch(says);
  });
});
