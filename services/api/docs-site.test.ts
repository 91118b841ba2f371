import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { docsRoutes } from './docs.ts';
import { securityHeaders } from './security.ts';

/** The routes with their security headers, over a site of those files. */
function served(files: Readonly<Record<string, string>>): Hono {
  const folder = freshFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  return new Hono().use(securityHeaders()).route('/', docsRoutes(folder));
}

const SITE = {
  'index.html': '<p id="problem-x">first</p>',
  'rest.html': 'operations',
  'style.css': 'p {}',
  'search.js': '0',
};

describe('the site of the contracts', () => {
  it('is at /docs, where it has been built, under the strict policy', async () => {
    const app = served(SITE);
    const asked = await app.request('/docs');
    expect([asked.status, asked.headers.get('location')]).toEqual([302, '/docs/']);
    const first = await app.request('/docs/');
    expect(await first.text()).toBe(SITE['index.html']);
    expect(first.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(first.headers.get('content-security-policy')).toMatch(
      /default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    for (const [name, type] of [
      ['rest.html', 'text/html'],
      ['style.css', 'text/css'],
      ['search.js', 'text/javascript'],
    ] as const) {
      const file = await app.request(`/docs/${name}`);
      expect([file.status, file.headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`]);
    }
  });

  it('is sent once, and again only where it has changed', async () => {
    const app = served(SITE);
    const etag = (await app.request('/docs/rest.html')).headers.get('etag') ?? '';
    expect((await app.request('/docs/rest.html', { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('leaves the page where requests are tried out, with all that it needs', async () => {
    const app = served(SITE);
    const page = await app.request('/docs/try');
    const own = [...(await page.text()).matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)].map(([, file]) => String(file));
    expect(own.length).toBeGreaterThan(3);
    for (const file of own) expect((await app.request(file)).status, file).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("style-src 'self' 'unsafe-inline'");
  });

  it('is the page of before where it has not been built, or not wholly', async () => {
    const apps = [
      new Hono().route('/', docsRoutes()),
      new Hono().route('/', docsRoutes('/nowhere')),
      served({ 'rest.html': '' }),
    ];
    for (const app of apps) {
      const page = await app.request('/docs');
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('id="problem-invalid_request"');
      expect((await app.request('/docs/rest.html')).status).toBe(404);
    }
  });

  it('has no file but its own', async () => {
    const folder = freshFolder();
    mkdirSync(path.join(folder, 'more.html'));
    writeFileSync(path.join(folder, 'index.html'), 'first');
    writeFileSync(path.join(folder, 'secret.env'), 'x');
    const app = new Hono().route('/', docsRoutes(folder));
    for (const name of [
      'secret.env',
      'more.html',
      '..%2f..%2fpackage.json',
      '%2e%2e/package.json',
      'constructor',
      '__proto__',
    ])
      expect((await app.request(`/docs/${name}`)).status, name).toBe(404);
  });
});
