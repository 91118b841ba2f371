import { AUSTIN } from '@dtq/testkit/held-handler.ts';
import { expect, it } from 'vitest';
import { describeWithBrowser, openPage } from './browser.ts';
import { type Site, startSite } from './site.ts';

const WEATHER = { job_type: 'weather', payload: AUSTIN } as const;

async function submitMany(site: Site, count: number): Promise<void> {
  const jobs = Array.from({ length: count }, () => WEATHER);
  const { error } = await site.client.submitJobs({ body: { jobs } });
  expect(error).toBeUndefined();
}

describeWithBrowser('the list of jobs', () => {
  it('is live, and keeps its filters in the address', async () => {
    const site = await startSite();
    const page = await openPage(`${site.url}/jobs`);
    await page.getByText('There are no jobs yet.').waitFor();
    await site.submit(WEATHER);
    const failed = await site.submit({ job_type: 'github_user', payload: { username: 'nobody' } });
    await page.locator('tbody tr[data-state="completed"]').waitFor();
    await page.locator('tbody tr[data-state="failed"]').waitFor();
    await page.getByRole('button', { name: /^failed/ }).click();
    await expect.poll(() => page.locator('tbody tr').count(), { timeout: 10_000 }).toBe(1);
    expect(new URL(page.url()).search).toBe('?state=failed');
    await page.reload();
    await page.locator('tbody tr', { hasText: 'user_not_found' }).waitFor();
    expect(await page.locator('tbody tr').count()).toBe(1);
    await page.getByLabel('Type of job').selectOption('weather');
    await page.getByText('No job is like that.').waitFor();
    await page.getByRole('link', { name: 'Show all jobs' }).click();
    await page.locator('.filter-more summary').click();
    await page.getByLabel('Error code').fill('user_not_found');
    await page.keyboard.press('Enter');
    await page.waitForURL(/error_code=user_not_found/);
    await page.getByLabel('Submitted').selectOption('1h');
    await page.waitForURL(/last=1h/);
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
    await page.locator('tbody a').click();
    await page.waitForURL((url) => url.pathname.endsWith(failed));
    await page.goBack();
    expect(page.url()).toContain('error_code=user_not_found');
  });

  it('is walked with keys', async () => {
    const site = await startSite({ worker: false });
    await submitMany(site, 3);
    const page = await openPage(`${site.url}/jobs`);
    await page.locator('tbody tr').nth(2).waitFor();
    const focused = () =>
      page.evaluate(() => [...document.querySelectorAll('[data-row]')].indexOf(document.activeElement as Element));
    await page.keyboard.press('j');
    expect(await focused()).toBe(0);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    expect(await focused()).toBe(1);
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('job-search');
    await page.keyboard.type('jk?');
    expect(await page.getByLabel('Find by job id or trace id').inputValue()).toBe('jk?');
    await page.getByLabel('Find by job id or trace id').fill('');
    await page.locator('tbody a').first().focus();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toBe(0);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
  });

  it('shows 50 at a time, and leafs both ways', async () => {
    const site = await startSite({ worker: false });
    await submitMany(site, 120);
    const page = await openPage(`${site.url}/jobs`);
    const ids = () => page.locator('tbody a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    const turned = (from: readonly (string | null)[]) =>
      expect.poll(async () => (await ids()).some((id) => from.includes(id)), { timeout: 10_000 }).toBe(false);
    await page.locator('tbody tr').nth(49).waitFor();
    const first = await ids();
    await page.getByRole('button', { name: 'Older' }).click();
    await turned(first);
    const second = await ids();
    await page.getByRole('button', { name: 'Older' }).click();
    await turned(second);
    const third = await ids();
    expect([first.length, second.length, third.length]).toEqual([50, 50, 20]);
    expect(new Set([...first, ...second, ...third]).size).toBe(120);
    expect(await page.getByRole('button', { name: 'Older' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Newer' }).click();
    await expect.poll(ids).toEqual(second);
    await page.getByRole('button', { name: 'Newest' }).click();
    await expect.poll(ids).toEqual(first);
  });

  it('finds a job by its id, and jobs by their trace', async () => {
    const site = await startSite({ worker: false });
    await submitMany(site, 3);
    const jobId = await site.submit(WEATHER);
    const { data } = await site.client.listJobs();
    const traceId = data?.jobs.find(({ job_id }) => job_id === jobId)?.trace_id ?? '';
    const page = await openPage(`${site.url}/jobs`);
    const search = page.getByLabel('Find by job id or trace id');
    await search.fill('abc');
    await search.press('Enter');
    await page.getByText('An id has 36 characters').waitFor();
    await search.fill(traceId);
    await search.press('Enter');
    await page.waitForURL(/trace_id=/);
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
    await search.fill(jobId);
    await search.press('Enter');
    await page.waitForURL((url) => url.pathname.endsWith(jobId));
  });
});
