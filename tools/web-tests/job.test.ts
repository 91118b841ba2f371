import { AUSTIN, heldHandler } from '@dtq/testkit/held-handler.ts';
import { expect, it } from 'vitest';
import { describeWithBrowser, openPage } from './browser.ts';
import { startSite } from './site.ts';

const WEATHER = { job_type: 'weather', payload: AUSTIN } as const;
const NOBODY = { job_type: 'github_user', payload: { username: 'nobody' } } as const;

describeWithBrowser('one job', () => {
  it('is followed while it runs, through a reload, to its result', async () => {
    const { handlers, letGo } = heldHandler();
    const site = await startSite({ handlers });
    const jobId = await site.submit(WEATHER);
    const page = await openPage(`${site.url}/jobs/${jobId}`);
    await page.locator('.stop-current', { hasText: 'calling' }).waitFor();
    await page.locator('.span-attempt[data-outcome="open"]').waitFor();
    await page.reload();
    await page.locator('.stop-current', { hasText: 'calling' }).waitFor();
    letGo();
    await page.locator('.hero-value', { hasText: '20.4' }).waitFor();
    expect(await page.locator('.stop-done').count()).toBe(5);
    const attempt = page.locator('.span-attempt[data-outcome="completed"]');
    expect(await attempt.getAttribute('aria-label')).toMatch(/^Attempt 1: .+; completed; by .+$/);
    expect(await page.locator('.attempts tbody tr').count()).toBe(1);
    expect(await page.locator('.mark').count()).toBeGreaterThanOrEqual(3);
    await page.getByText('The document as it is').click();
    expect(JSON.parse((await page.locator('.raw pre').textContent()) ?? '')).toMatchObject({ job_id: jobId });
  });

  it('is cancelled after a question', async () => {
    const { handlers, letGo } = heldHandler();
    const site = await startSite({ handlers });
    const page = await openPage(`${site.url}/jobs/${await site.submit(WEATHER)}`);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Let it run' }).click();
    expect(await page.locator('dialog').count()).toBe(0);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel the job' }).click();
    await page.getByText('Somebody cancelled the job').waitFor();
    letGo();
  });

  it('that failed says why and what to do, and is replayed', async () => {
    const site = await startSite();
    const jobId = await site.submit(NOBODY);
    const page = await openPage(`${site.url}/jobs/${jobId}`);
    await page.getByText('No such user is known').waitFor();
    await page.getByText('Check the spelling').waitFor();
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(jobId));
    await page.locator('.papers a', { hasText: jobId }).click();
    await page.waitForURL((url) => url.pathname.endsWith(jobId));
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByText('It was replayed before').waitFor();
    await page.getByRole('button', { name: 'Replay once more' }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(jobId));
    await page.getByRole('link', { name: 'Run again with changes' }).click();
    expect(await page.getByLabel('User name').inputValue()).toBe('nobody');
  });

  it('that waits tells its place in the queue', async () => {
    const site = await startSite({ worker: false });
    await site.submit(WEATHER);
    const page = await openPage(`${site.url}/jobs/${await site.submit(WEATHER)}`);
    await page.getByText('1 of its type waits before it. Nobody can say how long').waitFor();
    await page.getByText('No worker that does this type is alive.').waitFor();
  });

  it('that nobody knows is told as such', async () => {
    const site = await startSite();
    const page = await openPage(`${site.url}/jobs/6aab8fca-7059-40c4-97d4-53f55fd5bf67`);
    await page.getByText('No job has this id').waitFor();
  });

  it('under its first address leads to the one it has now', async () => {
    const site = await startSite();
    const jobId = await site.submit(WEATHER);
    const page = await openPage(`${site.url}/#/jobs/${jobId}`);
    expect(new URL(page.url()).pathname).toBe(`/jobs/${jobId}`);
  });
});
