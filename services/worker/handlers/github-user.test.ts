import { readFileSync } from 'node:fs';
import { silentLogger } from '@dtq/core/log.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createProviders, type Providers } from '../providers/providers.ts';
import { NOWHERE } from '../providers/testing/config.ts';
import { runHandler } from '../providers/testing/run-handler.ts';
import { closedUrl, fixture, json, type Simulator, startSimulator } from '../providers/testing/simulator.ts';
import { githubUser } from './github-user.ts';

const OCTOCAT = JSON.parse(
  readFileSync(new URL('../providers/fixtures/github-octocat.json', import.meta.url), 'utf8'),
) as object;

let github: Simulator;

beforeEach(async () => {
  github = await startSimulator();
  github.on('/users/octocat', fixture('github-octocat'));
});
afterEach(() => github.close());

function providers(more: { url?: string; mode?: 'live' | 'auto'; token?: string } = {}): Providers {
  const { url = github.url, mode = 'live', token } = more;
  const config = { ...NOWHERE, mode, githubUrl: url, githubToken: token };
  return createProviders(config, silentLogger(), { latency: () => 0 });
}

const run = (username: string, from = providers()) => runHandler('github_user', githubUser, { username }, from);

test('gives the public profile, without what the user left empty', async () => {
  const output = await run('octocat');
  expect(output).toEqual({
    login: 'octocat',
    name: 'The Octocat',
    company: '@github',
    location: 'San Francisco',
    public_repos: 8,
    followers: 20_000,
    following: 9,
    created_at: '2011-01-25T18:44:36Z',
    profile_url: 'https://github.com/octocat',
    avatar_url: 'https://avatars.githubusercontent.com/u/583231?v=4',
    provider: 'github',
  });
  expect(strict.Output.github_user(output)).toBe(true);
  expect(Object.values(output)).not.toContain(undefined);
});

test('asks as GitHub wants to be asked, and without a token says nothing of one', async () => {
  await run('OctoCat');
  expect(github.requests[0]?.pathname).toBe('/users/octocat');
  expect(github.headers[0]).toMatchObject({
    accept: 'application/vnd.github+json',
    'user-agent': 'dtq',
    'x-github-api-version': '2022-11-28',
  });
  expect(github.headers[0]).not.toHaveProperty('authorization');
});

test('a token goes into its header and nowhere else', async () => {
  await run('octocat', providers({ token: 'ghp_secret' }));
  expect(github.headers[0]).toMatchObject({ authorization: 'Bearer ghp_secret' });
  expect(github.requests[0]?.href).not.toContain('ghp_secret');
});

test('a server of one’s own has its API below a path, and its own query', async () => {
  github.on('/api/v3/users/octocat', fixture('github-octocat'));
  expect(await run('octocat', providers({ url: `${github.url}/api/v3/?x=1` }))).toMatchObject({ login: 'octocat' });
  expect(github.requests[0]?.search).toBe('?x=1');
});

test('a user whom nobody knows is user_not_found, after one call', async () => {
  github.on('/users/nobody', fixture('github-not-found', 404));
  await expect(run('nobody')).rejects.toMatchObject({
    code: 'user_not_found',
    message: 'GitHub has no user called "nobody"',
  });
  expect(github.requests).toHaveLength(1);
});

test.each([
  { name: 'a token that GitHub does not take', status: 401 },
  { name: 'a user that GitHub does not show for the law', status: 451 },
])('$name is provider_rejected', async ({ status }) => {
  github.on('/users/octocat', json({ message: 'Bad credentials' }, status));
  await expect(run('octocat', providers({ token: 'ghp_secret' }))).rejects.toMatchObject({
    code: 'provider_rejected',
    message: `GitHub refused the request with HTTP ${status}`,
  });
});

test('what it has seen it asks for again only where it changed', async () => {
  const from = providers();
  github.on('/users/octocat', fixture('github-octocat', 200, { etag: 'W/"one"' }), (response) =>
    response.writeHead(304).end(),
  );
  const first = await run('octocat', from);
  expect(await run('OCTOCAT', from)).toEqual(first);
  expect(github.headers.map((headers) => headers['if-none-match'])).toEqual([undefined, 'W/"one"']);
});

test.each([
  { reset: 1800, says: 'GitHub refuses for too many requests and asks to wait 1800 s' },
  { reset: -5, says: 'GitHub refuses for too many requests and asks to wait 0 s' },
])('a limit that is used up until in $reset s: $says', async ({ reset, says }) => {
  const at = Math.floor(Date.now() / 1000) + reset;
  const headers = { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(at) };
  github.on('/users/octocat', fixture('github-rate-limited', 403, headers));
  const from = providers();
  const failure = await run('octocat', from).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'provider_rate_limited' });
  expect(String(failure).replace('1799', '1800')).toContain(says);
  // A wait beyond the policy's cap is not waited for, nor is the next job sent into it.
  const calls = reset > 0 ? 1 : 3;
  expect(github.requests).toHaveLength(calls);
  await expect(run('octocat', from)).rejects.toMatchObject({ code: 'provider_rate_limited' });
  expect(github.requests).toHaveLength(reset > 0 ? 1 : 6);
});

test('a short wait is waited for', async () => {
  github.on(
    '/users/octocat',
    fixture('github-secondary-limit', 403, { 'retry-after': '1' }),
    fixture('github-octocat'),
  );
  const start = performance.now();
  expect(await run('octocat')).toMatchObject({ login: 'octocat' });
  expect(performance.now() - start).toBeGreaterThanOrEqual(990);
  expect(github.requests).toHaveLength(2);
});

test.each([
  { change: { login: undefined }, words: 'login is missing' },
  {
    change: { public_repos: -1 },
    words: `public_repos is -1, not a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
  },
  { change: { followers: 1.5 }, words: `followers is 1.5, not a whole number from 0 to ${Number.MAX_SAFE_INTEGER}` },
  { change: { created_at: 'yesterday' }, words: 'created_at is not a time in UTC' },
  { change: { html_url: 'javascript:alert(1)' }, words: 'html_url is not an http or https URL' },
  { change: { avatar_url: 'https://x/ "onload=' }, words: 'avatar_url is not an http or https URL' },
  { change: { bio: 'a'.repeat(1001) }, words: 'bio has 1001 characters, more than 1000' },
  { change: { name: {} }, words: 'name is an object, not a text' },
])('$words', async ({ change, words }) => {
  github.on('/users/octocat', json({ ...OCTOCAT, ...change }));
  await expect(run('octocat')).rejects.toMatchObject({
    code: 'provider_invalid_response',
    message: `the answer of GitHub does not fit: ${words}`,
  });
});

const CLIMBING = [
  '..',
  '.',
  '../orgs/x',
  'a/b',
  'a%2fb',
  'a?b',
  'a#b',
  'a\\b',
  '%2e%2e',
  'a b',
  'é',
  '',
  'a\n',
  'a'.repeat(40),
];

test.each([...CLIMBING, '-a', 'a-', 'a--b', 'dependabot[bot]'])('the contract refuses the user name %j', (username) => {
  expect(strict.Payload.github_user({ username })).toBe(false);
});

test.each(CLIMBING)('%j would go nowhere even without the contract', async (username) => {
  await expect(run(username)).rejects.toBeInstanceOf(RangeError);
  expect(github.requests).toHaveLength(0);
});

test.each(['a', '0', 'a-b-c', 'A1', 'a'.repeat(39), `${'a-'.repeat(19)}a`])('the contract takes %j', (username) => {
  expect(strict.Payload.github_user({ username })).toBe(true);
});

test('without a network the sandbox answers, and says so', async () => {
  expect(await run('octocat', providers({ url: await closedUrl(), mode: 'auto', token: 'ghp_secret' }))).toMatchObject({
    login: 'octocat',
    provider: 'sandbox',
  });
});
