import { describe, expect, it } from 'vitest';
import { settle } from './outcome.ts';

const problem = { type: '/docs#problem-not_accepted', title: 'Not accepted', status: 503, code: 'not_accepted' };

describe('settle', () => {
  it('hands the data on', async () => {
    expect(await settle(Promise.resolve({ data: 1, response: new Response('1') }))).toEqual({ kind: 'ok', data: 1 });
  });

  it('hands a problem on, with Retry-After in milliseconds', async () => {
    const response = new Response('', { status: 503, headers: { 'retry-after': '2' } });
    expect(await settle(Promise.resolve({ error: problem, response }))).toEqual({
      kind: 'problem',
      problem,
      retryAfterMs: 2000,
    });
  });

  it('counts an error that is no problem document as unreachable', async () => {
    const response = new Response('Bad Gateway', { status: 502 });
    expect(await settle(Promise.resolve({ error: 'Bad Gateway', response }))).toEqual({ kind: 'unreachable' });
    expect(await settle(Promise.resolve({ error: undefined, response }))).toEqual({ kind: 'unreachable' });
  });

  it('counts a rejection as unreachable', async () => {
    expect(await settle(Promise.reject(new TypeError('Failed to fetch')))).toEqual({ kind: 'unreachable' });
  });
});
