import { gzipSync } from 'node:zlib';
import type { JobMessage } from '@dtq/generated/schemas/types.ts';
import { AUSTIN } from '@dtq/testkit/held-handler.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { expect, it } from 'vitest';
import { seriousOf } from './axe.ts';
import { describeWithBrowser, devtools, openPage } from './browser.ts';
import { type Site, startSite } from './site.ts';

/** JavaScript of the first view at most, gzipped, in bytes. */
const FIRST_VIEW_AT_MOST = 40_000;
/** What 10,000 live updates may leave behind, in bytes. */
const GROWTH_AT_MOST = 4_000_000;

/** A site with something to show in each view. */
async function inhabited(): Promise<{ site: Site; views: readonly string[] }> {
  const site = await startSite();
  const done = await site.submit({ job_type: 'weather', payload: AUSTIN });
  const quote = await site.submit({ job_type: 'quote', payload: { category: 'courage', limit: 2 } });
  const rate = await site.submit({
    job_type: 'exchange_rate',
    payload: { base_currency: 'EUR', target_currency: 'USD' },
  });
  const user = await site.submit({ job_type: 'github_user', payload: { username: 'octocat' } });
  const failed = await site.submit({ job_type: 'github_user', payload: { username: 'nobody' } });
  const later = await site.submit({ job_type: 'weather', payload: AUSTIN, delay: '1h' });
  await Promise.all([done, quote, rate, user, failed].map(site.ended));
  await site.backend.queue.publish({ job_type: 'weather', job_id: done, payload: {} } as unknown as JobMessage);
  const letter = await eventually('it is buried', async () => {
    const { data } = await site.client.listDeadLetters();
    return data?.dead_letters[0]?.dead_letter_id;
  });
  const jobs = [done, quote, rate, user, failed, later].map((id) => `/jobs/${id}`);
  return { site, views: ['/', '/jobs', ...jobs, '/failures', '/dead-letters', `/dead-letters/${letter}`, '/system'] };
}

describeWithBrowser('the quality of the page', () => {
  it.each(['light', 'dark'] as const)('axe finds nothing serious in any view, %s', async (colorScheme) => {
    const { site, views } = await inhabited();
    const page = await openPage(site.url, { colorScheme });
    for (const view of views) {
      await page.goto(site.url + view);
      await page.locator('main h1').first().waitFor();
      await page.locator('.loading').waitFor({ state: 'detached' });
      expect(await seriousOf(page), `${view} ${colorScheme}`).toEqual([]);
    }
  });

  it('axe finds nothing serious in a wrong form, in JSON, in options and in a dialog', async () => {
    const { site } = await inhabited();
    const page = await openPage(site.url);
    await page.getByText('When and how urgent').click();
    await page.getByText('The same from a shell or a program').click();
    await page.getByRole('button', { name: 'Get the weather' }).click();
    await page.getByText('Fill this in.').waitFor();
    expect(await seriousOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'JSON' }).click();
    expect(await seriousOf(page)).toEqual([]);
    await page.goto(`${site.url}/jobs`);
    await page.locator('tbody tr').first().waitFor();
    await page.locator('.filter-more summary').click();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Keys' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await seriousOf(page)).toEqual([]);
  });

  it('JavaScript of the first view is at most 40 kB', async () => {
    const site = await startSite();
    const page = await openPage(site.url);
    const sizes = new Map<string, number>();
    page.on('response', async (response) => {
      if (!response.url().endsWith('.js')) return;
      sizes.set(new URL(response.url()).pathname, gzipSync(await response.body(), { level: 9 }).length);
    });
    // Without what the browser has kept.
    const session = await devtools(page);
    await session.send('Network.setCacheDisabled', { cacheDisabled: true });
    await page.reload({ waitUntil: 'networkidle' });
    await page.getByRole('textbox', { name: 'City' }).waitFor();
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    expect(total, JSON.stringify([...sizes])).toBeLessThan(FIRST_VIEW_AT_MOST);
    expect(sizes.size).toBeGreaterThan(1);
  });

  it('10,000 live updates leave nothing behind', { timeout: 240_000 }, async () => {
    const site = await startSite({ worker: false });
    const jobId = await site.submit({ job_type: 'weather', payload: AUSTIN });
    const page = await openPage(`${site.url}/jobs/${jobId}`);
    const session = await devtools(page);
    await advance(1, 400);
    await settled(400);
    const before = await used();
    await advance(401, 3400);
    await settled(3400);
    const after = await used();
    expect(after.heap - before.heap).toBeLessThan(GROWTH_AT_MOST);
    expect(after.nodes - before.nodes).toBeLessThan(500);

    /** Three changes an attempt, as a job has them that is tried again and again. */
    async function advance(from: number, to: number): Promise<void> {
      for (let attempt = from; attempt <= to; attempt++) {
        for (const progress_percent of [20, 50, 80]) {
          await site.backend.statuses.advance({
            job_id: jobId,
            attempt,
            state: 'running',
            progress_percent,
            message: `attempt ${attempt}`,
            updated_at: new Date().toISOString(),
          });
        }
      }
    }

    async function settled(attempt: number): Promise<void> {
      await page.getByText(`attempt ${attempt}`, { exact: false }).first().waitFor({ timeout: 60_000 });
    }

    async function used(): Promise<{ heap: number; nodes: number }> {
      await session.send('HeapProfiler.enable');
      await session.send('HeapProfiler.collectGarbage');
      await session.send('Performance.enable');
      const { metrics } = await session.send('Performance.getMetrics');
      const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? Number.NaN;
      return { heap: metric('JSHeapUsedSize'), nodes: metric('Nodes') };
    }
  });
});
