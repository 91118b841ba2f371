import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { expect, it } from 'vitest';
import { createApp } from './app.ts';
import { DEFAULTS } from './options.ts';

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = freshFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

it('serves the page, the documentation and the document where they are, and nothing else', async () => {
  const pageFolder = folderOf({ 'index.html': 'page', 'assets/a-1.js': 'code', '.stamp': 'x', 'secret.env': 'x' });
  const docsFolder = folderOf({ 'index.html': 'docs', 'rest.html': 'operations' });
  const app = createApp({ ...DEFAULTS, past: 0, pageFolder, docsFolder });
  const asked = async (at: string, accept = '*/*') => {
    const response = await app(new Request(new URL(at, 'http://mock.test'), { headers: { accept } }));
    return [response.status, response.headers.get('location') ?? (await response.text()).slice(0, 10)];
  };
  expect(await asked('/')).toEqual([200, 'page']);
  expect(await asked('/assets/a-1.js')).toEqual([200, 'code']);
  expect(await asked('/jobs/some-job', 'text/html')).toEqual([200, 'page']);
  expect(await asked('/docs')).toEqual([302, '/docs/']);
  expect(await asked('/docs/')).toEqual([200, 'docs']);
  expect(await asked('/docs/rest.html')).toEqual([200, 'operations']);
  expect(await asked('/openapi.json')).toEqual([200, '{"openapi"']);
  for (const at of [
    '/.stamp',
    '/secret.env',
    '/jobs/some-job',
    '/docs/more.html',
    '/%2e%2e/package.json',
    '/..%2fa.js',
  ])
    expect((await asked(at))[0], at).toBe(404);
  const bare = createApp({ ...DEFAULTS, past: 0 });
  for (const at of ['/', '/docs', '/docs/'])
    expect((await bare(new Request(new URL(at, 'http://mock.test')))).status).toBe(404);
});
